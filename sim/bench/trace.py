"""Every frame by itself: what a histogram forgets is why one frame was long.

Wall time that no thread of ours spent on a processor is the machine's: it ran somebody else. Wall time that our
background thread spent while the main thread did not run is ours, for the two share one interpreter lock.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from sim.frame_statistics import BUDGET_NS, FrameStatistics
from sim.pacer import Pacer

MACHINE: Final = "machine"
CAUSES: Final = ("main", "background", "gc", MACHINE)


class Frame(NamedTuple):
    """One frame; nanoseconds."""

    interval: int  # from the start of the last frame to the start of this one
    work: int  # by the wall
    cpu: int  # of it, the main thread's on a processor
    process_cpu: int  # of it, all threads' together; more than `work` when two ran at once
    collecting: int  # of it, the garbage collector's
    ticks: int
    late: int = 0  # how long after its deadline the pacer woke
    waiting_cpu: int = 0  # all threads' from the end of the last frame's work to then

    @property
    def over_budget(self) -> bool:
        """Whether it took more than 16.0 ms."""
        return self.work > BUDGET_NS

    @property
    def cause(self) -> str:
        """Who made a long frame long: one of `CAUSES`; `background` at most, for it may have run beside us."""
        if self.work - self.collecting <= BUDGET_NS:
            return "gc"
        if self.cpu > BUDGET_NS:
            return "main"
        return "background" if self.process_cpu > BUDGET_NS else MACHINE

    @property
    def is_machines(self) -> bool:
        """Whether it was long because the machine ran somebody else."""
        return self.over_budget and self.cause == MACHINE

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


class TracedPacer:
    """Tells the trace when a frame is due."""

    def __init__(self, pacer: Pacer, trace: FrameTrace) -> None:
        self._pacer = pacer
        self._trace = trace

    def wait(self) -> int | None:
        """As the real one, which does the waiting."""
        late_ns = self._pacer.wait()
        self._trace.begin(late_ns or 0)
        return late_ns


class FrameTrace(FrameStatistics):
    """The loop's statistics, frame by frame.

    All threads' processor time costs a tenth of a millisecond to ask for while they run, so it is asked for just
    before a frame's work and just after it, never within.
    """

    def __init__(self, tick: Callable[[], int]) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.pauses_ns: list[int] = []  # each collection, on whichever thread: it stops them all
        self._tick = tick
        self._collecting_ns = self._collection_began_ns = 0
        self._interval_ns = self._late_ns = self._waiting_ns = 0
        self._began = self._read()
        self._ended_ns = self._began.process_ns
        gc.callbacks.append(self._collected)

    def close(self) -> None:
        """Time no more collections."""
        gc.callbacks.remove(self._collected)

    def begin(self, late_ns: int = 0) -> None:
        """A frame is about to begin."""
        self._late_ns = late_ns
        ended_ns, self._began = self._ended_ns, self._read()
        self._waiting_ns = self._began.process_ns - ended_ns

    def record_interval(self, interval_ns: int) -> None:
        """A frame begins."""
        super().record_interval(interval_ns)
        self._interval_ns = interval_ns

    def record_work(self, wall_ns: int, cpu_ns: int) -> None:
        """A frame's work is done."""
        super().record_work(wall_ns, cpu_ns)
        ended = self._read()
        self._ended_ns = ended.process_ns
        spent = _Reading(*(now - began for now, began in zip(ended, self._began, strict=True)))
        self.frames.append(
            Frame(
                self._interval_ns,
                wall_ns,
                cpu_ns,
                spent.process_ns,
                min(spent.collecting_ns, wall_ns),  # one that began before the frame did
                spent.tick,
                self._late_ns,
                self._waiting_ns,
            )
        )

    def _read(self) -> _Reading:
        return _Reading(time.process_time_ns(), self._collecting_ns, self._tick())

    def _collected(self, phase: str, _info: dict[str, int]) -> None:
        now_ns = time.perf_counter_ns()
        if phase == "start":
            self._collection_began_ns = now_ns
        else:
            self.pauses_ns.append(now_ns - self._collection_began_ns)
            self._collecting_ns += self.pauses_ns[-1]


def _ms(duration_ns: int) -> float:
    return round(duration_ns / 1e6, 3)
