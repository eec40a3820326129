"""Where the real model's file lies, for the tests that need it."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm import models


@pytest.fixture(scope="session")
def model_file() -> Path:
    """The embedded model's file; without it the test is skipped, and says how to get it."""
    entry = models.MODELS[0]
    path = models.models_dir() / entry.file
    if not models.is_whole(entry, path):
        pytest.skip(f"no model file: python run_world.py models pull {entry.name}")
    return path
