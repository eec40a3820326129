"""What to do next: of all that can be done now, what is needed most, was planned, is near, is liked and went well before.

A score is a sum of whole numbers, a column an action, a row a person, so that one person and a thousand are the same
sum. The weights are thousandths of what a need that is wholly unmet is worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.planner import Kind, slot_now
from agents.traits import CONSCIENTIOUSNESS, MIDDLE
from sim import errands
from sim.activity import Activity
from sim.calendar import SEASONS
from sim.columns import FULL, NEVER, Rows
from sim.doings import NOBODY, Phase
from sim.errands import NOWHERE
from sim.systems.going import send
from sim.world import World

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PLANNED: Final = 240  # for what the plan is about
_PLANNED_BY_CONSCIENCE: Final = 2  # more, for each hundredth of conscientiousness
_ASLEEP: Final = 750  # more, for sleep in its time
_PLANNED_PLACE: Final = 90
_ILL: Final = FULL // 2  # of health: below it one stays at home and looks after oneself
_URGENT: Final = np.array((1, 2, 4), dtype=np.int64)  # times as much, by band: met, low, critical
_TILE: Final = 2  # for each step of the way, in thirds
_DISTRICT_TILES: Final = 70
_LIKED: Final = 60  # at the full hundred of a trait, for what is liked wholly
_MERIT: Final = 1  # for each hundredth of how it went before
_WHIM: Final = 70
_NEVER_CHOSEN: Final = -(1 << 40)
_THOUSAND: Final = 1000


@dataclass(frozen=True, slots=True)
class _Case:
    """Who decides, when, and where each action would take them."""

    rows: Rows
    minute: int
    weather: int
    season: int
    places: Ints  # (k, a): NOWHERE where it cannot be done


def choose(world: World, rows: Rows) -> None:
    """Give each of these people something to do, and send them to where it is done."""
    moment = world.moment
    case = _Case(
        rows,
        moment.minute,
        world.weather.now,
        SEASONS.index(moment.season),
        _places(world, rows),
    )
    score = np.where(_feasible(world, case), _score(world, case), _NEVER_CHOSEN)
    best = score.argmax(axis=1)
    doings, people = world.doings, world.people
    doings.action[rows] = best
    doings.phase[rows] = Phase.TRAVEL
    doings.due[rows] = NEVER
    doings.partner[rows] = NOBODY
    people.errand[rows] = world.lore.shows[best]
    send(world, rows, case.places[np.arange(rows.size), best])


def condition(world: World, weather: int, minute: int) -> int:
    """Under which of the conditions that people learn by an action is done now: fair, foul, night."""
    if not world.rules.daylight[0] <= minute < world.rules.daylight[1]:
        return 2
    return int(world.lore.foul[weather])


# -- can it be done?


def _places(world: World, rows: Rows) -> Ints:
    """Where each would do each action, (k, a)."""
    folk, table, count = world.folk, world.errands, len(world.town.places)
    here = world.people.goal_place[rows]
    district = here // count * count
    nearest = table.nearest[:, here % count].T
    places = np.where(nearest == NOWHERE, NOWHERE, nearest + district[:, np.newaxis])
    own: dict[int, NDArray[np.integer]] = {
        errands.HOME: folk.home[rows],
        errands.WORK: folk.work[rows],
        errands.HAUNT: folk.haunt[rows],
    }
    own[errands.PARTNER] = _partner_place(world, rows)
    pulling = world.happenings.place_that_pulls()
    own[errands.HAPPENING] = np.where(pulling == NOWHERE, NOWHERE, district + pulling)
    for code, place in own.items():
        places[:, table.code == code] = place[:, np.newaxis]
    return places


def _partner_place(world: World, rows: Rows) -> Ints:
    """Where the one is whom each means to see today."""
    partner = world.doings.plan_partner[rows]
    people = world.people
    awake = people.present[partner] & (people.activity[partner] != Activity.SLEEPING)
    return np.where((partner != NOBODY) & awake, people.goal_place[partner], NOWHERE)


def _feasible(world: World, case: _Case) -> Flags:
    table, rows = world.lore.actions, case.rows
    now = table.hours[:, case.minute // 60] & table.seasons[:, case.season] & table.weathers[:, case.weather]
    trade = world.errands.trade[world.folk.work[rows] % len(world.town.places)]
    rested = world.tick - world.doings.last_done[rows] >= world.lore.rest_ticks
    paid = world.livelihood.money[rows, np.newaxis] >= table.price + table.gift
    trade &= world.folk.employed[rows, np.newaxis] | ~world.errands.is_trade
    able = world.livelihood.skill[rows][:, table.skill] >= table.skilled
    feasible: Flags = (
        now
        & able
        & trade
        & rested
        & paid
        & (case.places != NOWHERE)
        & _stocked(world, case)
        & _in_company(world, case)
    )
    return feasible


def _stocked(world: World, case: _Case) -> Flags:
    """Whether what it takes is there: on the shelf of the place, or in one's own hands."""
    table, at_shelf = world.lore.actions, world.errands.at_shelf
    enough = np.ones(case.places.shape, dtype=np.bool_)
    for good in range(table.uses.shape[1]):
        shelf = world.tills.stock[case.places, good]
        own = world.livelihood.goods[case.rows, good][:, np.newaxis]
        enough &= np.where(at_shelf, shelf, own) >= table.uses[:, good]
        enough &= shelf >= table.buys[:, good]
    return enough


def _in_company(world: World, case: _Case) -> Flags:
    """Whether somebody else is there, where it wants somebody."""
    needs = world.lore.actions.needs_company
    there = world.crowd_at()[case.places] - (world.people.goal_place[case.rows][:, np.newaxis] == case.places)
    accompanied: Flags = ~needs | (there > 0)
    return accompanied


# -- how much is it wanted?


def _score(world: World, case: _Case) -> Ints:
    lore, rows = world.lore, case.rows
    traits = world.folk.traits[rows].astype(np.int64) - MIDDLE
    now = condition(world, case.weather, case.minute)
    whim = world.chance.below_each(_WHIM, case.places.size).reshape(case.places.shape)
    liking = traits @ lore.actions.liking.T * _LIKED // (MIDDLE * 100)
    merit = world.doings.merit[rows, :, now].astype(np.int64) * _MERIT
    pull = np.where(world.errands.code == errands.HAPPENING, world.happenings.pull(), 0)
    return (
        _relief(world, rows) + _planned(world, case) + liking + merit + whim + pull - _distance(world, case)
    )


def _relief(world: World, rows: Rows) -> Ints:
    """What each action does for what is wanting, (k, a): the emptier a need, the more, and more than evenly."""
    wellbeing = world.wellbeing
    lack = (FULL - wellbeing.needs[rows].astype(np.int64)) // (FULL // _THOUSAND)
    urgency = lack * lack // _THOUSAND * _URGENT[wellbeing.band[rows]]
    ill = (wellbeing.physical[rows] < _ILL)[:, np.newaxis]
    urgency *= 1 + (ill & (world.lore.needs.of_body > 0))
    return urgency @ world.lore.actions.needs.T // _THOUSAND


def _planned(world: World, case: _Case) -> Ints:
    """What the plan of the day is worth, (k, a)."""
    doings, rows, kinds = world.doings, case.rows, world.lore.actions.kind
    slot = slot_now(doings.plan_start[rows], case.minute)
    kind, place = doings.plan_kind[rows, slot], doings.plan_place[rows, slot]
    conscience = world.folk.traits[rows, CONSCIENTIOUSNESS].astype(np.int64) * _PLANNED_BY_CONSCIENCE
    worth = _PLANNED + conscience + np.where(kind == Kind.SLEEP, _ASLEEP, 0)
    ill = world.wellbeing.physical[rows] < _ILL
    worth = np.where(ill & ((kind == Kind.WORK) | (kind == Kind.ERRAND)), 0, worth)
    same = kinds == kind[:, np.newaxis]
    there = same & (case.places == place[:, np.newaxis])
    return np.where(same, worth[:, np.newaxis], 0) + np.where(there, _PLANNED_PLACE, 0)


def _distance(world: World, case: _Case) -> Ints:
    """What the way costs, (k, a)."""
    count, way = len(world.town.places), world.errands.way
    here = world.people.goal_place[case.rows][:, np.newaxis]
    steps = way[here % count, case.places % count]
    return (
        (steps + world.town.districts_between(here // count, case.places // count) * _DISTRICT_TILES)
        * _TILE
        // 3
    )
