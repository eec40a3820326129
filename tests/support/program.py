"""The program as a person starts it: a process of its own, with its saves and its report in a folder of the test's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_PATIENCE_S: Final = 120


def run_program(folder: Path, *options: str, command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A fast headless run with templates, or another command; with a report."""
    fast = ("--headless", "--fast", "--llm", "none", "--report", str(folder / "r.json"))
    words = [*(command or fast), "--set", f"world.saves={folder}", *options]
    return subprocess.run(
        [sys.executable, "run_world.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def hash_of(folder: Path) -> str:
    """Of the last run that wrote a report there."""
    told = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    return str(told["world"]["state_hash"])
