"""What people like to talk about, in columns: learned from how talks went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.columns import Columns

MOST: Final = 100


@dataclass(slots=True)
class Tastes(Columns):
    """One row a person, one column a topic."""

    liking: NDArray[np.int8]  # (n, topics): -100 to 100


def no_tastes(count: int, topics: int) -> Tastes:
    """So many people to whom all topics are the same."""
    return Tastes(np.zeros((count, topics), dtype=np.int8))
