"""An utterance's way across the screen, by the clock it is told: typed out, readable for a while, fading, gone.

Pure: no picture and no board. The typing never goes backwards and never past what has arrived.
"""

from __future__ import annotations

from typing import Final

READ_AT_LEAST_S: Final = 2.5
READ_CHARACTERS_A_S: Final = 15.0
FADE_S: Final = 0.4


class Life:
    """How much is shown, and how strongly."""

    __slots__ = ("_ended", "_last_ns", "_length", "_read_s", "_shown")

    def __init__(self, now_ns: int) -> None:
        self._last_ns = now_ns
        self._shown = 0.0
        self._length = 0
        self._ended = False
        self._read_s = 0.0  # since all of it was shown

    @property
    def shown(self) -> int:
        """Characters typed out so far."""
        return int(self._shown)

    @property
    def opacity(self) -> float:
        """1 while it is to be read, then down to 0."""
        return min(max(1.0 - (self._read_s - self._readable_s) / FADE_S, 0.0), 1.0)

    @property
    def gone(self) -> bool:
        """Nothing is left to see, or there never was anything."""
        return self._ended and (not self._length or self._read_s >= self._readable_s + FADE_S)

    @property
    def _readable_s(self) -> float:
        return max(READ_AT_LEAST_S, self._length / READ_CHARACTERS_A_S)

    def advance(self, now_ns: int, length: int, rate: float, *, ended: bool, held: bool = False) -> None:
        """Live until now: `length` characters have come, `rate` a second are typed; `held` stops the reading time."""
        elapsed_s = max(now_ns - self._last_ns, 0) / 1e9
        self._last_ns = max(now_ns, self._last_ns)
        self._length, self._ended = length, ended
        typed = self._shown + elapsed_s * rate
        self._shown = max(self._shown, min(typed, float(length)))
        if ended and typed >= length and not held:
            # what the last letters left of this frame is reading time already
            self._read_s += min((typed - length) / rate, elapsed_s)
