"""`run_world.py bench latency`: how soon people speak. Whole lines of a quick model, and the first word of the embedded one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.bench.apart import apart
from sim.bench.client_numbers import Verdict
from sim.bench.command import finish, report_of
from sim.bench.latency_tables import show
from sim.bench.numbers import machine
from sim.bench.prefix_pairs import PAIRS, measure_pairs, model_file, pair_verdicts
from sim.bench.progress import Shown, shown
from sim.bench.server_process import FakeServer
from sim.bench.whole_lines import Lines, cloud_lines, line_verdicts, local_lines

LINES: Final = 60
SIXTY: Final = Lines(LINES)
NO_MODEL: Final = (
    "the embedded model was not measured: its file is not here (`python run_world.py models pull`)"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure and how often."""

    lines: Lines = SIXTY
    pairs: int = PAIRS  # none: the embedded model is not asked


def bench_latency(lines: int, pairs: int, report: Path | None) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError."""
    if lines < 1 or pairs < 0:
        print("run_world.py: bench latency: needs at least one line", file=sys.stderr)
        return USAGE
    check_writable(report)
    numbers, verdicts = measure(Plan(Lines(lines), pairs))
    show(numbers["parts"], verdicts)
    return finish(report, numbers, verdicts)


def measure(plan: Plan) -> tuple[dict[str, Any], list[Verdict]]:
    """Each part; the report, and what is held against a limit."""
    on = machine()
    parts: dict[str, Any] = {}
    verdicts: list[Verdict] = []
    with FakeServer() as server, shown(3) as bar:
        for tier, speak in (("local", local_lines), ("cloud", cloud_lines)):
            bar.step(f"whole lines, {tier}")
            parts[tier] = apart(bar.beat, speak, server.door, plan.lines)
            verdicts += line_verdicts(parts[tier])
        embedded = _embedded(plan.pairs, bar)
        parts["embedded"] = embedded
        if "skipped" not in embedded:
            verdicts += pair_verdicts(embedded)
    return report_of("bench latency", on, {}, parts, verdicts), verdicts


def _embedded(count: int, bar: Shown) -> dict[str, Any]:
    model = model_file()
    if model is None or count == 0:
        return {"skipped": NO_MODEL if model is None else "the embedded model was not asked for"}
    bar.step("the embedded model's first word")
    return measure_pairs(count, model)
