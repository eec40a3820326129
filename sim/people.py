"""Everybody in columns: one NumPy array a property, one row an NPC."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity

NEVER = 1 << 62  # a tick that does not come


@dataclass(slots=True)
class People:
    """The columns. Positions are map pixels at the feet's centre; ticks are absolute."""

    position: NDArray[np.float64]  # (n, 2)
    lane: NDArray[np.float64]  # (n, 2): how far from a tile's centre one walks and stands, so that people do not overlap
    tile: NDArray[np.int64]  # (n, 2): x, y of the tile last reached
    next_tile: NDArray[np.int64]  # (n, 2): the tile being walked to
    heading: NDArray[np.int8]  # (n,)
    moving: NDArray[np.bool_]  # (n,)
    held: NDArray[np.bool_]  # (n,): stops at the next tile and waits there
    speed: NDArray[np.float64]  # (n,): pixels a tick
    goal_place: NDArray[np.int64]  # (n,): index into Town.places
    goal_spot: NDArray[np.int64]  # (n,): index into Navigation.spots[goal_place]
    errand: NDArray[np.int8]  # (n,): the Activity that waits at the goal
    activity: NDArray[np.int8]  # (n,)
    plan_slot: NDArray[np.int64]  # (n,): which slot of the day plan holds now
    fidget_at: NDArray[np.int64]  # (n,): when to change one's spot next
    talk: NDArray[np.int64]  # (n,): conversation id, -1 when in none
    talk_again_at: NDArray[np.int64]  # (n,): not before this tick

    def __len__(self) -> int:
        return len(self.moving)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """All columns by name, in order; what the state hash covers."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def empty_people(count: int) -> People:
    """`count` rows, standing at the map's corner with nothing to do."""

    def pair(dtype: type[np.generic]) -> NDArray[np.generic]:
        return np.zeros((count, 2), dtype=dtype)

    def column(dtype: type[np.generic], value: int = 0) -> NDArray[np.generic]:
        return np.full(count, value, dtype=dtype)

    return People(
        position=pair(np.float64),
        lane=pair(np.float64),
        tile=pair(np.int64),
        next_tile=pair(np.int64),
        heading=column(np.int8),
        moving=column(np.bool_),
        held=column(np.bool_),
        speed=column(np.float64),
        goal_place=column(np.int64),
        goal_spot=column(np.int64),
        errand=column(np.int8, Activity.RESTING),
        activity=column(np.int8, Activity.RESTING),
        plan_slot=column(np.int64, -1),
        fidget_at=column(np.int64),
        talk=column(np.int64, -1),
        talk_again_at=column(np.int64),
    )
