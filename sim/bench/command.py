"""What all `bench` commands do alike: look at what they were asked, write what they found, and end with a status."""

from __future__ import annotations

import platform
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sim.app.exit_status import BROKEN_PROMISE
from sim.app.options import program_version
from sim.app.report import write_json
from sim.bench.client_numbers import Verdict

SCHEMA: Final = 1
MEASURED_WITH: Final = ("aiohttp", "httpx", "httpx-aiohttp", "httpx2", "numpy", "openai", "pydantic")


def can_measure(
    name: str, rounds: int, seconds: float, parts: Collection[str] = (), known: Collection[str] = ()
) -> bool:
    """Whether that is something to measure; if not, one line has said why."""
    unknown = [part for part in parts if part not in known]
    if unknown:
        wrong = f"no part {unknown[0]!r}; there are {', '.join(known)}"
    elif rounds < 1 or seconds <= 0:
        wrong = "needs at least one round and some time to measure"
    else:
        return True
    print(f"run_world.py: bench {name}: {wrong}", file=sys.stderr)
    return False


def finish(report: Path | None, numbers: Mapping[str, Any], verdicts: Sequence[Verdict]) -> int:
    """Write the report if one is wanted; the exit status. Raises OutputError."""
    if report is not None:
        write_json(report, numbers)
    return 0 if all(verdict.holds for verdict in verdicts) else BROKEN_PROMISE


def report_of(
    command: str,
    on: Mapping[str, Any],
    head: Mapping[str, Any],
    parts: Mapping[str, Any],
    verdicts: Sequence[Verdict],
) -> dict[str, Any]:
    """The JSON file of a benchmark that has parts."""
    return {
        "schema": SCHEMA,
        "version": program_version(),
        "command": command,
        **head,
        "machine": dict(on),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in MEASURED_WITH},
        "parts": dict(parts),
        "limits": [verdict.as_json() for verdict in verdicts],
    }
