"""The frame goes first: while it works, the background thread lets the interpreter be.

Both share one interpreter lock, and whoever does not hold it waits for up to a switch interval at a time. What has
come from a server can wait for the few milliseconds that a frame works; a frame cannot. Nothing here is needed for
anything to be right: who takes the way and never gives it only makes the background slower.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
from typing import Final

MOST_WAIT_S: Final = 0.015  # a frame: who works longer than that shares the interpreter
MOST_READY: Final = 16  # sockets in one round of the loop: what a round costs, a frame may have to share


class RightOfWay:
    """Taken before a frame, given after it, by the main thread; heeded by the background between two rounds of its loop."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    def take(self) -> None:
        """A frame is about to work."""
        self._free.clear()

    def give(self) -> None:
        """It is over. Wakes a thread, so it is for the slack between two frames."""
        self._free.set()

    def heed(self) -> None:
        """Wait for the frame's end, within bounds."""
        if not self._free.is_set():
            self._free.wait(MOST_WAIT_S)


class _HeedingSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type,unused-ignore] # differs by system
    """Whatever is ready is handed to the loop when no frame works, and not all of it at once."""

    def __init__(self, way: RightOfWay) -> None:
        super().__init__()
        self._way = way
        self._turn = 0  # whose it is to be first: none waits for ever

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As the system's."""
        ready = super().select(timeout)
        self._way.heed()
        if len(ready) <= MOST_READY:
            return ready
        first = self._turn % len(ready)
        self._turn += MOST_READY
        return (ready[first:] + ready[:first])[:MOST_READY]


def heeding_loop(way: RightOfWay) -> asyncio.AbstractEventLoop:
    """An event loop that heeds the right of way; on Windows, whose loops wait otherwise, one as usual."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(_HeedingSelector(way))
