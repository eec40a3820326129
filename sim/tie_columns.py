"""What people are to each other, in columns: each has a bounded number of ties, and a tie goes one way.

Nothing in here knows the world: who calls it says which rows, and what tick it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import TIES
from sim.columns import NEVER, Columns, Rows

STRONGEST: Final = 1000
NO_TIE: Final = -1
_SMALL_TOWN: Final = 1000  # people up to whom everybody may know many
_MANY: Final = 32
_FEW: Final = 8
_KEPT: Final = 12  # changes of a pair
_LAST_BITS: Final = 48  # of a key that sorts by strength first and by tick second

Ints = NDArray[np.int64]


class TieKind(IntEnum):
    """The order is that of `agents.actions.TIES`."""

    TRUST = 0
    FRIENDSHIP = 1
    RIVALRY = 2
    PROFESSIONAL = 3
    FAMILY = 4


KINDS: Final = len(TIES)


class Level(IntEnum):
    """What one would call it."""

    ENEMY = 0
    AT_ODDS = 1
    STRANGER = 2
    ACQUAINTANCE = 3
    FRIEND = 4
    CLOSE_FRIEND = 5

    @property
    def words(self) -> str:
        """As people say it."""
        return self.name.lower().replace("_", " ")


_WARM_FROM: Final = 350  # a friend
_CLOSE_FROM: Final = 900
_COLD_FROM: Final = -100  # at odds
_HOSTILE_FROM: Final = -450
_KNOWN_FROM: Final = 60  # of all that one is to another


@dataclass(frozen=True, slots=True)
class Tie:
    """What one is to another."""

    other: int
    strengths: tuple[int, ...]  # in the order of TieKind
    last: int  # tick of the last change

    @property
    def level(self) -> Level:
        """What one would call it."""
        return level_of(self.strengths)


@dataclass(frozen=True, slots=True)
class TieChange:
    """That it became more or less, and why."""

    tick: int
    kind: TieKind
    strength: int  # afterwards
    delta: int
    reason: str


def warmths(strengths: NDArray[Any]) -> Ints:
    """How glad one is of the other, -1000 to 1000, from (k, kinds)."""
    strong = strengths.astype(np.int64)
    glad = strong[..., TieKind.FRIENDSHIP] + strong[..., TieKind.TRUST] + strong[..., TieKind.FAMILY]
    clipped: Ints = np.clip(glad - strong[..., TieKind.RIVALRY], -STRONGEST, STRONGEST)
    return clipped


def levels(strengths: NDArray[Any]) -> Ints:
    """What one would call it, as `Level`, from (k, kinds)."""
    warmth = warmths(strengths)
    named = np.where(strengths.sum(axis=-1, dtype=np.int64) < _KNOWN_FROM, Level.STRANGER, Level.ACQUAINTANCE)
    named[warmth >= _WARM_FROM] = Level.FRIEND
    named[warmth >= _CLOSE_FROM] = Level.CLOSE_FRIEND
    named[warmth <= _COLD_FROM] = Level.AT_ODDS
    named[warmth <= _HOSTILE_FROM] = Level.ENEMY
    return named


def warmth_of(strengths: Sequence[int]) -> int:
    """`warmths` of one tie."""
    glad = strengths[TieKind.FRIENDSHIP] + strengths[TieKind.TRUST] + strengths[TieKind.FAMILY]
    return max(-STRONGEST, min(STRONGEST, glad - strengths[TieKind.RIVALRY]))


def level_of(strengths: Sequence[int]) -> Level:
    """`levels` of one tie."""
    warmth = warmth_of(strengths)
    if warmth <= _COLD_FROM:
        return Level.ENEMY if warmth <= _HOSTILE_FROM else Level.AT_ODDS
    if warmth >= _WARM_FROM:
        return Level.CLOSE_FRIEND if warmth >= _CLOSE_FROM else Level.FRIEND
    return Level.STRANGER if sum(strengths) < _KNOWN_FROM else Level.ACQUAINTANCE


@dataclass(slots=True)
class Ties(Columns):
    """Everybody's, and how those of the watched came to be what they are."""

    other: NDArray[np.int32]  # (n, T): row, -1 for none
    strength: NDArray[np.int16]  # (n, T, kinds)
    last: NDArray[np.int64]  # (n, T): tick of the last change
    history: dict[tuple[int, int], deque[TieChange]] = field(default_factory=dict)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """All columns by name; the history is none."""
        return {"other": self.other, "strength": self.strength, "last": self.last}

    def plain_parts(self) -> list[Any]:
        """All that is no column, as plain values in an order that never changes."""
        return [(pair, list(changes)) for pair, changes in sorted(self.history.items())]

    def slots(self, rows: Rows, others: Rows) -> Ints:
        """Which slot of each row holds the other, NO_TIE where none does."""
        holds: NDArray[np.bool_] = self.other[rows] == others[:, np.newaxis]
        return np.where(holds.any(axis=1), holds.argmax(axis=1), NO_TIE).astype(np.int64)

    def slot(self, row: int, other: int) -> int:
        """`slots` of one pair."""
        known: list[int] = self.other[row].tolist()
        return known.index(other) if other in known else NO_TIE

    def between(self, rows: Rows, others: Rows) -> Ints:
        """How strong each tie is, (k, kinds); nothing where there is none."""
        slots = self.slots(rows, others)
        strong = self.strength[rows, slots].astype(np.int64)
        strong[slots == NO_TIE] = 0
        return strong

    def put(self, rows: Rows, others: Rows, strengths: Ints, tick: int) -> NDArray[np.bool_]:
        """Let each be this to the other; False where neither a slot was free nor a weaker tie gave way.

        A row may come once at most.
        """
        slots = self.slots(rows, others)
        new = (slots == NO_TIE) & strengths.any(axis=1)
        slots[new] = self._room(rows[new])
        kept: NDArray[np.bool_] = slots != NO_TIE
        rows, others, slots = rows[kept], others[kept], slots[kept]
        self._forget_history(rows, self.other[rows, slots], others)
        self.other[rows, slots] = others
        self.strength[rows, slots] = np.clip(strengths[kept], 0, STRONGEST)
        self.last[rows, slots] = tick
        return kept

    def _room(self, rows: Rows) -> Ints:
        """A free slot of each, else that of the weakest and then oldest tie outside the family."""
        strong = self.strength[rows].astype(np.int64)
        worth = (strong.sum(axis=2) << _LAST_BITS) + self.last[rows]
        worth[strong[:, :, TieKind.FAMILY] > 0] = NEVER
        worth[self.other[rows] == NO_TIE] = -1
        slots = worth.argmin(axis=1)
        return np.where(worth.min(axis=1, initial=NEVER) == NEVER, NO_TIE, slots).astype(np.int64)

    def has_room(self, rows: Rows) -> NDArray[np.bool_]:
        """Whether each can know one more without forgetting anybody."""
        free: NDArray[np.bool_] = (self.other[rows] == NO_TIE).any(axis=1)
        return free

    def weaken(self, rows: Rows, losses: Ints) -> None:
        """So much less of everything, (k, T, kinds); what is nothing any more is no tie."""
        left = np.maximum(self.strength[rows] - losses, 0)
        self.strength[rows] = left
        gone = (self.other[rows] != NO_TIE) & ~left.any(axis=2)
        for at, slot in zip(*np.nonzero(gone), strict=True):
            self.history.pop((int(rows[at]), int(self.other[rows[at], slot])), None)
        self.other[rows] = np.where(gone, NO_TIE, self.other[rows])

    def note(self, row: int, other: int, change: TieChange) -> None:
        """Keep it in mind, with the last few of this pair."""
        self.history.setdefault((row, other), deque(maxlen=_KEPT)).append(change)

    @staticmethod
    def remembered(changes: Iterable[TieChange]) -> deque[TieChange]:
        """As many of the newest as are kept of a pair."""
        return deque(changes, maxlen=_KEPT)

    def _forget_history(self, rows: Rows, before: NDArray[np.int32], others: Rows) -> None:
        """Whose tie gives way to another has no history with them any more."""
        replaced = (before != NO_TIE) & (before != others)
        for pair in zip(rows[replaced].tolist(), before[replaced].tolist(), strict=True):
            self.history.pop(pair, None)


def in_rounds(rows: Rows) -> Iterator[Rows]:
    """Indices into rows so that in each round every row comes once at most, each row's own in their order."""
    left = np.arange(rows.size)
    while left.size:
        _, first = np.unique(rows[left], return_index=True)
        now = left[np.sort(first)]
        yield now
        left = np.setdiff1d(left, now, assume_unique=True)


def no_ties(count: int, like: Ties | None = None) -> Ties:
    """So many people who know nobody; as many slots each as in `like`."""
    width = (_MANY if count <= _SMALL_TOWN else _FEW) if like is None else like.other.shape[1]
    return Ties(
        other=np.full((count, width), NO_TIE, dtype=np.int32),
        strength=np.zeros((count, width, KINDS), dtype=np.int16),
        last=np.zeros((count, width), dtype=np.int64),
    )
