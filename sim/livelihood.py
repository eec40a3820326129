"""What everybody has: money, goods and what they can do; and what lies in the tills and on the shelves of places.

Money is never made nor lost: it goes from hand to hand, to tills, and to the town's treasury. Goods are made and used
up by the recipes of the actions' file alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.actions import GOODS, SKILLS
from sim.columns import Columns


@dataclass(slots=True)
class Livelihood(Columns):
    """Of people."""

    money: NDArray[np.int64]  # (n,): pennies
    goods: NDArray[np.int32]  # (n, goods): pieces, in the order of `agents.actions.GOODS`
    skill: NDArray[np.int16]  # (n, skills): 0 to 1000, in the order of `agents.actions.SKILLS`


@dataclass(slots=True)
class Tills(Columns):
    """Of places, by their index."""

    money: NDArray[np.int64]  # (places,): pennies
    stock: NDArray[np.int32]  # (places, goods): pieces


def no_means(count: int) -> Livelihood:
    """So many people who have nothing yet."""
    return Livelihood(
        money=np.zeros(count, dtype=np.int64),
        goods=np.zeros((count, len(GOODS)), dtype=np.int32),
        skill=np.zeros((count, len(SKILLS)), dtype=np.int16),
    )


def empty_tills(places: int) -> Tills:
    """So many places with bare shelves."""
    return Tills(money=np.zeros(places, dtype=np.int64), stock=np.zeros((places, len(GOODS)), dtype=np.int32))
