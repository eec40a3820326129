"""What a talk leaves behind: company was had, something was heard, and two people are a little more or less to each other."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Happening
from agents.memory import Category
from sim.columns import FULL
from sim.memories import Noted
from sim.systems.feel import stir
from sim.ties import after_talk
from sim.world import World

# Thousandths of each need that a line of a talk is worth, and how many lines count.
_A_LINE: Final = {"conversation": 70, "belonging": 20, "friendship": 15, "play": 6}
_LINES_COUNT: Final = 8
_IMPORTANCE: Final = 90  # of having talked at all, in thousandths
_WANTED_IMPORTANCE: Final = 250  # more, when somebody outside listened
_VALENCE: Final = {Happening.SAID_FAREWELL: 40, Happening.TOO_LONG: 0, Happening.FELL_SILENT: -60}
_QUOTED: Final = 90  # characters of a line that are remembered


def leave_its_mark(world: World, talk: Conversation, ended: Happening) -> None:
    """On needs, mood, memory and ties of both; a talk in which nothing was said leaves none."""
    if not talk.history:
        return
    rows = np.array(talk.participants)
    lines = min(len(talk.history), _LINES_COUNT)
    for need, worth in _A_LINE.items():
        column = world.wellbeing.needs[:, world.lore.needs.index[need]]
        column[rows] = np.minimum(column[rows] + worth * lines * (FULL // 1000), FULL)
    stir(world, rows, _VALENCE.get(ended, 0), 20)
    for row in talk.participants:
        _remember(world, talk, row, ended)
    after_talk(world, talk)


def _remember(world: World, talk: Conversation, row: int, ended: Happening) -> None:
    """Each keeps what the other said that was most worth keeping: their longest line."""
    other = next(one for one in talk.participants if one != row)
    world.memories.note(
        np.array([row]),
        Noted(
            tick=world.tick,
            category=Category.TALK,
            place=int(world.people.goal_place[row]),
            other=other,
            impact=_VALENCE.get(ended, 0) * 5,
            importance=_IMPORTANCE + (_WANTED_IMPORTANCE if talk.wanted else 0) + 10 * len(talk.history),
            text=_said(world, talk, other),
        ),
    )


def _said(world: World, talk: Conversation, row: int) -> str:
    name = world.roster.persona(row).first_name
    said = max((turn.text for turn in talk.history if turn.speaker == name), key=len, default="")
    if len(said) <= _QUOTED:
        return said
    return said[:_QUOTED].rsplit(" ", 1)[0] + "…"
