"""What a line does: to those it is said to, to those who stand by, and between speaker and hearer.

Only who hears it is changed by it: the others in the talk, and whoever is within earshot, or within a whisper's reach of
a private one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation
from agents.memory import Category
from agents.reading import Reading
from sim.activity import Activity
from sim.columns import Rows
from sim.memories import Noted
from sim.systems.feel import stir
from sim.systems.subject import learn
from sim.ties import TieKind, shift
from sim.world import World

_FELT: Final = 2  # thousandths of valence for each hundredth of a line's mood
_SHARE_OF_OTHERS: Final = 3  # who is not spoken to feels one part in so many of its warmth
_STRONG: Final = 55  # of mood or warmth, from which a line is remembered by itself
_SHIFTS: Final = 4  # hundredths of warmth for a thousandth of a tie, of a strong line
_IMPORTANCE: Final = 120  # of a strong line, and its strength
_OVERHEARD: Final = 60
_QUOTED: Final = 90  # characters of a line that are remembered


def hear_line(world: World, talk: Conversation, reading: Reading, text: str) -> None:
    """Everybody takes it as it concerns them."""
    speaker, here = talk.speaker, np.array(talk.others(talk.speaker), dtype=np.int64)
    talk.drama += abs(reading.mood) + abs(reading.warmth)
    if reading.mood:
        stir(world, here, reading.mood * _FELT, abs(reading.mood) // 2)
    for row in here.tolist():
        _feel_for(world, talk, row, reading)
    learn(world, talk, reading, here)
    _remember(world, here, speaker, reading, quoted(text))
    _remember_overheard(world, talk, reading, quoted(text))


def quoted(text: str) -> str:
    """As much of a line as one keeps in mind."""
    return text if len(text) <= _QUOTED else text[:_QUOTED].rsplit(" ", 1)[0] + "…"


def _feel_for(world: World, talk: Conversation, row: int, reading: Reading) -> None:
    """What the words were to one of them, and what that makes of the speaker, if they were strong."""
    stay, speaker = talk.stays[row], talk.speaker
    meant = reading.warmth if row == talk.listener else reading.warmth // _SHARE_OF_OTHERS
    stay.swing += reading.mood * _FELT
    stay.warmth[speaker] = stay.warmth.get(speaker, 0) + meant
    if abs(meant) >= _STRONG:
        kind = TieKind.FRIENDSHIP if meant > 0 else TieKind.RIVALRY
        shift(world, row, speaker, kind, abs(meant) // _SHIFTS, "kind words" if meant > 0 else "hard words")
        if meant < 0:
            shift(world, row, speaker, TieKind.TRUST, meant // _SHIFTS, "hard words")


def _remember(world: World, rows: Rows, speaker: int, reading: Reading, text: str) -> None:
    """A strong line is a memory of its own, and one of somebody unknown: hearsay, with no link to anybody but its speaker.

    All others go into that of the whole talk.
    """
    strength = max(abs(reading.mood), abs(reading.warmth))
    if (strength >= _STRONG or reading.hearsay) and rows.size:
        _note(world, rows, speaker, reading, text, _IMPORTANCE + strength)


def _remember_overheard(world: World, talk: Conversation, reading: Reading, text: str) -> None:
    """Who stands by and hears something strong keeps it in mind too, though it was not for them."""
    if max(abs(reading.mood), abs(reading.warmth)) >= _STRONG:
        rows = bystanders(world, talk)
        if rows.size:
            _note(world, rows, talk.speaker, reading, text, _OVERHEARD)


def bystanders(world: World, talk: Conversation) -> Rows:
    """Who is in town, awake, near enough, and not in this talk."""
    people, rules = world.people, world.rules.talk
    reach = rules.whisper_px if talk.private else rules.earshot_px
    apart = people.position - people.position[talk.speaker]
    near = apart[:, 0] * apart[:, 0] + apart[:, 1] * apart[:, 1] <= reach * reach
    near &= people.present & (people.activity != Activity.SLEEPING) & (people.talk != talk.id)
    return np.flatnonzero(near)


def _note(world: World, rows: Rows, speaker: int, reading: Reading, text: str, importance: int) -> None:
    world.memories.note(
        np.sort(rows),
        Noted(
            tick=world.tick,
            category=Category.TALK,
            place=int(world.people.goal_place[speaker]),
            other=speaker,
            impact=reading.mood * 4,
            importance=importance,
            text=text,
        ),
    )
