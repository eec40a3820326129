"""Who could see or hear something: what people know of the world is what reached them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.columns import Rows
from sim.navigation import Tile
from sim.world import World

EVERYWHERE: Final = 0  # a radius: a bell that the whole town hears


def who_senses(world: World, tile: Tile, radius: int) -> Rows:
    """The rows of those who are in town, awake and near enough to this tile of their own district.

    Walls halve how far one hears, and one sees nothing.
    """
    people, size = world.people, (world.town.width, world.town.height)
    able = people.present & (people.activity != Activity.SLEEPING)
    if radius != EVERYWHERE:
        apart = np.abs(people.tile % size - np.array(tile)).max(axis=1)
        able &= apart <= np.where(_indoors(world), radius // 2, radius)
    return np.flatnonzero(able)


def _indoors(world: World) -> NDArray[np.bool_]:
    """Who stands under a roof: arrived at a place that has one."""
    roofs = np.array([place.indoor for place in world.town.places])
    indoors: NDArray[np.bool_] = roofs[world.people.goal_place % len(roofs)] & ~world.people.moving
    return indoors
