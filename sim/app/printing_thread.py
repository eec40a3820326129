"""Printing may wait for whoever reads: a pager, a slow terminal, a pipe that nobody empties. So a thread does it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

_MOST_WAITING: Final = 10_000  # lines; a reader who is that far behind misses some
_LEAVE_S: Final = 1.0  # how long the end of the program waits for the last lines


class PrintingThread:
    """Does what it is given, in order; never makes the giver wait."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="printing", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        """Print something soon; or never, if too much waits already."""
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return

    def close(self) -> None:
        """Print what waits, as far as it goes within a second."""
        try:
            self._jobs.put(None, timeout=_LEAVE_S)
        except queue.Full:
            return
        self._thread.join(_LEAVE_S)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except (OSError, ValueError):
                return  # who read our output has gone
