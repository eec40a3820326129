"""How fast lines come from a backend: what a wait in its queue is worth, and what first word may be expected. Pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

_NEWEST: Final = 0.2  # share of the newest line in the running means
_REMEMBERED: Final = 32  # lines, of which the slow ones are known
_SLOW: Final = 0.9  # of all first words come no later than the predicted one


@dataclass(frozen=True, slots=True)
class Pace:
    """Over lines that were spoken, in seconds from the moment at which the server was asked."""

    slots: int = 1
    first_s: float = 0.4  # to the first visible word, in the mean
    slow_first_s: float = 0.4  # the same, at the 90th percentile of the last lines
    line_s: float = 0.8  # to the end, in the mean

    @property
    def least_s(self) -> float:
        """The least time in which a first word is to be hoped for."""
        return self.first_s / 2

    def wait_s(self, ahead: int) -> float:
        """How long a line waits for its slot with so many before it."""
        return max(0, ahead - self.slots + 1) * self.line_s / self.slots

    def predicted_s(self, ahead: int) -> float:
        """When the first word of a line is to be expected, with so many before it."""
        return self.wait_s(ahead) + self.slow_first_s


class PaceMeter:
    """Measures one backend."""

    def __init__(self, first_s: float = 0.4) -> None:
        self._firsts: deque[float] = deque(maxlen=_REMEMBERED)
        self._first_s = first_s
        self._line_s = 2 * first_s

    def note(self, first_s: float | None, line_s: float) -> None:
        """One line more; one that said nothing teaches nothing of first words."""
        if first_s is not None:
            self._firsts.append(first_s)
            self._first_s = _mean(self._first_s, first_s)
        self._line_s = _mean(self._line_s, line_s)

    @property
    def least_s(self) -> float:
        """The least time in which a first word is to be hoped for."""
        return self._first_s / 2

    def pace(self, slots: int) -> Pace:
        """As measured so far."""
        ordered = sorted(self._firsts)
        slow_s = ordered[math.ceil(_SLOW * len(ordered)) - 1] if ordered else self._first_s
        return Pace(max(slots, 1), self._first_s, slow_s, self._line_s)


def _mean(old: float, new: float) -> float:
    return old + (new - old) * _NEWEST
