"""What a made-up person draws: each draw has a number of its own, so that one can be had without those before it.

SplitMix64, twice: a person's own word, and from it the word of each draw. For one person, and for a crowd at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

_WORD: Final = (1 << 64) - 1  # arithmetic in here wraps at 64 bits
_SEED_STEP: Final = 0x1000_0000_01B3
_GOLDEN: Final = 0x9E37_79B9_7F4A_7C15
_MIX: Final = ((30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB))
_LAST_SHIFT: Final = 31
_HALF: Final = np.uint64(32)
_LOW_HALF: Final = np.uint64(0xFFFF_FFFF)
_T = TypeVar("_T")

Words = NDArray[np.uint64]


class Draw(IntEnum):
    """What each draw decides. A new one goes to the end: else everybody would become somebody else."""

    TRADE = 1
    TEMPER = 2
    HABIT = 3
    AGE = 4
    HOME = 5
    TRADE_LINE = 6
    TEMPER_LINE = 7
    GOAL = 8
    WORK = 9
    WAKE = 10
    LUNCH = 11
    DONE = 12
    LEISURE = 13
    SLEEP = 14
    FAVOURITE = 15
    NEIGHBOUR = 16
    BOSS_STRENGTH = 17
    NEIGHBOUR_STRENGTH = 18
    BODY = 19
    HAIR = 20
    HAIR_COLOR = 21
    SKIN = 22
    CLOTH_COLOR = 23
    TRIM_COLOR = 24
    HAT = 25
    BEARD = 26
    FIRST_TRAIT = 32  # and on, in the order of `agents.traits.TRAITS`


class Lots:
    """The draws of one person."""

    def __init__(self, index: int, seed: int) -> None:
        self._own = _mixed(seed * _SEED_STEP + index * _GOLDEN)

    def below(self, draw: int, limit: int) -> int:
        """An integer in [0, limit)."""
        return _mixed(self._own + draw * _GOLDEN) * limit >> 64

    def one_of(self, draw: int, things: Sequence[_T]) -> _T:
        """Any of them."""
        return things[self.below(draw, len(things))]


class LotsOfMany:
    """The draws of many people: the same ones as `Lots` gives each of them."""

    def __init__(self, indices: NDArray[np.integer], seed: int) -> None:
        first = np.uint64(seed * _SEED_STEP & _WORD)
        self._own = _mixed_each(first + indices.astype(np.uint64) * np.uint64(_GOLDEN))

    def below(self, draw: int, limit: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Of each an integer in [0, limit), limits under 2**32; the high word of a product, by halves."""
        word = _mixed_each(self._own + np.uint64(draw * _GOLDEN & _WORD))
        high, low = word >> _HALF, word & _LOW_HALF
        times = np.asarray(limit).astype(np.uint64)
        return ((high * times + (low * times >> _HALF)) >> _HALF).astype(np.int64)


def _mixed(word: int) -> int:
    word &= _WORD
    for shift, factor in _MIX:
        word = ((word ^ (word >> shift)) * factor) & _WORD
    return word ^ (word >> _LAST_SHIFT)


def _mixed_each(word: Words) -> Words:
    for shift, factor in _MIX:
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(factor)
    return word ^ (word >> np.uint64(_LAST_SHIFT))
