"""Percentiles of a stream of durations in bounded memory.

Buckets are log-linear, as in HdrHistogram (Gil Tene): 128 to each power of two, so a percentile is off by
less than 1/128 of its value, whatever the range. Recording is integer arithmetic on one list, about a
quarter of a microsecond, and the memory never grows.
"""

from __future__ import annotations

from typing import Final

_SUB_BITS: Final = 7  # 2**7 buckets to each power of two
_SUB: Final = 1 << _SUB_BITS
_LARGEST_NS: Final = (1 << 44) - 1  # a little under five hours; longer counts as this
_BUCKETS: Final = (44 - _SUB_BITS + 1) * _SUB


def _middle_ns(bucket: int) -> float:
    shift = max(0, (bucket >> _SUB_BITS) - 1)
    return ((bucket - (shift << _SUB_BITS)) << shift) + ((1 << shift) - 1) / 2


class Histogram:
    """Counts of durations in nanoseconds; asks and answers percentiles in milliseconds."""

    __slots__ = ("_counts", "_sum_ns", "count", "max_ns")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self._sum_ns = 0
        self.count = 0
        self.max_ns = 0

    def record(self, value_ns: int) -> None:
        """Count one duration; a negative one counts as zero."""
        if value_ns > self.max_ns:
            self.max_ns = value_ns = min(value_ns, _LARGEST_NS)
        elif value_ns < 0:
            value_ns = 0
        shift = value_ns.bit_length() - _SUB_BITS - 1
        self._counts[value_ns if shift <= 0 else (shift << _SUB_BITS) + (value_ns >> shift)] += 1
        self._sum_ns += value_ns
        self.count += 1

    def record_ms(self, value_ms: float) -> None:
        """Count one duration given in milliseconds."""
        self.record(int(value_ms * 1e6))

    @property
    def mean_ms(self) -> float:
        """The exact mean, 0 when nothing was recorded."""
        return self._sum_ns / self.count / 1e6 if self.count else 0.0

    @property
    def max_ms(self) -> float:
        """The exact maximum."""
        return self.max_ns / 1e6

    def percentile_ms(self, percent: float) -> float:
        """The duration that `percent` of all do not exceed; within 1/128 of it, and never over the maximum."""
        wanted = self.count * percent / 100
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min(_middle_ns(bucket), self.max_ns) / 1e6
        return 0.0

    def mean_of_slowest_ms(self, share: float) -> float:
        """The mean of the slowest `share` (0 to 1) of all durations, at least one of them."""
        left = wanted = max(1, int(self.count * share))
        total = 0.0
        for bucket in range(_BUCKETS - 1, -1, -1):
            taken = min(self._counts[bucket], left)
            total += taken * min(_middle_ns(bucket), self.max_ns)
            left -= taken
            if not left:
                break
        return total / wanted / 1e6 if self.count else 0.0
