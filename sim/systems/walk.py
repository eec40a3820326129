"""Everybody's feet: from tile to tile, along the axes, at an even pace, never through a wall.

Between two tiles nothing is decided, so each tick only adds a velocity, the same for the whole way; what has to be
looked up is looked up at the tick that was foreseen for it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.columns import NEVER, Rows
from sim.doings import Phase
from sim.navigation import STAY, STEPS
from sim.people import People
from sim.world import World

FEW: Final = 6  # people who turn sooner one by one than as columns
_WAYS: Final = tuple((int(x), int(y)) for x, y in STEPS)
_DOWN, _LEFT, _RIGHT, _UP = range(4)


def walk(world: World) -> None:
    """Move all who are on their way by one tick; whoever reaches a tile looks up the next."""
    people = world.people
    if world.next_reach == NEVER:
        return
    people.position += people.velocity
    if world.tick < world.next_reach:
        return
    rows = np.flatnonzero(people.reach_at <= world.tick)
    if rows.size <= FEW:
        for row in rows.tolist():
            _turn_one(world, row)
    else:
        _turn(world, rows)
    world.next_reach = int(people.reach_at.min())


def anchor(people: People, rows: Rows | int, tiles: NDArray[np.int64], tile_px: int) -> NDArray[np.float64]:
    """Where these people's feet stand on these tiles: the middle, and a little to their own side."""
    centre: NDArray[np.float64] = tiles * tile_px + tile_px / 2 + people.lane[rows]
    return centre


def set_off(world: World, rows: Rows) -> None:
    """Begin to walk: who stands looks up the way on their tile now, who walks on the next."""
    people = world.people
    standing = rows[~people.moving[rows]]
    people.moving[standing] = True
    people.reach_at[standing] = world.tick
    if standing.size:
        world.next_reach = min(world.next_reach, world.tick)


def face(people: People, row: int, other: int) -> None:
    """Turn towards somebody."""
    dx, dy = (people.position[other] - people.position[row]).tolist()
    if abs(dx) >= abs(dy):
        people.heading[row] = _RIGHT if dx > 0 else _LEFT
    else:
        people.heading[row] = _DOWN if dy > 0 else _UP


def _turn(world: World, rows: Rows) -> None:
    """Those who reached a tile take the next one, or stop there."""
    people, tile_px = world.people, world.town.tile_px
    people.tile[rows] = people.next_tile[rows]
    at = anchor(people, rows, people.tile[rows], tile_px)
    left_over = np.abs(people.position[rows] - at).max(axis=1)  # gone too far within this tick
    heading = world.navigation.headings(people.tile[rows], people.goal_place[rows], people.goal_spot[rows])
    heading[people.held[rows]] = STAY
    _follow_walks(world, rows, heading)
    people.position[rows] = at
    going = heading != STAY
    _stop(world, rows[~going])
    _go_on(world, rows[going], heading[going], left_over[going])


def _go_on(world: World, rows: Rows, heading: NDArray[np.int64], left_over: NDArray[np.float64]) -> None:
    people, tile_px = world.people, world.town.tile_px
    way, speed = STEPS[heading], people.speed[rows]
    people.heading[rows] = heading
    people.next_tile[rows] = people.tile[rows] + way
    people.position[rows] += way * left_over[:, np.newaxis]
    people.velocity[rows] = way * speed[:, np.newaxis]
    people.reach_at[rows] = world.tick + np.ceil((tile_px - left_over) / speed).astype(np.int64)


def _turn_one(world: World, row: int) -> None:
    """As `_turn`, for one of them: the same sums in the same order."""
    people, tile_px = world.people, world.town.tile_px
    x, y = people.next_tile[row].tolist()
    people.tile[row] = x, y
    lane_x, lane_y = people.lane[row].tolist()
    at_x, at_y = x * tile_px + tile_px / 2 + lane_x, y * tile_px + tile_px / 2 + lane_y
    here_x, here_y = people.position[row].tolist()
    left_over = max(abs(here_x - at_x), abs(here_y - at_y))
    heading = _heading_of(world, row, x, y)
    if heading == STAY:
        people.position[row] = at_x, at_y
        _stop(world, np.array([row]))
        return
    (way_x, way_y), speed = _WAYS[heading], people.speed[row].item()
    people.heading[row] = heading
    people.next_tile[row] = x + way_x, y + way_y
    people.position[row] = at_x + way_x * left_over, at_y + way_y * left_over
    people.velocity[row] = way_x * speed, way_y * speed
    people.reach_at[row] = world.tick + math.ceil((tile_px - left_over) / speed)


def _heading_of(world: World, row: int, x: int, y: int) -> int:
    people = world.people
    if row in world.walks:
        return _heading_along(world, row)
    if people.held[row]:
        return STAY
    return world.navigation.heading(x, y, people.goal_place[row].item(), people.goal_spot[row].item())


def _follow_walks(world: World, rows: Rows, heading: NDArray[np.int64]) -> None:
    """Who walks up to somebody goes by steps of their own."""
    walkers = np.array(list(world.walks), dtype=np.int64)
    if walkers.size == 0:
        return
    index = np.searchsorted(rows, walkers).clip(max=rows.size - 1)
    for at in np.flatnonzero(rows[index] == walkers).tolist():
        heading[index[at]] = _heading_along(world, int(walkers[at]))


def _heading_along(world: World, row: int) -> int:
    """The heading to the next tile of a walk up to somebody; whoever walks up is held there, once it is walked."""
    steps = world.walks[row]
    x, y = steps.pop(0)
    if not steps:
        del world.walks[row]
    here_x, here_y = world.people.tile[row].tolist()
    return _WAYS.index((x - here_x, y - here_y))


def _stop(world: World, rows: Rows) -> None:
    """Stand still; whoever has reached their goal begins what they came for."""
    if rows.size == 0:
        return
    people, doings = world.people, world.doings
    people.moving[rows] = False
    people.velocity[rows] = 0.0
    people.reach_at[rows] = NEVER
    activity = people.activity[rows]
    free = rows[(activity != Activity.MEETING) & (activity != Activity.TALKING)]
    people.activity[free] = people.errand[free]
    came = free[doings.phase[free] == Phase.TRAVEL]
    if came.size:
        doings.due[came] = world.tick + 1
        world.next_due = min(world.next_due, world.tick + 1)
