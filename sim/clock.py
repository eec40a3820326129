"""Wall time becomes ticks here, in whole nanoseconds, and nowhere else.

Terms as in Fiedler's "Fix Your Timestep!": real time is owed to an accumulator, ticks are spent from it,
and what is left over, as a share of one tick, is alpha.
"""

from __future__ import annotations

import math
from typing import Final

TICKS_PER_SECOND: Final = 60
TICK_NS: Final = 1_000_000_000 // TICKS_PER_SECOND  # whole nanoseconds, so the accumulator never rounds
MAX_FRAME_NS: Final = 250_000_000  # a longer stall is forgiven, not simulated
MIN_TICKS_A_FRAME: Final = 5
SPEEDS: Final = (0.25, 8.0)  # slowest and fastest


def seconds_to_ticks(seconds: float) -> int:
    """World seconds as ticks, never less than one."""
    return max(1, round(seconds * TICKS_PER_SECOND))


class FixedStep:
    """The accumulator: how much world time is owed, and how much had to be given up."""

    __slots__ = ("_forgiven_ns", "_owed_ns", "_speed", "paused")

    def __init__(self) -> None:
        self._owed_ns = 0
        self._forgiven_ns = 0
        self._speed = 1.0
        self.paused = False

    @property
    def speed(self) -> float:
        """World seconds per real second."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        slowest, fastest = SPEEDS
        self._speed = min(max(value, slowest), fastest)

    @property
    def max_ticks(self) -> int:
        """The most ticks that one frame may run: five, or twice what the speed asks for."""
        return max(MIN_TICKS_A_FRAME, 2 * math.ceil(self._speed))

    @property
    def alpha(self) -> float:
        """How far the present moment is into the next tick, 0 <= alpha < 1."""
        return min(self._owed_ns, TICK_NS - 1) / TICK_NS

    @property
    def dilated_s(self) -> float:
        """World seconds given up because the machine could not keep up."""
        return self._forgiven_ns / 1e9

    def owe(self, elapsed_ns: int) -> None:
        """Add one frame's real time, times speed; a stall beyond the cap is forgiven and counted."""
        if self.paused:
            return
        counted = min(max(elapsed_ns, 0), MAX_FRAME_NS)
        self._owed_ns += int(counted * self._speed)
        self._forgiven_ns += int(max(elapsed_ns - counted, 0) * self._speed)

    def expend_tick(self) -> bool:
        """Take one tick's time from the accumulator, if it holds that much."""
        if self._owed_ns < TICK_NS:
            return False
        self._owed_ns -= TICK_NS
        return True

    def forgive_whole_ticks(self) -> None:
        """Drop the whole ticks still owed after a full frame: never a spiral of death."""
        dropped = self._owed_ns // TICK_NS * TICK_NS
        self._owed_ns -= dropped
        self._forgiven_ns += dropped
