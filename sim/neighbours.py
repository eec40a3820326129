"""Who is near whom: a uniform grid made by sorting, so the work grows with the crowd and not with its square."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FEW: Final = 96  # people of whom all pairs are looked at sooner than they are sorted
_STRIDE: Final = 1 << 20  # more cells than any row of the grid has


def pairs_within(position: NDArray[np.float64], radius: float) -> NDArray[np.int64]:
    """All pairs closer than `radius`, from (n, 2) positions to (k, 2) row numbers, lower row first, sorted."""
    if len(position) <= _FEW:
        return _of_few(position, radius)
    cell = np.floor(position / radius).astype(np.int64) + 1
    key = cell[:, 1] * _STRIDE + cell[:, 0]
    order = np.argsort(key, kind="stable")
    keys = key[order]
    # Half of the eight neighbours are enough: the other half finds the same pairs from the other side.
    found = [_pairs_at(keys, offset) for offset in (0, 1, _STRIDE - 1, _STRIDE, _STRIDE + 1)]
    first, second = order[np.concatenate(found, axis=1)]
    apart = position[first] - position[second]
    near = apart[:, 0] * apart[:, 0] + apart[:, 1] * apart[:, 1] < radius * radius
    pairs = np.stack((np.minimum(first, second), np.maximum(first, second)), axis=1)[near]
    ordered: NDArray[np.int64] = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return ordered


def _of_few(position: NDArray[np.float64], radius: float) -> NDArray[np.int64]:
    pairs = _all_pairs(len(position))
    apart = position[pairs[:, 0]] - position[pairs[:, 1]]
    near: NDArray[np.int64] = pairs[apart[:, 0] * apart[:, 0] + apart[:, 1] * apart[:, 1] < radius * radius]
    return near


@cache
def _all_pairs(count: int) -> NDArray[np.int64]:
    return np.stack(np.triu_indices(count, 1), axis=1)


def _pairs_at(keys: NDArray[np.int64], offset: int) -> NDArray[np.int64]:
    """Pairs of places in the sorted order whose cells are `offset` apart, shape (2, k)."""
    begin = np.searchsorted(keys, keys + offset, side="left")
    end = np.searchsorted(keys, keys + offset, side="right")
    if offset == 0:
        begin = np.arange(1, keys.size + 1)  # only those after oneself
    counts = np.maximum(end - begin, 0)
    first = np.repeat(np.arange(keys.size), counts)
    within = np.arange(first.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack((first, np.repeat(begin, counts) + within))
