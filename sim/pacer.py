"""Waiting for the next frame: sleep to about a millisecond before it, spin the rest.

`Clock.tick_busy_loop` would hold the interpreter's lock and starve the background thread; a spin of about a
millisecond in Python gives it up at every switch interval.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

FRAME_NS: Final = 1_000_000_000 // 60
SPIN_NS: Final = 1_000_000  # sleep is not trusted with the last of it
AHEAD_NS: Final = 3_000_000  # so early is told whoever should let the frame go first


class Pacer(Protocol):
    """Decides when the next frame begins."""

    def wait(self) -> int | None:
        """Return when the next frame is due; how late that is in nanoseconds, None if frames are not paced."""


class Unpaced:
    """The next frame begins at once: as fast as the machine allows."""

    def wait(self) -> int | None:
        """Nothing to wait for."""
        return None


class FramePacer:
    """Sixty frames a second by the wall. A missed deadline moves the ones after it: no burst follows a stall."""

    def __init__(
        self,
        now_ns: Callable[[], int] = time.perf_counter_ns,
        sleep: Callable[[float], None] = time.sleep,  # noqa: TID251 - the one place that waits
        before_frame: Callable[[], None] = lambda: None,  # called `AHEAD_NS` before it is due
    ) -> None:
        self._before_frame = before_frame
        self._now_ns = now_ns
        self._sleep = sleep
        self._due_ns = now_ns() + FRAME_NS

    def wait(self) -> int:
        """Sleep, then spin, until the frame is due; returns how late it is."""
        self._sleep_until(self._due_ns - AHEAD_NS)
        self._before_frame()
        self._sleep_until(self._due_ns - SPIN_NS)
        while (now := self._now_ns()) < self._due_ns:
            pass
        late_ns = now - self._due_ns
        self._due_ns = max(self._due_ns + FRAME_NS, now + FRAME_NS // 2)
        return late_ns

    def _sleep_until(self, then_ns: int) -> None:
        rest_ns = then_ns - self._now_ns()
        if rest_ns > 0:
            self._sleep(rest_ns / 1e9)
