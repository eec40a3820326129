"""The fixed text at the head of every prompt: the same bytes for everybody, so that a server reads it once."""

from __future__ import annotations

from typing import Final

WORLD_RULES: Final = "Willowbrook is a small harbour town. People here speak in one short, lively sentence and answer what they hear."
