"""Columns: one NumPy array a property, one row an NPC. What everybody has stands in columns, so that a crowd is one sum.

All of them are whole numbers, positions excepted: what is added up in one order here and in another there must be the same.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

FULL: Final = 1_000_000  # of a need that is met, of a body that is well
NEVER: Final = 1 << 62  # a tick that does not come
CROWD_FROM: Final = (
    200  # rows from here on are a crowd: the same lives, but nobody is told of each of their events
)

Rows = NDArray[np.intp]


class Columns:
    """A dataclass of arrays that all have one row an NPC."""

    __slots__ = ()

    def __len__(self) -> int:
        first: str = next(iter(self.__dataclass_fields__))  # type: ignore[attr-defined]  # its heirs are dataclasses
        return len(getattr(self, first))

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """All columns by name, in order; what the state hash covers."""
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]  # its heirs are dataclasses

    def append(self, more: Self) -> None:
        """More rows, behind those that are there."""
        for name, column in more.columns().items():
            setattr(self, name, np.concatenate((getattr(self, name), column)))
