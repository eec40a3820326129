"""The arithmetic of comparisons: who goes when, ratios by round, percentiles, and what is held against a limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Final, TypeVar

from sim.bench.numbers import spread

_RANKS: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1.0}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One number against its limit."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False  # else at most

    @property
    def holds(self) -> bool:
        """Whether it is within."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def as_json(self) -> dict[str, Any]:
        """As the report has it."""
        return asdict(self) | {"value": round(self.value, 3), "holds": self.holds}


def there_and_back(first: _T, second: _T) -> tuple[_T, _T, _T, _T]:
    """A B B A: whatever drifts in a straight line meets both alike."""
    return first, second, second, first


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Of one round: the mean of the one over the mean of the other; 0 where there is nothing to divide by."""
    below = fmean(under)
    return fmean(over) / below if below else 0.0


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Exact, by nearest rank: every one is a value that was."""
    ordered = sorted(values) or [0.0]
    return {
        name: round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 4) for name, share in _RANKS.items()
    }


def over_rounds(rounds: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """The same names, with a median and how far the rounds lie apart."""
    return {name: spread([one[name] for one in rounds]) for name in rounds[0]}
