"""People follow their day: when a slot of the plan begins they set off, and between times they shift about."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.routine import Doing, day_plan, slot_at
from sim.activity import Activity
from sim.clock import TICKS_PER_SECOND
from sim.systems.walk import set_off
from sim.world import World

_ACTIVITY: Final = {
    Doing.SLEEP: Activity.SLEEPING,
    Doing.HOME: Activity.RESTING,
    Doing.WORK: Activity.WORKING,
    Doing.ERRAND: Activity.WORKING,
    Doing.MEAL: Activity.EATING,
    Doing.LEISURE: Activity.LEISURE,
}
_FIDGET_TICKS: Final = (12 * TICKS_PER_SECOND, 45 * TICKS_PER_SECOND)  # how long one stays on one spot


def follow_plans(world: World) -> None:
    """Whoever is not in a talk goes where the plan says."""
    moment = world.moment
    if moment.day != world.planned_day:
        make_plans(world)
    people = world.people
    for row in np.flatnonzero(people.talk < 0).tolist():
        slot = slot_at(world.plans[row], moment.minute)
        if slot != people.plan_slot[row]:
            begin_slot(world, row, slot)
        elif world.tick >= people.fidget_at[row] and not people.moving[row]:
            _fidget(world, row)


def make_plans(world: World) -> None:
    """Everybody thinks up the day that has begun."""
    world.planned_day = world.moment.day
    world.plans = [day_plan(persona, world.chance.below) for persona in world.personas]
    world.people.plan_slot[:] = -1


def begin_slot(world: World, row: int, index: int) -> None:
    """Set off to where the plan's slot is spent."""
    slot = world.plans[row][index]
    people = world.people
    people.plan_slot[row] = index
    people.errand[row] = _ACTIVITY[slot.doing]
    go_to(world, row, world.town.place_index[slot.place])


def go_to(world: World, row: int, place: int) -> None:
    """Make a free spot of a place the goal, and set off."""
    people = world.people
    people.goal_place[row] = place
    people.goal_spot[row] = _free_spot(world, row, place)
    people.activity[row] = Activity.WALKING
    people.fidget_at[row] = world.tick + world.chance.between(*_FIDGET_TICKS)
    set_off(people, row)


def _fidget(world: World, row: int) -> None:
    """Change one's spot in the same place; sleepers stay where they are."""
    people = world.people
    if people.activity[row] == Activity.SLEEPING:
        people.fidget_at[row] = world.tick + _FIDGET_TICKS[1]
    else:
        go_to(world, row, int(people.goal_place[row]))


def _free_spot(world: World, row: int, place: int) -> int:
    """A spot that nobody else has made their goal, by chance; any spot where all are taken."""
    people = world.people
    there = (people.goal_place == place) & (np.arange(len(people)) != row)
    taken = set(people.goal_spot[there].tolist())
    count = len(world.navigation.spots[place])
    free = [spot for spot in range(count) if spot not in taken] or list(range(count))
    return free[world.chance.below(len(free))]
