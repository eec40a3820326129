"""What everybody is doing, has done and means to do, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.planner import SLOTS
from sim.columns import NEVER, Columns

NO_ACTION: Final = -1
NOBODY: Final = -1
LONG_AGO: Final = -(1 << 30)  # a tick before any rest that an action needs
CONDITIONS: Final = 3  # under which somebody may have learned how an action goes: fair, foul, night


class Phase(IntEnum):
    """Of an action."""

    IDLE = 0  # nothing is decided
    TRAVEL = 1  # on the way to where it is done
    PERFORM = 2


@dataclass(slots=True)
class Doings(Columns):
    """The action of each, and the plan of the day it belongs to; ticks are absolute, minutes are of the day."""

    action: NDArray[np.int16]  # (n,): index into the actions' file, -1 for none
    phase: NDArray[np.int8]  # (n,): Phase
    due: NDArray[np.int64]  # (n,): when the row needs attention: done with it, or free to decide
    began: NDArray[np.int64]  # (n,): when it began to be performed
    partner: NDArray[np.int32]  # (n,): with whom, -1 for nobody
    last_done: NDArray[np.int32]  # (n, actions): tick
    merit: NDArray[np.int8]  # (n, actions, 3): how it went under such conditions, -100 to 100
    plan_start: NDArray[np.int16]  # (n, slots): ascending
    plan_kind: NDArray[np.int8]  # (n, slots): agents.planner.Kind
    plan_place: NDArray[np.int32]  # (n, slots): index into the town's places, -1 for any
    plan_partner: NDArray[np.int32]  # (n,): whom one means to see today, -1 for nobody
    planned_day: NDArray[np.int32]  # (n,): the day that the plan is for


def nothing_done(count: int, actions: int) -> Doings:
    """So many people before their first plan."""
    return Doings(
        action=np.full(count, NO_ACTION, dtype=np.int16),
        phase=np.full(count, Phase.IDLE, dtype=np.int8),
        due=np.full(count, NEVER, dtype=np.int64),
        began=np.zeros(count, dtype=np.int64),
        partner=np.full(count, NOBODY, dtype=np.int32),
        last_done=np.full((count, actions), LONG_AGO, dtype=np.int32),
        merit=np.zeros((count, actions, CONDITIONS), dtype=np.int8),
        plan_start=np.zeros((count, SLOTS), dtype=np.int16),
        plan_kind=np.zeros((count, SLOTS), dtype=np.int8),
        plan_place=np.full((count, SLOTS), -1, dtype=np.int32),
        plan_partner=np.full(count, NOBODY, dtype=np.int32),
        planned_day=np.zeros(count, dtype=np.int32),
    )
