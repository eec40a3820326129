"""A day as somebody means to spend it: from when on to be where, doing what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agents.persona import Persona

MINUTES_A_DAY: Final = 24 * 60
_MEAL_MINUTES: Final = 45
_LEISURE_MINUTES: Final = (50, 110)  # how long one stays at one place of an evening
_WORK_STRETCH_MINUTES: Final = (35, 80)  # between two ways that work makes one walk
_OUTING_MINUTES: Final = (8, 16)
_OUTING_CHANCE: Final = 60  # of 100 stretches of work
_OUTINGS: Final = (
    "market",
    "square",
    "market",
    "square",
    "bakery",
    "mill",
    "docks",
    "town_hall",
    "park",
    "smithy",
)
_LUNCH_PLACES: Final = ("tavern", "market", "square", "")  # "" = at home

Draw = Callable[[int], int]  # an integer in [0, n)


class Doing(StrEnum):
    """What a slot of the day is for."""

    SLEEP = "sleep"
    HOME = "home"
    WORK = "work"
    ERRAND = "errand"
    MEAL = "meal"
    LEISURE = "leisure"


@dataclass(frozen=True, slots=True)
class Slot:
    """From `start` (minute of the day) until the next slot begins."""

    start: int
    doing: Doing
    place: str


def day_plan(persona: Persona, draw: Draw) -> tuple[Slot, ...]:
    """One day's slots, the first at minute 0; different every day by what `draw` gives, the same for the same draws."""
    times = persona.routine
    workplace = persona.workplace or persona.haunt
    lunch_place = _LUNCH_PLACES[draw(len(_LUNCH_PLACES))] or persona.home
    slots = [
        Slot(0, Doing.SLEEP, persona.home),
        Slot(times.wake_minute, Doing.HOME, persona.home),
        *_working(workplace, times.work_minute, times.lunch_minute, draw),
        Slot(times.lunch_minute, Doing.MEAL, lunch_place),
        *_working(workplace, times.lunch_minute + _MEAL_MINUTES, times.done_minute, draw),
        Slot(times.done_minute, Doing.HOME, persona.home),
        *_leisure(persona, times.leisure_minute, times.sleep_minute, draw),
        Slot(times.sleep_minute, Doing.SLEEP, persona.home),
    ]
    return tuple(sorted(slots, key=lambda slot: slot.start))


def slot_at(plan: tuple[Slot, ...], minute: int) -> int:
    """The index of the slot that holds at a minute of the day."""
    return max(index for index, slot in enumerate(plan) if slot.start <= minute)


def _between(draw: Draw, bounds: tuple[int, int]) -> int:
    low, high = bounds
    return low + draw(high - low + 1)


def _working(workplace: str, start: int, end: int, draw: Draw) -> list[Slot]:
    """A stretch of work, broken by short ways about the town."""
    slots, minute = [Slot(start, Doing.WORK, workplace)], start
    while (minute := minute + _between(draw, _WORK_STRETCH_MINUTES)) < end - _OUTING_MINUTES[1]:
        if draw(100) < _OUTING_CHANCE:
            slots.append(Slot(minute, Doing.ERRAND, _OUTINGS[draw(len(_OUTINGS))]))
            minute += _between(draw, _OUTING_MINUTES)
            slots.append(Slot(minute, Doing.WORK, workplace))
    return slots


def _leisure(persona: Persona, start: int, end: int, draw: Draw) -> list[Slot]:
    places = (*persona.routine.leisure_places, persona.haunt)
    slots, minute = [], start
    while minute < end:
        slots.append(Slot(minute, Doing.LEISURE, places[draw(len(places))]))
        minute += _between(draw, _LEISURE_MINUTES)
    return slots
