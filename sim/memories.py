"""What everybody remembers: rings of the newest episodes in columns, and what outlasts them of those who are watched.

An episode is numbered by how many its owner had before; its slot in the ring is that number modulo the capacity.
Words are kept only for those who are watched: those of all others are made from the columns when somebody asks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agents.memory import THOUGHTS
from agents.retrieval import Recollection
from llm.types import Kind, RequestId
from sim.columns import CROWD_FROM, Rows
from sim.memory_rules import MemoryRules

Value = int | NDArray[Any]

_MOST: Final = 1000  # of impact, either way, and of importance
_RING: Final[dict[str, type[np.signedinteger[Any]]]] = {
    "tick": np.int64,
    "category": np.int8,
    "action": np.int16,
    "grade": np.int8,
    "place": np.int32,
    "other": np.int32,
    "impact": np.int16,
    "importance": np.int16,
    "reason": np.int16,
}
_OLD_PART: Final = 4  # where memory is full, the least important of the oldest fourth goes


@dataclass(frozen=True, slots=True)
class Noted:
    """Episodes that happen to some people at once: each value is one for all, or an array with one a row."""

    tick: int
    category: Value
    action: Value = -1
    grade: Value = -1
    place: Value = -1
    other: Value = -1
    impact: Value = 0
    importance: Value = 0
    reason: Value = -1
    text: str = ""  # of a talk: what the other said


@dataclass(frozen=True, slots=True)
class Episode:
    """One of them, of one person."""

    number: int
    tick: int
    category: int
    action: int
    grade: int
    place: int
    other: int
    impact: int
    importance: int
    reason: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A thought that a model was asked for: one's own words for it, and what it is of."""

    row: int
    kind: Kind
    text: str
    impact: int
    importance: int
    until: int  # tick from which nobody waits for the model any more
    facts: tuple[str, ...] = ()


class Memories:
    """Everybody's."""

    def __init__(self, count: int, rules: MemoryRules | None = None) -> None:
        self.rules = rules or MemoryRules()
        self.capacity = self.rules.episodes_each(count)
        self.ring: dict[str, NDArray[Any]] = {
            name: np.zeros((count, self.capacity), dtype=kind) for name, kind in _RING.items()
        }
        self.noted = np.zeros(count, dtype=np.int64)  # episodes so far
        self.condensed = np.zeros(count, dtype=np.int64)  # of which so many have been thought over
        self.gathered = np.zeros(count, dtype=np.int32)  # importance since the last reflection
        self.night = np.full(count, -1, dtype=np.int32)  # the last in which the day was thought over
        self.turn = 0  # the row of the crowd that comes first
        self.asked: dict[RequestId, Asked] = {}
        self.asked_at: list[int] = []  # ticks of the questions of the last hour
        self.recollections: dict[int, Recollection] = {}  # made from what is here, and so no part of it
        self._texts: dict[int, dict[int, str]] = {}  # row -> number -> text
        self._lasting: dict[int, list[Episode]] = {}  # row -> oldest first

    def __len__(self) -> int:
        return len(self.noted)

    # -- noting

    def note(self, rows: Rows, what: Noted) -> None:
        """Let each of these remember it; the oldest of a full ring makes room."""
        if rows.size > 1 and (np.diff(rows) <= 0).any():
            self._note_in_turn(rows, what)
            return
        self._let_go(rows)
        numbers = self.noted[rows]
        slots = numbers % self.capacity
        importance = np.clip(what.importance, 0, _MOST)
        bounded = {"impact": np.clip(what.impact, -_MOST, _MOST), "importance": importance}
        for name, column in self.ring.items():
            column[rows, slots] = bounded[name] if name in bounded else getattr(what, name)
        self.noted[rows] += 1
        self.gathered[rows] += np.where(_is_thought(what.category), 0, importance).astype(np.int32)
        if what.text:
            for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
                if row < CROWD_FROM:
                    self._texts.setdefault(row, {})[number] = what.text

    def _note_in_turn(self, rows: Rows, what: Noted) -> None:
        """Somebody is there twice, or not in order: each row's first, and then the rest."""
        _, first = np.unique(rows, return_index=True)
        self.note(rows[first], _part(what, first))
        rest = np.setdiff1d(np.arange(rows.size), first)
        if rest.size:
            self.note(rows[rest], _part(what, rest))

    def _let_go(self, rows: Rows) -> None:
        """What falls out of the ring outlasts it if it is important."""
        full = rows[: int(np.searchsorted(rows, CROWD_FROM))]
        full = full[self.noted[full] >= self.capacity]
        for row, noted in zip(full.tolist(), self.noted[full].tolist(), strict=True):
            self._lose(row, noted - self.capacity)

    def _lose(self, row: int, number: int) -> None:
        text = self._texts.get(row, {}).pop(number, "")
        slot = number % self.capacity
        if self.ring["importance"][row, slot] < self.rules.keep_from:
            return
        lasting = self._lasting.setdefault(row, [])
        values = (column.item(row, slot) for column in self.ring.values())
        lasting.append(Episode(number, *values, text))  # type: ignore[call-arg]  # as many as the ring has columns
        lasting[:] = [one for one in lasting if not self._has_faded(one, lasting[-1].tick)]
        if len(lasting) > self.rules.long_term:
            oldest = range(max(1, len(lasting) // _OLD_PART))
            del lasting[min(oldest, key=lambda index: lasting[index].importance)]

    def _has_faded(self, one: Episode, tick: int) -> bool:
        """What mattered little is forgotten soon, so that a long life does not fill the memory for ever."""
        return (tick - one.tick) * _MOST * _MOST > one.importance * one.importance * self.rules.fade_ticks

    def forget(self, rows: Rows) -> None:
        """Somebody else has these rows from now on, who remembers nothing."""
        for column in (*self.ring.values(), self.noted, self.condensed, self.gathered):
            column[rows] = 0
        self.night[rows] = -1
        gone = set(rows.tolist())
        for row in gone:
            for kept in (self._texts, self._lasting, self.recollections):
                kept.pop(row, None)
        self.asked = {number: one for number, one in self.asked.items() if one.row not in gone}

    # -- remembering

    def rows(self) -> int:
        """How many memories there are in town."""
        newest = int(np.minimum(self.noted, self.capacity).sum())
        return newest + sum(map(len, self._lasting.values()))

    def episodes(self, row: int) -> list[Episode]:
        """All that somebody remembers, oldest first."""
        return [*self._lasting.get(row, ()), *self.between(row, 0, int(self.noted[row]))]

    def numbers(self, row: int) -> list[int]:
        """The same, as numbers only."""
        noted = int(self.noted[row])
        return [
            *(episode.number for episode in self._lasting.get(row, ())),
            *range(max(0, noted - self.capacity), noted),
        ]

    def between(self, row: int, first: int, end: int) -> list[Episode]:
        """Those of these numbers that are still in the ring."""
        noted, texts = int(self.noted[row]), self._texts.get(row, {})
        numbers = np.arange(max(first, noted - self.capacity, 0), min(end, noted))
        slots = numbers % self.capacity
        values: list[list[Any]] = [column[row, slots].tolist() for column in self.ring.values()]
        words = [texts.get(number, "") for number in numbers.tolist()]
        return [Episode(*one) for one in zip(numbers.tolist(), *values, words, strict=True)]

    def fresh(self) -> NDArray[np.int64]:
        """How many episodes of each have not been thought over."""
        return self.noted - np.maximum(self.condensed, self.noted - self.capacity)

    # -- the table

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """All columns by name, in order; what the state hash covers."""
        own = {name: getattr(self, name) for name in ("noted", "condensed", "gathered", "night")}
        return {**self.ring, **own}

    def plain_parts(self) -> list[Any]:
        """All that is no column, as plain values in an order that never changes."""
        return [
            self.turn,
            list(self.asked_at),
            sorted(self.asked.items()),
            [(row, sorted(texts.items())) for row, texts in sorted(self._texts.items())],
            sorted(self._lasting.items()),
        ]

    def append(self, count: int) -> None:
        """More people, who remember nothing; where there are many, each remembers less from now on."""
        self._narrow(self.rules.episodes_each(len(self) + count))
        for name, column in self.ring.items():
            self.ring[name] = _longer(column, count, 0)
        self.noted = _longer(self.noted, count, 0)
        self.condensed = _longer(self.condensed, count, 0)
        self.gathered = _longer(self.gathered, count, 0)
        self.night = _longer(self.night, count, -1)

    def _narrow(self, capacity: int) -> None:
        """Keep only so many of the newest; every episode has another slot then."""
        if capacity >= self.capacity:
            return
        for row in range(min(len(self), CROWD_FROM)):
            noted = int(self.noted[row])
            for number in range(max(0, noted - self.capacity), noted - capacity):
                self._lose(row, number)
        numbers = self.noted[:, np.newaxis] - 1 - np.arange(capacity)
        rows, places = np.nonzero(numbers >= 0)
        kept = numbers[rows, places]
        for name, column in self.ring.items():
            narrow = np.zeros((len(self), capacity), dtype=column.dtype)
            narrow[rows, kept % capacity] = column[rows, kept % self.capacity]
            self.ring[name] = narrow
        self.capacity = capacity


def _part(what: Noted, index: Rows) -> Noted:
    """The same for some of the rows."""
    values: dict[str, Any] = {one.name: getattr(what, one.name) for one in fields(what)}
    arrays = {name: one for name, one in values.items() if isinstance(one, np.ndarray) and one.ndim}
    return replace(what, **values | {name: one[index] for name, one in arrays.items()})


def _longer(column: NDArray[Any], count: int, value: int) -> NDArray[Any]:
    more = np.full((count, *column.shape[1:]), value, dtype=column.dtype)
    return np.concatenate((column, more))


def _is_thought(category: Value) -> NDArray[np.bool_] | bool:
    """Whether it was thought, not lived through."""
    return (category == THOUGHTS[0]) | (category == THOUGHTS[1])
