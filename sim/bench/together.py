"""`run_world.py bench all`: every benchmark, one after another, in one report."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sim.app.options import program_version
from sim.app.report import check_writable, write_json

SCHEMA: Final = 1
Bench = Callable[[Path], int]  # writes its report there; its exit status


def bench_all(benches: Mapping[str, Bench], report: Path | None) -> int:
    """The worst of their exit statuses; what was measured before a Ctrl-C is written too. Raises what they raise."""
    check_writable(report)
    statuses = [0]
    with TemporaryDirectory() as folder:
        reports = {name: Path(folder) / f"{name}.json" for name in benches}
        try:
            for number, (name, bench) in enumerate(benches.items(), start=1):
                print(f"bench {name} ({number} of {len(benches)})", flush=True)
                statuses.append(bench(reports[name]))
        finally:
            if report is not None:
                write_json(report, _joined(reports))
    return max(statuses)


def _joined(reports: Mapping[str, Path]) -> dict[str, object]:
    """The JSON file: those that came to their end."""
    told = {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in reports.items() if path.is_file()
    }
    return {"schema": SCHEMA, "version": program_version(), "command": "bench all", "benches": told}
