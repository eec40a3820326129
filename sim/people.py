"""Everybody in columns: one NumPy array a property, one row an NPC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.columns import NEVER, Columns


@dataclass(slots=True)
class People(Columns):
    """The columns. Positions are map pixels at the feet's centre; ticks are absolute."""

    present: NDArray[np.bool_]  # (n,): False for who has left the town for good
    position: NDArray[np.float64]  # (n, 2)
    velocity: NDArray[np.float64]  # (n, 2): pixels a tick, until the next tile is reached
    reach_at: NDArray[np.int64]  # (n,): the tick at which it is, NEVER for who stands
    lane: NDArray[
        np.float64
    ]  # (n, 2): how far from a tile's centre one walks and stands, so that people do not overlap
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
    fidget_at: NDArray[np.int64]  # (n,): when to change one's spot next
    talk: NDArray[np.int64]  # (n,): conversation id, -1 when in none
    talk_again_at: NDArray[np.int64]  # (n,): not before this tick


def empty_people(count: int) -> People:
    """`count` rows, standing at the map's corner with nothing to do."""
    return People(
        present=np.ones(count, dtype=np.bool_),
        position=np.zeros((count, 2)),
        velocity=np.zeros((count, 2)),
        reach_at=np.full(count, NEVER, dtype=np.int64),
        lane=np.zeros((count, 2)),
        tile=np.zeros((count, 2), dtype=np.int64),
        next_tile=np.zeros((count, 2), dtype=np.int64),
        heading=np.zeros(count, dtype=np.int8),
        moving=np.zeros(count, dtype=np.bool_),
        held=np.zeros(count, dtype=np.bool_),
        speed=np.zeros(count),
        goal_place=np.zeros(count, dtype=np.int64),
        goal_spot=np.zeros(count, dtype=np.int64),
        errand=np.full(count, Activity.RESTING, dtype=np.int8),
        activity=np.full(count, Activity.RESTING, dtype=np.int8),
        fidget_at=np.zeros(count, dtype=np.int64),
        talk=np.full(count, -1, dtype=np.int64),
        talk_again_at=np.zeros(count, dtype=np.int64),
    )
