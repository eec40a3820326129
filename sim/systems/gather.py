"""Coming together: where people stand when they talk, how they walk up, and who looks where.

They stand in a loose ring round the one who was walked up to, nobody on another's tile, and nothing solid in between.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation
from sim.activity import Activity
from sim.columns import Rows
from sim.navigation import Tile
from sim.systems.walk import face, set_off
from sim.world import World

_REACH_TILES: Final = 9  # the longest way that one walks up to somebody for a talk
_STAND_REACH: Final = 3
# Where to stand beside the host, best first: at the sides, then across, then on the corners of the ring.
_STANDS: Final = (
    (-2, 0), (2, 0), (-1, 0), (1, 0), (0, 1), (0, -1),
    (-1, 1), (1, 1), (-1, -1), (1, -1), (0, 2), (-2, 1), (2, 1), (0, -2), (-2, -1), (2, -1),
)  # fmt: skip


def way_to(world: World, row: int, host: int) -> tuple[Tile, ...] | None:
    """The walk of somebody to the best stand round the host that nobody has taken, if there is a short one."""
    people, town = world.people, world.town
    x, y = people.next_tile[host].tolist()
    start: Tile = tuple(people.next_tile[row].tolist())
    taken = _taken(world, row, host)
    for dx, dy in _STANDS:
        stand = (x + dx, y + dy)
        if stand in taken or not town.is_free(*stand) or not _free_between(world, (x, y), (dx, dy)):
            continue
        way = world.navigation.path(start, lambda tile, stand=stand: tile == stand, _REACH_TILES)  # type: ignore[misc]  # the default binds the loop's value
        if way is not None:
            return way
    return None


def walk_up(world: World, talk: Conversation, row: int, way: tuple[Tile, ...]) -> None:
    """Somebody goes there, and is busy from now on."""
    hold(world, talk, np.array([row]))
    if len(way) > 1:
        world.walks[row] = list(way[1:])
        set_off(world, np.array([row]))


def hold(world: World, talk: Conversation, rows: Rows) -> None:
    """These are about to talk: they stop where their next step ends."""
    people = world.people
    people.talk[rows] = talk.id
    people.activity[rows] = Activity.MEETING
    people.held[rows] = True


def take_place(world: World, rows: Rows) -> None:
    """These are there, and talk."""
    world.people.activity[rows] = Activity.TALKING


def look_at(world: World, talk: Conversation) -> None:
    """Everybody looks at the speaker, and the speaker at whom they speak to."""
    people = world.people
    for row in talk.participants:
        if not people.moving[row]:
            face(people, row, talk.speaker if row != talk.speaker else talk.listener)


def _free_between(world: World, host: Tile, step: Tile) -> bool:
    """Whether nothing solid is half-way; beside a corner one of the two sides is enough."""
    (x, y), (dx, dy) = host, step
    towards = (dx > 0) - (dx < 0), (dy > 0) - (dy < 0)
    if max(abs(dx), abs(dy)) == 1 and 0 in step:
        return True
    sides = {(x + towards[0], y), (x, y + towards[1])} - {host}
    return any(world.town.is_free(*side) for side in sorted(sides))


def _taken(world: World, row: int, host: int) -> set[Tile]:
    """Tiles round the host that somebody else stands on or walks up to; only asked whether one is among them."""
    people = world.people
    near = np.abs(people.next_tile - people.next_tile[host]).max(axis=1) <= _STAND_REACH
    near[row] = False
    taken: set[Tile] = {(x, y) for x, y in people.next_tile[near & people.present].tolist()}
    return taken | {walk[-1] for other, walk in world.walks.items() if other != row}
