"""How far it is from every tile to the nearest of some, and which next step makes it less: for many goals at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Heading numbers: 0 down, 1 left, 2 right, 3 up.
STEPS: Final = np.array(((0, 1), (-1, 0), (1, 0), (0, -1)), dtype=np.int64)  # (4, 2): dx, dy in tiles
STAY: Final = -1
FAR: Final = 1 << 28  # there is no way

Tile = tuple[int, int]
Ints = NDArray[np.int64]


def cost_fields(
    walkable: NDArray[np.bool_], cost: NDArray[np.int32], targets: tuple[tuple[Tile, ...], ...]
) -> NDArray[np.int32]:
    """Cost to the nearest target tile, (targets, height + 2, width + 2) with a border, by relaxation until nothing changes."""
    height, width = walkable.shape
    field = np.full((len(targets), height + 2, width + 2), FAR, dtype=np.int32)
    for index, tiles in enumerate(targets):
        for x, y in tiles:
            field[index, y + 1, x + 1] = 0
    inner = field[:, 1:-1, 1:-1]
    while True:
        nearest = np.minimum(
            np.minimum(field[:, 2:, 1:-1], field[:, :-2, 1:-1]),
            np.minimum(field[:, 1:-1, 2:], field[:, 1:-1, :-2]),
        )
        better = np.where(walkable, np.minimum(inner, nearest + cost), FAR)
        if np.array_equal(better, inner):
            return field
        inner[...] = better


def directions(field: NDArray[np.int32]) -> NDArray[np.int8]:
    """From costs to the heading that lowers them; STAY at a target and where nothing leads."""
    around = np.stack((field[:, 2:, 1:-1], field[:, 1:-1, :-2], field[:, 1:-1, 2:], field[:, :-2, 1:-1]))
    best = around.argmin(axis=0).astype(np.int8)
    inner = field[:, 1:-1, 1:-1]
    return np.where((around.min(axis=0) < inner) & (inner > 0), best, STAY).astype(np.int8)
