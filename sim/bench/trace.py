"""Every frame by itself: what a histogram forgets is why one frame was long.

Wall time that no thread of ours spent on a processor is the machine's: it ran somebody else. Wall time that our
background thread spent while the main thread did not run is ours, for the two share one interpreter lock.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sim.frame_statistics import BUDGET_NS, FrameStatistics


class Frame(NamedTuple):
    """One frame; nanoseconds."""

    interval: int  # from the start of the last frame to the start of this one
    work: int  # by the wall
    cpu: int  # of it, the main thread's on a processor
    process_cpu: int  # of it, all threads' together; more than `work` when two ran at once
    collecting: int  # of it, the garbage collector's
    ticks: int

    @property
    def over_budget(self) -> bool:
        """Whether it took more than 16.0 ms."""
        return self.work > BUDGET_NS

    @property
    def cause(self) -> str:
        """Who spent a long frame's time: `main`, `background` (at most: it may have run beside us), or `machine`."""
        if self.cpu > BUDGET_NS:
            return "main"
        return "background" if self.process_cpu > BUDGET_NS else "machine"

    def explained(self) -> dict[str, float | str | int]:
        """For people; milliseconds."""
        return {
            "cause": self.cause,
            "work_ms": _ms(self.work),
            "main_cpu_ms": _ms(self.cpu),
            "background_cpu_ms": _ms(max(0, self.process_cpu - self.cpu)),
            "gc_ms": _ms(self.collecting),
            "ticks": self.ticks,
        }


class _Reading(NamedTuple):
    process_ns: int
    collecting_ns: int
    tick: int


class FrameTrace(FrameStatistics):
    """The loop's statistics, and its clock of processor time, which it reads as a frame's work begins and ends."""

    def __init__(self, tick: Callable[[], int]) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.pauses_ns: list[int] = []  # each collection, on whichever thread: it stops them all
        self._tick = tick
        self._collecting_ns = self._collection_began_ns = 0
        self._interval_ns = 0
        self._began = self._ended = _Reading(0, 0, 0)
        gc.callbacks.append(self._collected)

    def close(self) -> None:
        """Time no more collections."""
        gc.callbacks.remove(self._collected)

    def cpu_ns(self) -> int:
        """This thread's processor time; all else that explains a frame is read along with it."""
        self._began, self._ended = (
            self._ended,
            _Reading(time.process_time_ns(), self._collecting_ns, self._tick()),
        )
        return time.thread_time_ns()

    def record_interval(self, interval_ns: int) -> None:
        """A frame begins."""
        super().record_interval(interval_ns)
        self._interval_ns = interval_ns

    def record_work(self, wall_ns: int, cpu_ns: int) -> None:
        """A frame's work is done."""
        super().record_work(wall_ns, cpu_ns)
        spent = _Reading(*(after - before for before, after in zip(self._began, self._ended, strict=True)))
        self.frames.append(
            Frame(
                self._interval_ns,
                wall_ns,
                cpu_ns,
                spent.process_ns,
                min(spent.collecting_ns, wall_ns),  # one that began before the frame did
                spent.tick,
            )
        )

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        now_ns = time.perf_counter_ns()
        if phase == "start":
            self._collection_began_ns = now_ns
        else:
            self.pauses_ns.append(now_ns - self._collection_began_ns)
            self._collecting_ns += self.pauses_ns[-1]


def frame_numbers(frames: Sequence[Frame]) -> dict[str, Any]:
    """What is reported of some frames; milliseconds."""
    causes = [frame.cause for frame in frames if frame.over_budget]
    return {
        "frames": len(frames),
        "work_ms": _summary([frame.work for frame in frames]),
        "work_cpu_ms": _summary([frame.cpu for frame in frames]),
        "interval_ms": _summary([frame.interval for frame in frames]),
        "over_budget": len(causes),
        "over_budget_by": {cause: causes.count(cause) for cause in ("main", "background", "machine")},
    }


def _summary(durations_ns: Sequence[int]) -> dict[str, float]:
    """Exact, by nearest rank: of 360 frames the 99.9th percentile is the longest."""
    ordered = sorted(durations_ns) or [0]
    ranks = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
    return {name: _ms(ordered[max(0, math.ceil(share * len(ordered)) - 1)]) for name, share in ranks.items()}


def _ms(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)
