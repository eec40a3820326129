"""The world's chance: raw integers from one PCG64, mapped to ranges by ourselves.

NumPy promises that a bit generator's raw stream stays the same between versions; it makes no such promise
for its distributions. So only raw words are taken from it, and what is made of them is written down here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_WORD_BITS: Final = 64


class Chance:
    """A seeded stream of integers, whose state can be saved and hashed."""

    __slots__ = ("_bits",)

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)  # noqa: TID251 - the one place where chance is made

    def below(self, limit: int) -> int:
        """An integer in [0, limit), by multiply and shift (Lemire); the bias is under limit / 2**64."""
        return int(self._bits.random_raw()) * limit >> _WORD_BITS

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high], both included."""
        return low + self.below(high - low + 1)

    def below_each(self, limit: int, count: int) -> NDArray[np.int64]:
        """`count` integers in [0, limit), shape (count,); limit under 2**32."""
        words = self._bits.random_raw(count) >> np.uint64(32)
        return (words * np.uint64(limit) >> np.uint64(32)).astype(np.int64)

    def state(self) -> dict[str, Any]:
        """The generator's whole state, as plain values."""
        return dict(self._bits.state)

    def restore(self, state: Any) -> None:
        """Go on where a stream of that state would. Raises ValueError, TypeError or KeyError for what is none."""
        self._bits.state = state
