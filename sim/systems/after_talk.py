"""What a talk leaves behind with one who leaves it: company was had, something was heard, and people are more or less to them."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Happening, Stay
from agents.memory import Category
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


def leave_its_mark(world: World, talk: Conversation, row: int, reason: Happening) -> None:
    """On needs, mood, memory and ties of one of them; a talk in which they heard nothing leaves none."""
    stay = talk.stays[row]
    heard = talk.said - stay.since
    if heard == 0:
        return
    rows, lines = np.array([row]), min(heard, _LINES_COUNT)
    for need, worth in _A_LINE.items():
        column = world.wellbeing.needs[:, world.lore.needs.index[need]]
        column[rows] = np.minimum(column[rows] + worth * lines * (FULL // 1000), FULL)
    stir(world, rows, _VALENCE.get(reason, 0), 20)
    for other in _who_said_most(talk, stay):
        _remember(world, talk, row, other, reason)
    after_talk(world, talk, row, reason)


def _who_said_most(talk: Conversation, stay: Stay) -> list[int]:
    spoke = [other for other in stay.company if talk.stays[other].lines]
    return sorted(spoke, key=lambda other: -talk.stays[other].lines)[:_MOST_HEARD]


def _remember(world: World, talk: Conversation, row: int, other: int, reason: Happening) -> None:
    """Of what another said, they keep what was most worth keeping: the longest line that they heard."""
    text = max(talk.lines_of(other, row), key=len, default="")
    if not text:
        return
    world.memories.note(
        np.array([row]),
        Noted(
            tick=world.tick,
            category=Category.TALK,
            place=int(world.people.goal_place[row]),
            other=other,
            impact=_VALENCE.get(reason, 0) * 5 + talk.stays[row].swing,
            importance=_IMPORTANCE + (_WANTED_IMPORTANCE if talk.wanted else 0) + 10 * len(talk.history),
            text=quoted(text),
        ),
    )
