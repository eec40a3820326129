"""What became of the last talks, and how many there have been: for people who ask, no system reads it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

_KEPT: Final = 100
_GAPS: Final = 4000
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class PastTalk:
    """One that is over."""

    id: int
    participants: tuple[int, ...]  # all who were in it, for however short
    most: int  # people in it at once
    lines: int
    topics: tuple[str, ...]
    ended_by: str
    began: int  # tick
    ended: int
    interruptions: int


@dataclass(slots=True)
class TalkLog:
    """The newest talks, and sums over all."""

    past: deque[PastTalk] = field(default_factory=lambda: deque(maxlen=_KEPT))
    ended_by: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    largest: int = 0  # people in one at once
    in_company: int = 0  # with three people or more at once
    interruptions: int = 0
    gaps: deque[int] = field(
        default_factory=lambda: deque(maxlen=_GAPS)
    )  # ticks from a line that was read to the next

    def add(self, talk: PastTalk) -> None:
        """One more is over."""
        self.past.append(talk)
        self.ended_by[talk.ended_by] += 1
        self.lines += talk.lines
        self.largest = max(self.largest, talk.most)
        self.in_company += talk.most > _PAIR
        self.interruptions += talk.interruptions
