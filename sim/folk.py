"""Who everybody is, in columns: temper, home, work and hours. It changes only when somebody edits a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.planner import TURNS
from agents.traits import MIDDLE, TRAITS
from sim.columns import Columns


@dataclass(slots=True)
class Folk(Columns):
    """Places are indices into the town's; times are minutes of the day, in the order of `agents.planner.TURNS`."""

    traits: NDArray[np.int16]  # (n, 9): hundredths, in the order of `agents.traits.TRAITS`
    employed: NDArray[np.bool_]  # (n,)
    home: NDArray[np.int32]  # (n,)
    work: NDArray[np.int32]  # (n,): their haunt where they have none
    haunt: NDArray[np.int32]  # (n,)
    leisure: NDArray[np.int32]  # (n, 2)
    routine: NDArray[np.int16]  # (n, 6)


def empty_folk(count: int) -> Folk:
    """So many rows that nobody has written yet."""
    return Folk(
        traits=np.full((count, len(TRAITS)), MIDDLE, dtype=np.int16),
        employed=np.zeros(count, dtype=np.bool_),
        home=np.zeros(count, dtype=np.int32),
        work=np.zeros(count, dtype=np.int32),
        haunt=np.zeros(count, dtype=np.int32),
        leisure=np.zeros((count, 2), dtype=np.int32),
        routine=np.zeros((count, len(TURNS)), dtype=np.int16),
    )
