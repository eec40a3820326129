"""How well things go: one draw a person against odds that temper, skill, mood, health, sky and season have moved.

The odds are those of a proportional-odds model (McCullagh 1980): luck multiplies, at each boundary between two grades
alike, the odds of doing no better than that. So more luck never makes a worse chance of anything, the five chances are a
thousand together whatever the luck, and with luck held within its bounds nothing is ever certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import ActionTable, Grade
from agents.traits import MIDDLE

DRAWS: Final = 1000  # a draw is below this
MOST_LUCK: Final = 600  # thousandths, either way: odds at most four times as good or bad

_USUAL: Final = np.array(
    (60, 200, 650, 900), dtype=np.int64
)  # of 1000: no better than failure, poor, average, good
_USUAL_SKILL: Final = 400  # of 1000, which neither helps nor hinders
_SKILL_WORTH: Final = (4, 10)  # thousandths of luck for so many of skill
_MOOD_WORTH: Final = (1, 10)
_SICKNESS: Final = 300  # thousandths of luck that are gone when there is no health left
_WELL: Final = 1_000_000  # of a body that wants for nothing

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Luck:
    """What makes actions go well or badly, one row a person; weather and season are the same for all."""

    traits: NDArray[np.int16]  # (k, 9)
    skill: NDArray[np.int16]  # (k,): 0 to 1000
    valence: NDArray[np.int16]  # (k,): -1000 to 1000
    health: NDArray[np.int32]  # (k,): 0 to a million
    weather: int
    season: int


def grades(table: ActionTable, action: Ints, luck: Luck, draws: Ints) -> NDArray[np.int8]:
    """How each came out, by a draw below DRAWS of each: the higher, the better."""
    passed = draws[:, np.newaxis] >= boundaries(luck_of(table, action, luck))
    grade: NDArray[np.int8] = passed.sum(axis=1, dtype=np.int8)
    return grade


def luck_of(table: ActionTable, action: Ints, luck: Luck) -> Ints:
    """All that helps and hinders as one number, in thousandths, -MOST_LUCK to MOST_LUCK."""
    temper = (table.odds[action] * (luck.traits.astype(np.int64) - MIDDLE)).sum(axis=1) // MIDDLE
    skill = (luck.skill.astype(np.int64) - _USUAL_SKILL) * _SKILL_WORTH[0] // _SKILL_WORTH[1]
    mood = luck.valence.astype(np.int64) * _MOOD_WORTH[0] // _MOOD_WORTH[1]
    sickness = (_WELL - luck.health.astype(np.int64)) * _SICKNESS // _WELL
    sky = table.odds_weather[action, luck.weather] + table.odds_season[action, luck.season]
    together: Ints = np.clip(temper + skill + mood + sky - sickness, -MOST_LUCK, MOST_LUCK)
    return together


def boundaries(luck: Ints) -> Ints:
    """Of a thousand draws those that are no better than each grade but the best, (k,) -> (k, 4)."""
    against, with_it = (DRAWS - luck)[:, np.newaxis], (DRAWS + luck)[:, np.newaxis]
    worse = _USUAL * against
    no_better: Ints = DRAWS * worse // (worse + (DRAWS - _USUAL) * with_it)
    return no_better


def chances(luck: Ints) -> Ints:
    """Of a thousand draws those that come out as each grade, (k,) -> (k, 5)."""
    return np.diff(boundaries(luck), axis=1, prepend=0, append=DRAWS)


def reason_draw(table: ActionTable, action: Ints, grade: NDArray[np.int8], draws: Ints) -> Ints:
    """Which of the reasons for that action and grade, by a draw of each; -1 where there is none to give."""
    given = table.reasons_given[action, grade]
    return np.where(given > 0, draws % np.maximum(given, 1), -1)


def reason_of(table: ActionTable, action: int, grade: Grade, drawn: int) -> str:
    """That reason in words, as it goes on after "because"; empty for what went as usual."""
    return table.reason(action, grade, drawn)
