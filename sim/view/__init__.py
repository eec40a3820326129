"""The window: draws snapshots, polls a person. The only package that imports pygame, and nothing here changes the world."""

import os

os.environ.setdefault(
    "PYGAME_HIDE_SUPPORT_PROMPT", "1"
)  # pygame greets on import, and our standard output is a transcript
