from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sim.neighbours import pairs_within


@given(
    arrays(np.float64, st.tuples(st.integers(0, 40), st.just(2)), elements=st.floats(-500, 2000, width=32))
)
def test_the_grid_finds_the_pairs_that_looking_at_all_finds(position: NDArray[np.float64]) -> None:
    """Sorted cells and brute force agree on every pair, in the same order."""
    radius = 64.0
    expected = [
        [i, j]
        for i in range(len(position))
        for j in range(i + 1, len(position))
        if ((position[i] - position[j]) ** 2).sum() < radius * radius
    ]
    assert expected == pairs_within(position, radius).tolist()
