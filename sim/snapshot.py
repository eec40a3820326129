"""A frozen picture of the world after a tick: all of the world that a view may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.calendar import Moment


class Talk(NamedTuple):
    """One conversation, as far as it can be seen. A tuple, for a full town has dozens and a snapshot is made every tick."""

    id: int
    participants: tuple[int, ...]  # rows
    floor: int  # the row of who speaks or is about to, -1 for nobody
    lines: int
    private: bool = False  # whispered


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Read-only copies of the columns, one row per NPC; positions in map pixels, at the feet's centre."""

    tick: int
    moment: Moment
    position: NDArray[np.float64]  # (n, 2): x, y in pixels
    heading: NDArray[np.int8]  # (n,): sim.world.Heading: 0 down, 1 left, 2 right, 3 up
    moving: NDArray[np.bool_]  # (n,)
    activity: NDArray[np.int8]  # (n,): sim.activity.Activity
    place: NDArray[np.int32]  # (n,): index into Town.places of where they are bound or stay
    talk: NDArray[np.int32]  # (n,): conversation id, -1 when in none
    present: NDArray[np.bool_]  # (n,): False for who has left
    emotion: NDArray[np.int8]  # (n,): index into the emotions' file
    weather: int  # index into agents.template_files.WEATHERS
    thinking: NDArray[np.bool_]  # (n,): waits for a line
    talks: tuple[Talk, ...]
