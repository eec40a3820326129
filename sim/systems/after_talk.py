"""What a talk leaves behind with one who leaves it: company was had, something was heard, and people are more or less to them.

It is noted at once and left when a tick has room for it: six who part at once would make a long frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Happening, Stay
from agents.memory import Category
from sim.afterthoughts import NOBODY, Mark
from sim.columns import FULL
from sim.memories import Noted
from sim.systems.feel import stir
from sim.systems.hearers import quoted
from sim.ties import after_talk
from sim.world import World

# Thousandths of each need that a line of a talk is worth, and how many lines count.
_A_LINE: Final = {"conversation": 70, "belonging": 20, "friendship": 15, "play": 6}
_LINES_COUNT: Final = 8
_IMPORTANCE: Final = 90  # of having talked at all, in thousandths
_WANTED_IMPORTANCE: Final = 250  # more, when somebody outside listened
_VALENCE: Final = {
    Happening.SAID_FAREWELL: 40,
    Happening.BUSINESS_DONE: 40,
    Happening.DUTY_CALLED: 10,
    Happening.OUT_OF_SORTS: -60,
    Happening.FELL_SILENT: -60,
}
_MOST_HEARD: Final = 3  # of those who were in it, whose words are kept


def marks_of(world: World, talk: Conversation, row: int, reason: Happening) -> Iterator[Mark]:
    """What it was to one of them who leaves now, in parts that a tick has room for; none for who heard nothing in it."""
    stay = talk.stays[row]
    heard = talk.said - stay.since
    if heard == 0:
        return
    words = ((other, _longest(talk, other, row)) for other in _who_said_most(talk, stay))
    yield Mark(
        row,
        reason,
        lines=min(heard, _LINES_COUNT),
        words=tuple((other, text) for other, text in words if text),
        place=int(world.people.goal_place[row]),
        impact=_VALENCE.get(reason, 0) * 5 + stay.swing,
        importance=_IMPORTANCE + (_WANTED_IMPORTANCE if talk.wanted else 0) + 10 * len(talk.history),
    )
    for other in stay.company:
        yield Mark(row, reason, other=other, warmth=stay.warmth.get(other, 0))


def leave(world: World, mark: Mark) -> None:
    """It, on needs, mood and memory, or on a tie."""
    if mark.other != NOBODY:
        after_talk(world, mark)
        return
    rows = np.array([mark.row])
    for need, worth in _A_LINE.items():
        column = world.wellbeing.needs[:, world.lore.needs.index[need]]
        column[rows] = np.minimum(column[rows] + worth * mark.lines * (FULL // 1000), FULL)
    stir(world, rows, _VALENCE.get(mark.reason, 0), 20)
    for other, text in mark.words:
        world.memories.note(rows, _memory(world, mark, other, text))


def _who_said_most(talk: Conversation, stay: Stay) -> list[int]:
    spoke = [other for other in stay.company if talk.stays[other].lines]
    return sorted(spoke, key=lambda other: -talk.stays[other].lines)[:_MOST_HEARD]


def _longest(talk: Conversation, other: int, row: int) -> str:
    """Of what another said, what was most worth keeping: the longest line that was heard."""
    return max(talk.lines_of(other, row), key=len, default="")


def _memory(world: World, mark: Mark, other: int, text: str) -> Noted:
    return Noted(
        tick=world.tick,
        category=Category.TALK,
        place=mark.place,
        other=other,
        impact=mark.impact,
        importance=mark.importance,
        text=quoted(text),
    )
