"""What somebody remembers, as values with words; who looks for one memory among many asks here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Category(IntEnum):
    """What a memory is of."""

    TALK = 0
    ACTION = 1
    FAILURE = 2
    PATTERN = 3  # what many memories come to
    EVENT = 4
    REFLECTION = 5


THOUGHTS: Final = (Category.PATTERN, Category.REFLECTION)  # made of other memories
UNGRADED: Final = -1
POOR: Final = 1  # grades up to this one went badly: see `agents.actions.Grade`
GOOD: Final = 3  # and from this one on, well


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing that somebody remembers."""

    tick: int
    category: Category
    text: str  # "baked bread at the bakery with Mira; it failed because the oven went cold"
    place: str = ""
    people: tuple[int, ...] = ()  # the others in it, as the world numbers them
    names: tuple[str, ...] = ()  # theirs
    impact: int = 0  # on the mood, -1000 to 1000
    importance: int = 0  # 0 to 1000
    grade: int = UNGRADED
    did: str = ""  # the same without whom and how it came out: "baked bread at the bakery"
    doing: str = ""  # "baking bread"

    @property
    def went_well(self) -> bool:
        """It came out better than it does on an ordinary day."""
        return self.grade >= GOOD

    @property
    def went_badly(self) -> bool:
        """It came out worse."""
        return UNGRADED < self.grade <= POOR


def recent(memories: Sequence[Memory], most: int) -> list[Memory]:
    """The newest, newest first; memories come oldest first, here and below."""
    return _newest(memories, most, lambda _: True)


def by_category(memories: Sequence[Memory], category: Category, most: int) -> list[Memory]:
    """The newest of one kind."""
    return _newest(memories, most, lambda memory: memory.category is category)


def by_outcome(memories: Sequence[Memory], grade: int, most: int) -> list[Memory]:
    """The newest of what came out so."""
    return _newest(memories, most, lambda memory: memory.grade == grade)


def about(memories: Sequence[Memory], person: int, most: int) -> list[Memory]:
    """The newest in which somebody has a part."""
    return _newest(memories, most, lambda memory: person in memory.people)


def failures(memories: Sequence[Memory], most: int) -> list[Memory]:
    """What failed, the worst first."""
    failed = (memory for memory in memories if memory.category is Category.FAILURE)
    return _first(failed, most, lambda memory: (memory.importance - memory.impact, memory.tick))


def by_impact(memories: Sequence[Memory], most: int) -> list[Memory]:
    """What moved them most, for good or ill."""
    return _first(memories, most, lambda memory: (abs(memory.impact), memory.tick))


def _newest(memories: Sequence[Memory], most: int, fits: Callable[[Memory], bool]) -> list[Memory]:
    found: list[Memory] = []
    for memory in reversed(memories):
        if len(found) >= most:
            break
        if fits(memory):
            found.append(memory)
    return found


def _first(memories: Iterable[Memory], most: int, worth: Callable[[Memory], tuple[int, int]]) -> list[Memory]:
    return sorted(memories, key=worth, reverse=True)[: max(0, most)]
