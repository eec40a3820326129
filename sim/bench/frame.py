"""`run_world.py bench frame`: what a frame costs while words stream in, beside what people would use instead.

The arms take turns within each round, forwards and backwards, each run in a process of its own. The town alone is
the control: if it grew slower or faster meanwhile, the machine did, and the rounds go on for a while.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from llm.models import find, is_whole, models_dir
from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.app.settings import ASSETS
from sim.app.settings_sources import load_settings
from sim.bench.apart import apart
from sim.bench.arm import EMBEDDED, Arm, ArmRun, found, run_arm
from sim.bench.client_numbers import Verdict
from sim.bench.command import can_measure, finish
from sim.bench.frame_arms import ALONE, CONTROL_MOVES, PARTS, arms_of, control_moved, verdicts_of
from sim.bench.frame_files import write_files
from sim.bench.numbers import arm_report, bench_report, machine
from sim.bench.progress import Shown, shown
from sim.bench.server_process import FakeServer, ServerDoor
from sim.bench.tables import show
from sim.plots import prepare_folder

_LONGEST_S: Final = 25 * 60.0  # of all rounds together: no round begins that would not end by then
Runs = dict[Arm, list[ArmRun]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, how often and for how long."""

    rounds: int = 1
    seconds: float = 6.0  # of each run
    arms: Sequence[Arm] = field(default_factory=lambda: arms_of(()))
    most_extra: int = 2  # rounds, while the control moves


def bench_frame(
    rounds: int, seconds: float, report: Path | None, parts: Sequence[str] = (), plots: Path | None = None
) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError, PlotError."""
    if not can_measure("frame", rounds, seconds, parts, PARTS):
        return USAGE
    check_writable(report)
    if plots is not None:
        prepare_folder(plots)
    runs, numbers, verdicts = measure(Plan(rounds, seconds, _there(arms_of(parts))))
    show(numbers["arms"], verdicts)
    if numbers["noisy"]:
        print("noisy: the town alone grew faster or slower by more than a twentieth while this was measured")
    if plots is not None:
        write_files(runs, numbers, plots)
    return finish(report, numbers, verdicts)


def measure(plan: Plan) -> tuple[Runs, dict[str, Any], list[Verdict]]:
    """All arms in all rounds; the frames, the report, and what is held against a limit."""
    on, began_s = machine(), time.monotonic()
    runs: Runs = defaultdict(list)
    rounds = plan.rounds
    with FakeServer() as server, shown(rounds * len(plan.arms)) as bar:
        done = 0
        while done < rounds:
            _run_round(plan, done, server.door, runs, bar)
            done += 1
            spent_s = time.monotonic() - began_s
            is_more_wanted = done == rounds < plan.rounds + plan.most_extra and _moved(runs) > CONTROL_MOVES
            rounds += is_more_wanted and spent_s * (done + 1) / done < _LONGEST_S
    reports = {arm: arm_report(arm, runs[arm]) for arm in plan.arms}
    verdicts = verdicts_of(reports)
    limits = [verdict.as_json() for verdict in verdicts]
    numbers = bench_report(plan.seconds, on, reports.values(), limits)
    return runs, numbers | {"rounds": done, "noisy": _moved(runs) > CONTROL_MOVES}, verdicts


def _run_round(plan: Plan, number: int, server: ServerDoor, runs: Runs, bar: Shown) -> None:
    """There in one round, and back in the next: whatever drifts in a straight line meets all arms alike."""
    for arm in plan.arms if number % 2 == 0 else reversed(plan.arms):
        bar.step(f"round {number + 1}: {arm.name}, {arm.npcs} NPCs, {arm.streams} streams")
        runs[arm].append(apart(bar.beat, run_arm, arm, plan.seconds, server, found))


def _moved(runs: Mapping[Arm, Sequence[ArmRun]]) -> float:
    return control_moved([run.p50_ms for run in runs.get(ALONE, ())])


def _there(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """Without the embedded model where it has not been fetched: a bench does not fetch anything."""
    entry = find(load_settings((), environment={}, folder=ASSETS).settings.llm.embedded.model)
    if is_whole(entry, models_dir() / entry.file):
        return tuple(arms)
    print("bench frame: without the embedded model, which is not there (models pull)", file=sys.stderr)
    return tuple(arm for arm in arms if arm.client != EMBEDDED)
