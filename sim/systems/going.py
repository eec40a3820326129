"""Setting off to where something is done, arriving there, and shifting about while one is at it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.clock import TICKS_PER_SECOND
from sim.columns import CROWD_FROM, Rows
from sim.doings import Phase
from sim.systems.walk import set_off
from sim.world import World

_FIDGET_TICKS: Final = (12 * TICKS_PER_SECOND, 45 * TICKS_PER_SECOND)  # how long one stays on one spot
_MOST_A_CALL: Final = 64  # people who shift about


def send(world: World, rows: Rows, places: NDArray[np.int64]) -> None:
    """Make a spot of a place the goal of each, and let them set off."""
    people = world.people
    least, most = _FIDGET_TICKS
    people.goal_place[rows] = places
    people.activity[rows] = Activity.WALKING
    people.fidget_at[rows] = world.tick + least + world.chance.below_each(most - least + 1, rows.size)
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        people.goal_spot[row] = _spot(world, row, place)
    set_off(world, rows)


def fidget(world: World) -> None:
    """Those who have stood long on one spot take another one of the same place; sleepers stay where they are."""
    people, doings = world.people, world.doings
    stand = (
        (people.fidget_at <= world.tick)
        & (doings.phase == Phase.PERFORM)
        & ~people.moving
        & (people.talk < 0)
    )
    stand &= people.present & (people.activity != Activity.SLEEPING)
    rows = np.flatnonzero(stand)[:_MOST_A_CALL]
    if rows.size:
        send(world, rows, people.goal_place[rows])


def _spot(world: World, row: int, place: int) -> int:
    """A spot that nobody else has made their goal, by chance; in a crowd, or where all are taken, any."""
    people = world.people
    count = len(world.navigation.spots[place % len(world.town.places)])
    wish = world.chance.below(count)
    if row >= CROWD_FROM:
        return wish
    there = people.goal_place[:CROWD_FROM] == place
    there[row] = False
    taken = set(people.goal_spot[:CROWD_FROM][there].tolist())
    if wish not in taken or len(taken) >= count:
        return wish
    free = [spot for spot in range(count) if spot not in taken]
    return free[wish % len(free)]
