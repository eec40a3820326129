"""What is not tended grows less: once a day for each, at a second of their own. Family holds, and so, nearly, does work."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.clock import TICKS_PER_SECOND
from sim.tie_columns import NO_TIE
from sim.ties import tell_of_changes
from sim.world import World

_THOUSAND: Final = 1000
# Thousandths a day of each: trust, friendship, rivalry, professional, family.
_A_DAY: Final = np.array((8, 12, 15, 3, 0), dtype=np.int64)
_WHY: Final = "time went by"


def fade(world: World) -> None:
    """Those whose second of the day it is; called once a second."""
    seconds = world.rules.calendar.day_length_s
    rows = np.arange(world.tick // TICKS_PER_SECOND % seconds, len(world), seconds)
    if rows.size == 0:
        return
    ties = world.ties
    held = ties.other[rows] != NO_TIE
    before = ties.strength[rows].astype(np.int64)
    others = ties.other[rows].astype(np.intp)
    ties.weaken(rows, -(before * -_A_DAY // _THOUSAND))  # upwards: the last rest goes too
    after = ties.strength[rows].astype(np.int64)
    at, slot = np.nonzero(held)
    turned = before[at, slot], after[at, slot]
    tell_of_changes(world, rows[at], others[at, slot], turned, [_WHY] * at.size)
