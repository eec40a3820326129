"""What each frame cost, in bounded memory; terms as the report defines them.

work = poll + drain + ticks + draw, before present and sleep. interval = start to start. lateness = how long
after its deadline the pacer woke.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llm.histogram import Histogram

BUDGET_NS: Final = 16_000_000
_LONG_KEPT: Final = 50
_PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p999": 99.9}


@dataclass(frozen=True, slots=True)
class LongFrame:
    """One that worked for longer than its budget, and what it did; nanoseconds."""

    tick: int  # of the world, when it was over
    work: int
    cpu: int  # of it, this thread's on a processor; the rest went to other threads, or to other programs
    parts: Mapping[str, int]  # of the work, by name; empty where nobody notes them

    def report(self) -> dict[str, Any]:
        """As the report's `frames.long` has it; milliseconds."""
        parts = {name: round(spent / 1e6, 3) for name, spent in self.parts.items()}
        return {
            "tick": self.tick,
            "work_ms": round(self.work / 1e6, 3),
            "cpu_ms": round(self.cpu / 1e6, 3),
            "parts_ms": parts,
        }


@dataclass(slots=True)
class FrameStatistics:
    """Histograms of the frames so far."""

    work: Histogram = field(default_factory=Histogram)
    work_cpu: Histogram = field(default_factory=Histogram)
    present: Histogram = field(default_factory=Histogram)
    interval: Histogram = field(default_factory=Histogram)
    lateness: Histogram = field(default_factory=Histogram)
    over_budget: int = 0
    last_work_ns: int = 0
    last_interval_ns: int = 0
    long: deque[LongFrame] = field(default_factory=lambda: deque(maxlen=_LONG_KEPT))

    @property
    def count(self) -> int:
        """Frames so far."""
        return self.work.count

    def record_work(self, wall_ns: int, cpu_ns: int) -> None:
        """One frame's work, by the wall and by this thread's processor time."""
        self.work.record(wall_ns)
        self.work_cpu.record(cpu_ns)
        self.over_budget += wall_ns > BUDGET_NS
        self.last_work_ns = wall_ns

    def record_interval(self, interval_ns: int) -> None:
        """Start of the last frame to start of this one."""
        self.interval.record(interval_ns)
        self.last_interval_ns = interval_ns

    def report(self) -> dict[str, Any]:
        """As the report's `frames` has it; milliseconds."""
        paced = self.interval.count > 0
        return {
            "count": self.count,
            "over_budget": self.over_budget,
            "work_ms": summary(self.work),
            "work_cpu_ms": summary(self.work_cpu),
            "present_ms": summary(self.present),
            "interval_ms": summary(self.interval) if paced else None,
            "wakeup_lateness_ms": summary(self.lateness) if paced else None,
            "low_1pct_fps": _low_fps(self.interval, 0.01) if paced else None,
            "low_01pct_fps": _low_fps(self.interval, 0.001) if paced else None,
            "long": [frame.report() for frame in self.long],
        }


def summary(histogram: Histogram) -> dict[str, float]:
    """Percentiles, maximum and mean, in milliseconds."""
    named = {name: round(histogram.percentile_ms(at), 3) for name, at in _PERCENTILES.items()}
    return named | {"max": round(histogram.max_ms, 3), "mean": round(histogram.mean_ms, 3)}


def _low_fps(interval: Histogram, share: float) -> float:
    """1000 / the mean of the slowest share of intervals."""
    slowest = interval.mean_of_slowest_ms(share)
    return round(1000 / slowest, 2) if slowest else 0.0
