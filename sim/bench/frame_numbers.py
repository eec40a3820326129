"""From the frames of a run to the numbers that are told of them. All durations in milliseconds, all percentiles exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any, Final

from sim.bench.trace import CAUSES, Frame
from sim.frame_statistics import BUDGET_NS
from sim.pacer import FRAME_NS

_RANKS: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
_AROUND: Final = 19  # frames whose median a stutter is measured against
_SLOWEST: Final = 0.01
MISSED_NS: Final = FRAME_NS // 2  # so late, the pacer gives the beat up and begins a new one


def frame_numbers(frames: Sequence[Frame]) -> dict[str, Any]:
    """What is reported of some frames."""
    intervals = [frame.interval for frame in frames]
    causes = [frame.cause for frame in frames if frame.over_budget]
    wall_s = sum(intervals) / 1e9 or 1.0
    return {
        "frames": len(frames),
        "work_ms": summary([frame.work for frame in frames]),
        "work_cpu_ms": summary([frame.cpu for frame in frames]),
        "interval_ms": summary(intervals),
        "late_ms": summary([frame.late for frame in frames]),
        "low_1pct_by_p99_fps": _fps(summary(intervals)["p99"]),  # 1000 / p99
        "low_1pct_by_mean_fps": _fps(_mean_of_slowest_ms(intervals)),  # 1000 / mean of the slowest hundredth
        "frames_per_s": len(frames) / wall_s,
        "ticks_per_s": sum(frame.ticks for frame in frames) / wall_s,
        "stutters": stutters(intervals),
        "missed_deadlines": sum(frame.late > MISSED_NS for frame in frames),
        "missed_deadlines_ours": sum(map(is_missed_by_us, frames)),
        "over_budget": len(causes),
        "over_budget_by": {cause: causes.count(cause) for cause in CAUSES},
        "s_over_budget": sum(max(0, frame.work - BUDGET_NS) for frame in frames) / 1e9,
    }


def summary(durations_ns: Sequence[int]) -> dict[str, float]:
    """By nearest rank: of 360 frames the 99.9th percentile is the longest."""
    ordered = sorted(durations_ns) or [0]
    return {
        name: round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] / 1e6, 3)
        for name, share in _RANKS.items()
    }


def stutters(intervals: Sequence[int]) -> int:
    """Frames that took more than twice the median of the nineteen before them."""
    return sum(
        intervals[at] > 2 * median(intervals[at - _AROUND : at]) for at in range(_AROUND, len(intervals))
    )


def is_missed_by_us(frame: Frame) -> bool:
    """Whether a deadline was missed while threads of ours ran: else the machine ran somebody else, and woke us too late."""
    return frame.late > MISSED_NS and frame.waiting_cpu >= frame.late


def _mean_of_slowest_ms(durations_ns: Sequence[int]) -> float:
    slowest = sorted(durations_ns)[-max(1, int(len(durations_ns) * _SLOWEST)) :] or [0]
    return fmean(slowest) / 1e6


def _fps(interval_ms: float) -> float:
    return round(1000 / interval_ms, 2) if interval_ms else 0.0
