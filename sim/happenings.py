"""What goes on in town just now, and what lately did: in every district alike, at the same place of each."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from agents.happenings import Happening
from sim.chance import Chance

KEPT: Final = 50
NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class GoingOn:
    """One of them, while it lasts."""

    what: Happening
    place: int  # index into a district's places
    since: int  # tick
    until: int


@dataclass(slots=True)
class Happenings:
    """Its chance is its own: the same seed has the same year whatever people do."""

    chance: Chance
    active: list[GoingOn] = field(default_factory=list)
    past: deque[GoingOn] = field(default_factory=lambda: deque(maxlen=KEPT))

    def strongest(self) -> GoingOn | None:
        """What people want to see most; of several the first."""
        return max(self.active, key=lambda one: one.what.pull, default=None)

    def place_that_pulls(self) -> int:
        """Where it is, NOWHERE if nothing goes on."""
        strongest = self.strongest()
        return NOWHERE if strongest is None else strongest.place

    def pull(self) -> int:
        """How much they want to."""
        strongest = self.strongest()
        return 0 if strongest is None else strongest.what.pull

    def plain_parts(self) -> list[Any]:
        """For the state hash."""
        return [
            [(one.what.id, one.place, one.since, one.until) for one in some]
            for some in (self.active, self.past)
        ]
