"""Everybody's feet: from tile to tile, along the axes, at an even pace, never through a wall."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.navigation import STAY, STEPS, Tile
from sim.people import People
from sim.world import World

Rows = NDArray[np.intp]
_DOWN, _LEFT, _RIGHT, _UP = range(4)
_BUSY: Final = (Activity.MEETING, Activity.TALKING)


def walk(world: World) -> None:
    """Move all who are on their way by one tick; whoever reaches a tile looks up the next."""
    people = world.people
    rows = np.flatnonzero(people.moving)
    if rows.size == 0:
        return
    left_over = _advance(people, world.town.tile_px, rows)
    arrived = left_over >= 0
    if arrived.any():
        _turn(world, rows[arrived], left_over[arrived])


def anchor(people: People, rows: Rows | int, tiles: NDArray[np.int64], tile_px: int) -> NDArray[np.float64]:
    """Where these people's feet stand on these tiles: the middle, and a little to their own side."""
    centre: NDArray[np.float64] = tiles * tile_px + tile_px / 2 + people.lane[rows]
    return centre


def set_off(people: People, rows: Rows | int) -> None:
    """Begin to walk: the next look-up happens on the tile where one stands."""
    people.moving[rows] = True


def face(people: People, row: int, other: int) -> None:
    """Turn towards somebody."""
    dx, dy = (people.position[other] - people.position[row]).tolist()
    if abs(dx) >= abs(dy):
        people.heading[row] = _RIGHT if dx > 0 else _LEFT
    else:
        people.heading[row] = _DOWN if dy > 0 else _UP


def _advance(people: People, tile_px: int, rows: Rows) -> NDArray[np.float64]:
    """One tick's way towards the next tile; returns the way left over by those who reached it, -1 for the rest."""
    target = anchor(people, rows, people.next_tile[rows], tile_px)
    way = target - people.position[rows]
    distance = np.abs(way).max(axis=1)  # one axis is always zero
    speed = people.speed[rows]
    reached = distance <= speed
    step = np.where(reached, distance, speed)
    people.position[rows] += np.sign(way) * step[:, np.newaxis]
    people.position[rows[reached]] = target[reached]
    return np.where(reached, speed - distance, -1.0)


def _turn(world: World, rows: Rows, left_over: NDArray[np.float64]) -> None:
    """Those who reached a tile take the next one, or stop there."""
    people = world.people
    people.tile[rows] = people.next_tile[rows]
    heading = world.navigation.headings(people.tile[rows], people.goal_place[rows], people.goal_spot[rows])
    heading[people.held[rows]] = STAY
    for row in [row for row in rows.tolist() if row in world.walks]:
        heading[np.searchsorted(rows, row)] = _heading_along(people, row, world.walks[row])
    going = heading != STAY
    _stop(world, rows[~going])
    movers, way = rows[going], STEPS[heading[going]]
    people.heading[movers] = heading[going]
    people.next_tile[movers] = people.tile[movers] + way
    people.position[movers] += way * left_over[going][:, np.newaxis]


def _heading_along(people: People, row: int, steps: list[Tile]) -> int:
    """The heading to the next tile of a walk up to somebody; STAY when it is walked."""
    if not steps:
        return STAY
    x, y = steps.pop(0)
    here_x, here_y = people.tile[row].tolist()
    heading: int = STEPS.tolist().index([x - here_x, y - here_y])
    return heading


def _stop(world: World, rows: Rows) -> None:
    """Stand still; whoever has reached their goal begins what they came for."""
    people = world.people
    people.moving[rows] = False
    free = rows[~np.isin(people.activity[rows], _BUSY)]
    people.activity[free] = people.errand[free]
