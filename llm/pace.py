"""How fast lines come from the backend in use: what a wait in the queue is worth. Pure and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_NEWEST: Final = 0.2  # share of the newest line in the running means


@dataclass(frozen=True, slots=True)
class Pace:
    """Running means over lines that were spoken, in seconds from the moment they were asked for."""

    slots: int = 1
    first_s: float = 0.4  # to the first visible word
    line_s: float = 0.8  # to the end

    @property
    def least_s(self) -> float:
        """The least time in which a first word is to be hoped for."""
        return self.first_s / 2

    def after(self, *, slots: int, begun_s: float, first_s: float | None, end_s: float) -> Pace:
        """The pace after one more line; one that said nothing teaches nothing of first words."""
        first = self.first_s if first_s is None else _mean(self.first_s, first_s - begun_s)
        return Pace(slots, first, _mean(self.line_s, end_s - begun_s))

    def wait_s(self, ahead: int) -> float:
        """How long a line waits for its slot with so many before it."""
        return max(0, ahead - self.slots + 1) * self.line_s / self.slots


def _mean(old: float, new: float) -> float:
    return old + (new - old) * _NEWEST
