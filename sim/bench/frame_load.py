"""A 60 Hz loop with work of its own beside many streams: how long its frames get, and how late it wakes."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from sim.bench.apart import apart
from sim.bench.client_cpu import CLIENTS, Bench, streams
from sim.bench.client_numbers import Verdict, over_rounds, percentiles, there_and_back
from sim.bench.client_runs import Pace, Run, run_streams
from sim.bench.trace import CAUSES
from sim.frame_statistics import BUDGET_NS
from sim.pacer import FramePacer

STREAMS: Final = 300
MOST_LATE_MS: Final = 6.0
_WORK_NS: Final = 3_000_000
_ROWS: Final = 256
_EXPLAINED_AT_MOST: Final = 100  # long frames of one client


class Toil:
    """Work as a town's, some NumPy and some Python: so much of this thread's own time on a processor.

    By the wall it takes as long as others keep the thread from it. A fixed number of turns would not do: on a warm
    cache they are done in half the time that they take after a sleep.
    """

    def __init__(self, cpu_ns: int = _WORK_NS) -> None:
        self._cpu_ns = cpu_ns
        self._columns = np.linspace(0.0, 1.0, _ROWS)
        self._kept = 0.0

    def __call__(self) -> None:
        """Do it."""
        until_ns = time.thread_time_ns() + self._cpu_ns
        while time.thread_time_ns() < until_ns:
            self._columns = self._columns * 0.999 + 0.0005
            self._kept += sum(range(50)) + float(self._columns[0])


def frame_steps(rounds: int) -> int:
    """How many runs it takes."""
    return 4 * rounds


def measure_frames(bench: Bench, count: int = STREAMS) -> dict[str, Any]:
    """Both clients in turn; high percentiles are over all frames together."""
    toil = Toil()
    runs: dict[str, list[Run]] = defaultdict(list)
    for number in range(1, bench.rounds + 1):
        for name in there_and_back(*CLIENTS):
            bench.shown.step(f"round {number}: frames, {name}, {count} streams")
            pace = Pace(FramePacer, toil)
            runs[name].append(
                apart(
                    bench.shown.beat,
                    run_streams,
                    CLIENTS[name],
                    streams(count),
                    bench.server,
                    bench.span,
                    pace,
                )
            )
    return {
        "streams": count,
        "work_of_its_own_ms": _WORK_NS / 1e6,
        "clients": {name: _told(runs[name]) for name in CLIENTS},
    }


def frame_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """Of ours."""
    ours, count = numbers["clients"]["ours"], numbers["streams"]
    work_ms = ours["rounds"]["work_p999_ms"][
        "median"
    ]  # one run in which the machine was taken away decides nothing
    return [
        Verdict(f"frame work p99.9, {count} streams, median run", work_ms, BUDGET_NS / 1e6, "ms"),
        Verdict(f"wake-up lateness p99, {count} streams", ours["late_ms"]["p99"], MOST_LATE_MS, "ms"),
        Verdict(f"chunks lost, {count} streams", ours["lost"], 0),
        Verdict(f"lines that failed, {count} streams", sum(ours["failed_lines"].values()), 0),
    ]


def _told(runs: list[Run]) -> dict[str, Any]:
    long = [frame for run in runs for frame in run.frames if frame.over_budget]
    return {
        "frames": sum(len(run.frames) for run in runs),
        "work_ms": _ms(runs, lambda run: [frame.work for frame in run.frames]),
        "late_ms": _ms(runs, lambda run: run.late_ns),
        "over_budget": len(long),
        "over_budget_by": {cause: sum(frame.cause == cause for frame in long) for cause in CAUSES},
        "over_budget_frames": [frame.explained() for frame in long[:_EXPLAINED_AT_MOST]],
        "sent": sum(run.sent for run in runs),
        "delivered": sum(run.delivered for run in runs),
        "lost": sum(run.sent - run.delivered for run in runs),
        "failed_lines": dict(sum((run.failures for run in runs), Counter())),
        "rounds": over_rounds([_of_one(run) for run in runs]),
    }


def _of_one(run: Run) -> dict[str, float]:
    work, late = (
        _ms([run], lambda one: [frame.work for frame in one.frames]),
        _ms([run], lambda one: one.late_ns),
    )
    return {
        "work_p99_ms": work["p99"],
        "work_p999_ms": work["p999"],
        "late_p99_ms": late["p99"],
        "kept_up": run.kept_up,
    }


def _ms(runs: list[Run], of: Callable[[Run], list[int]]) -> dict[str, float]:
    return percentiles(value / 1e6 for run in runs for value in of(run))
