"""A day as somebody means to spend it: from when on to be where, for what. Pure, and for any number of people at once.

A plan is a wheel: before its first slot of a day the last one of the day before still holds, so that a watchman's
night and a baker's four o'clock need no rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.traits import CONSCIENTIOUSNESS, EXTRAVERSION, PIETY

MINUTES_A_DAY: Final = 24 * 60
TURNS: Final = ("wake", "work", "lunch", "done", "leisure", "sleep")  # of a routine
ANYWHERE: Final = -1  # the place is left to the moment
LOTS: Final = 12  # draws that one plan takes
LOT: Final = 1000  # each below this

_WASH_MINUTES: Final = 20
_LATEST_MINUTES: Final = 40  # that the least conscientious come late to work
_MEAL_MINUTES: Final = 45
_SUPPER_MINUTES: Final = 40
_OUTING_MINUTES: Final = (10, 25)
_OUTING_CHANCE: Final = 600  # of 1000 halves of a working day
_CHAPEL_CHANCE: Final = 5  # of 1000, for each hundredth of piety
_VISIT_CHANCE: Final = 6  # of 1000, for each hundredth of extraversion

Ints = NDArray[np.int64]


class Kind(IntEnum):
    """What a slot of the day is for, and what an action counts as."""

    SLEEP = 0
    WASH = 1
    MEAL = 2
    WORK = 3
    ERRAND = 4
    LEISURE = 5
    SOCIAL = 6
    WORSHIP = 7
    ATTEND = 8


@dataclass(frozen=True, slots=True)
class Resident:
    """Of k people what a plan asks about: arrays with one row each."""

    traits: NDArray[np.int16]  # (k, 9)
    routine: NDArray[np.int16]  # (k, 6): minutes, in the order of TURNS
    employed: NDArray[np.bool_]  # (k,)
    home: NDArray[np.int32]  # (k,): places
    work: NDArray[np.int32]  # (k,): where they spend the day, employed or not
    leisure: NDArray[np.int32]  # (k, 2)


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots in the order of their beginnings; all arrays (k, SLOTS)."""

    start: NDArray[np.int16]  # minute of the day
    kind: NDArray[np.int8]
    place: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Slots:
    """One slot of each: minutes may run past midnight."""

    start: Ints
    kind: Ints
    place: Ints


def plan_days(who: Resident, lots: Ints) -> Plan:
    """One day of each, by LOTS draws of theirs, (k, LOTS): the same draws give the same day."""
    turns = _unwound(who.routine)
    return _in_order([*_morning(who, turns, lots), *_working(who, turns, lots), *_evening(who, turns, lots)])


def slot_now(start: NDArray[np.int16], minute: int) -> Ints:
    """Which slot holds at a minute of the day, (k, SLOTS) -> (k,)."""
    begun: Ints = (start <= minute).sum(axis=1, dtype=np.int64) - 1
    return np.where(begun < 0, start.shape[1] - 1, begun)


def _unwound(routine: NDArray[np.int16]) -> Ints:
    """Turns as minutes that never go back: each is after waking, if need be tomorrow."""
    wake = routine[:, :1].astype(np.int64)
    return wake + (routine - wake) % MINUTES_A_DAY


def _lateness(who: Resident, lots: Ints) -> Ints:
    """Minutes; the conscientious are on time."""
    slack = 100 - who.traits[:, CONSCIENTIOUSNESS].astype(np.int64)
    return slack * slack * lots * _LATEST_MINUTES // (100 * 100 * LOT)


def _morning(who: Resident, turns: Ints, lots: Ints) -> list[_Slots]:
    wake = turns[:, 0] + lots[:, 0] * 10 // LOT
    return [_slots(wake, Kind.WASH, who.home), _slots(wake + _WASH_MINUTES, Kind.MEAL, who.home)]


def _working(who: Resident, turns: Ints, lots: Ints) -> list[_Slots]:
    """Two halves with a meal between them, each of which may be broken by a way about the town."""
    begin = turns[:, 1] + _lateness(who, lots[:, 1])
    lunch, done = np.maximum(turns[:, 2], begin + 1), turns[:, 3]
    back = lunch + _MEAL_MINUTES
    return [
        _Slots(begin, _duty(who), who.work.astype(np.int64)),
        *_outing(who, begin, lunch, lots[:, 2:4]),
        _slots(lunch, Kind.MEAL, np.full_like(who.home, ANYWHERE)),
        _Slots(back, _duty(who), who.work.astype(np.int64)),
        *_outing(who, back, done, lots[:, 4:6]),
    ]


def _outing(who: Resident, begin: Ints, end: Ints, lots: Ints) -> list[_Slots]:
    """Somewhere in the middle of a stretch, and back; who stays works on."""
    goes = (lots[:, 0] < _OUTING_CHANCE) & (end - begin > 3 * _OUTING_MINUTES[1])
    least, most = _OUTING_MINUTES
    leave = begin + (end - begin) * (300 + lots[:, 1] * 4 // 10) // LOT
    kind = np.where(goes, Kind.ERRAND, _duty(who))
    place = np.where(goes, ANYWHERE, who.work)
    away = least + lots[:, 1] * (most - least) // LOT
    return [_Slots(leave, kind, place), _Slots(leave + away, _duty(who), who.work.astype(np.int64))]


def _duty(who: Resident) -> Ints:
    """What the hours of work are for."""
    return np.where(who.employed, int(Kind.WORK), int(Kind.LEISURE))


def _evening(who: Resident, turns: Ints, lots: Ints) -> list[_Slots]:
    """Chores, something to eat, and two halves of an evening, which the pious and the sociable spend otherwise."""
    done, leisure, sleep = turns[:, 3], turns[:, 4], turns[:, 5]
    supper = done + (leisure - done) // 2
    first = np.maximum(leisure, supper + _SUPPER_MINUTES)
    second = first + np.maximum(sleep - first, 2) * (350 + lots[:, 6] * 3 // 10) // LOT
    prays = lots[:, 7] < who.traits[:, PIETY].astype(np.int64) * _CHAPEL_CHANCE
    visits = lots[:, 8:10] < who.traits[:, EXTRAVERSION].astype(np.int64)[:, np.newaxis] * _VISIT_CHANCE
    kinds = np.where(visits, Kind.SOCIAL, Kind.LEISURE)
    places = np.where(visits, ANYWHERE, who.leisure)
    return [
        _slots(done, Kind.ERRAND, who.home),
        _slots(supper, Kind.MEAL, np.where(lots[:, 10] < LOT // 3, ANYWHERE, who.home)),
        _Slots(first, np.where(prays, Kind.WORSHIP, kinds[:, 0]), np.where(prays, ANYWHERE, places[:, 0])),
        _Slots(second, kinds[:, 1], places[:, 1]),
        _slots(np.maximum(sleep, second + 1), Kind.SLEEP, who.home),
    ]


def _slots(start: Ints, kind: Kind, place: NDArray[np.integer]) -> _Slots:
    return _Slots(start, np.full_like(start, kind), place.astype(np.int64))


def _in_order(slots: list[_Slots]) -> Plan:
    """By the minute of the day at which they begin."""
    start = np.stack([one.start % MINUTES_A_DAY for one in slots], axis=1)
    order = np.argsort(start, axis=1, kind="stable")
    kind, place = (np.stack([getattr(one, name) for one in slots], axis=1) for name in ("kind", "place"))
    return Plan(
        np.take_along_axis(start, order, axis=1).astype(np.int16),
        np.take_along_axis(kind, order, axis=1).astype(np.int8),
        np.take_along_axis(place, order, axis=1).astype(np.int32),
    )


SLOTS: Final = 14  # of a plan: two of the morning, seven of work, five of the evening
