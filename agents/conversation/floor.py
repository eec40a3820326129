"""Who speaks next, and who cuts in: a score for each who listens, and one draw.

Turn-taking follows what is known of talk among people (Sacks, Schegloff and Jefferson 1974): whom the speaker picked goes
first; else whoever wants it most begins; else the speaker may go on. The weights are our own judgement. Whole numbers
only; traits are hundredths, moods thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.conversation.talk import NOBODY

Draw = Callable[[int], int]  # an integer in [0, n), from the world's chance

_PICKED: Final = 700  # the speaker spoke to them
_TAKES_LEAVE: Final = 450
_OUTGOING: Final = 2  # for each hundredth
_STIRRED: Final = 5  # one for so many thousandths of arousal over none
_CARES: Final = 2  # for each hundredth that the topic matters to them
_SILENT: Final = 45  # for each line since their last one
_MOST_SILENT: Final = 8  # lines that count
_CHANCE: Final = 260
_SPEAKS_AGAIN: Final = -600  # who has just spoken
_QUIET: Final = 70  # of 1,000: after a line that asks nothing nobody speaks for a while

_CUTS_IN: Final = 30  # of 1,000, for the middling temper
_CUTS_BY: Final = (2, -2)  # thousandths for each hundredth of extraversion and agreeableness over the middle
_CUTS_BY_MOOD: Final = 12  # one for so many thousandths of arousal
_CUTS_BY_COLDNESS: Final = 10  # one for so many thousandths of warmth under none
_MOST_CUTS: Final = 250
_MIDDLE: Final = 50


@dataclass(frozen=True, slots=True)
class Listener:
    """One who might speak next."""

    row: int
    extraversion: int  # hundredths
    agreeableness: int
    arousal: int  # thousandths, -1000 to 1000
    stake: int  # how much the topic matters to them, -100 to 100
    silent_for: int  # lines
    warmth: int = 0  # towards the speaker, -1000 to 1000
    picked: bool = False  # the last line was said to them
    leaves: bool = False  # they mean to go
    spoke_last: bool = False


def wish(one: Listener) -> int:
    """How much somebody wants the floor."""
    score = one.extraversion * _OUTGOING + one.stake * _CARES + max(0, one.arousal) // _STIRRED
    score += min(one.silent_for, _MOST_SILENT) * _SILENT
    score += _PICKED * one.picked + _TAKES_LEAVE * one.leaves + _SPEAKS_AGAIN * one.spoke_last
    return score


def next_speaker(listeners: Sequence[Listener], draw: Draw) -> int:
    """The row of who takes the floor: the greatest wish and some luck; of equals the first. NOBODY of none."""
    best, most = NOBODY, 0
    for one in listeners:
        wanted = wish(one) + draw(_CHANCE)
        if best == NOBODY or wanted > most:
            best, most = one.row, wanted
    return best


def falls_quiet(draw: Draw, *, asked: bool) -> bool:
    """Whether nobody speaks for a while; a question is answered."""
    return draw(1000) < _QUIET and not asked


def cuts_in(one: Listener) -> int:
    """Of a thousand lines that somebody listens to, how many they interrupt."""
    by_traits = _CUTS_BY[0] * (one.extraversion - _MIDDLE) + _CUTS_BY[1] * (one.agreeableness - _MIDDLE)
    odds = _CUTS_IN + by_traits + one.arousal // _CUTS_BY_MOOD + max(0, -one.warmth) // _CUTS_BY_COLDNESS
    return min(max(odds, 0), _MOST_CUTS)


def interrupter(listeners: Sequence[Listener], draw: Draw) -> int:
    """Who cuts the running line short, by one draw of each; NOBODY most times."""
    for one in listeners:
        if draw(1000) < cuts_in(one):
            return one.row
    return NOBODY
