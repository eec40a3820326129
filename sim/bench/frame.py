"""`run_world.py bench frame`: what a frame costs while words stream in, and who spent each one that was long.

The arms take turns within each round, so that a machine that grows slower meets all of them alike. Nothing is
shown from another thread meanwhile: it would take the interpreter from what is measured.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sim.app.options import OutputError
from sim.app.report import write_json
from sim.bench.arm import WARM_UP_S, Arm, ArmRun, Beat, Found, found, run_arm
from sim.bench.numbers import arm_report, bench_report, machine
from sim.bench.server_process import FakeServer
from sim.bench.tables import show

ARMS: Final = tuple(Arm(npcs, streams) for npcs in (25, 200) for streams in (0, 8, 100))
_AROUND_S: Final = (
    WARM_UP_S + 3.0
)  # of each run, besides what is measured: to fill, to warm up, to fall quiet
_BEAT_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, how often, for how long, and in which town."""

    rounds: int = 1
    seconds: float = 6.0
    arms: Sequence[Arm] = ARMS
    found_by: Found = found


def bench_frame(rounds: int, seconds: float, report: Path | None) -> int:
    """Measure, show, write; the exit status. Raises MapError, PersonaError, TemplateError, OutputError."""
    if rounds < 1 or seconds <= 0:
        print("run_world.py: bench frame: needs at least one round and some time to measure", file=sys.stderr)
        return 2
    _check_writable(report)
    numbers = measure(Plan(rounds, seconds))
    show(numbers["arms"])
    if report is not None:
        write_json(report, numbers)
    return 0


def measure(plan: Plan) -> dict[str, Any]:
    """All arms in all rounds; the report."""
    on = machine()
    runs: dict[Arm, list[ArmRun]] = defaultdict(list)
    turns = [(number, arm) for number in range(1, plan.rounds + 1) for arm in plan.arms]
    with FakeServer() as server, _progress(plan) as progress:
        for done, (number, arm) in enumerate(turns):
            beat = progress.begin(done, f"round {number}: {arm.npcs} NPCs, {arm.streams} streams")
            runs[arm].append(run_arm(arm, plan.seconds, server.door, plan.found_by, beat))
    return bench_report(plan.seconds, on, [arm_report(arm, runs[arm]) for arm in plan.arms])


class _Shown:
    """The bar, drawn once a second at most, and only when a frame's work is over."""

    def __init__(self, bar: Progress, plan: Plan) -> None:
        self._bar = bar
        self._run_s = plan.seconds + _AROUND_S
        self._task = bar.add_task("", total=plan.rounds * len(plan.arms) * self._run_s)
        self._drawn_ns = 0

    def begin(self, done: int, what: str) -> Beat:
        """Another run; what its frames call to move the bar."""
        began_ns = time.perf_counter_ns()
        self._bar.update(self._task, completed=done * self._run_s, description=what)

        def beat() -> None:
            now_ns = time.perf_counter_ns()
            if now_ns - self._drawn_ns > _BEAT_NS:
                self._drawn_ns = now_ns
                elapsed_s = min((now_ns - began_ns) / 1e9, self._run_s)
                self._bar.update(self._task, completed=done * self._run_s + elapsed_s, refresh=True)

        return beat


@contextmanager
def _progress(plan: Plan) -> Iterator[_Shown]:
    """On a terminal; else nothing is written."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns, console=terminal, auto_refresh=False, transient=True, disable=not terminal.is_terminal
    )
    with bar:
        yield _Shown(bar, plan)


def _check_writable(path: Path | None) -> None:
    """Say so now, not after all rounds."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise OutputError(f"{path}: cannot be written there; expected a file in a folder that exists")
