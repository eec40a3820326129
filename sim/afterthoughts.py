"""What a talk was to somebody who left it, until there is time to let it matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.conversation.talk import Happening

NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of what one talk was to one person, as facts: the talk itself may go on. What it was in all, or a tie with one."""

    row: int
    reason: Happening  # why they left it
    other: int = NOBODY  # with whom there is a tie; the rest is of the talk in all
    warmth: int = 0  # of the other's words to them, summed
    lines: int = 0  # that they heard, as far as they count
    words: tuple[tuple[int, str], ...] = ()  # who said what of it that is kept
    place: int = 0
    impact: int = 0
    importance: int = 0
