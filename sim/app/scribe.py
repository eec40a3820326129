"""Whatever is written while the town lives, a thread of its own writes, in the order in which it is told to.

The main thread never waits for it: it hands over, and asks now and then what became of it. A thread that dies is begun
anew, unless two have died within five seconds: then it is said, and nothing more is written.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Final

from sim.packing import SaveError

log = logging.getLogger(__name__)

_CLOSE_S: Final = 1.5  # within which what was handed over is written when the program ends
_TWICE_WITHIN_S: Final = 5.0
_DIED: Final = "the thread that writes has died"


@dataclass(frozen=True, slots=True)
class _Work:
    do: Callable[[], None]
    done: Callable[[str], None]  # on the main thread; empty if it was done, else why not


@dataclass(slots=True)
class Scribe:
    """One thread, begun when there is something to write."""

    now_s: Callable[[], float] = time.monotonic
    given_up: bool = False
    _todo: SimpleQueue[_Work | None] = field(default_factory=SimpleQueue)
    _ended: SimpleQueue[tuple[_Work, str]] = field(default_factory=SimpleQueue)
    _open: list[_Work] = field(default_factory=list)  # handed over, and not yet known to have ended
    _thread: threading.Thread | None = None
    _died_s: float | None = None

    def write(self, do: Callable[[], None], done: Callable[[str], None] = lambda _failure: None) -> None:
        """Have it done. It may raise SaveError or OSError; `done` is told by `settle`."""
        work = _Work(do, done)
        self._open.append(work)
        if not self.given_up:
            self._todo.put(work)
            self._begin()

    def settle(self) -> None:
        """Tell what has ended since; for the slack of a frame."""
        while not self._ended.empty():
            work, failure = self._ended.get_nowait()
            self._open.remove(work)
            work.done(failure)
        if self._open and (self.given_up or not self._is_alive()):
            self._mend()

    def close(self) -> None:
        """Have all done that was handed over, and end the thread, within two seconds."""
        if self._is_alive():
            self._todo.put(None)
            assert self._thread is not None
            self._thread.join(_CLOSE_S)
        self.settle()

    def _is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="scribe", daemon=True)
            self._thread.start()

    def _mend(self) -> None:
        """What a dead thread had in hand is lost; what waits goes to another."""
        if not self._ended.empty():
            return  # it ended that much before it died
        now_s, before_s = self.now_s(), self._died_s
        if not self.given_up:
            self._died_s, self._thread = now_s, None
            self.given_up = before_s is not None and now_s - before_s < _TWICE_WITHIN_S
        lost = self._open if self.given_up else self._open[:1]
        self._open = [] if self.given_up else self._open[1:]
        for work in lost:
            work.done(_DIED)
        if self._open:
            self._begin()

    # -- the thread's side

    def _write_all(self) -> None:
        while (work := self._todo.get()) is not None:
            failure = ""
            try:
                work.do()
            except (SaveError, OSError) as error:
                failure = str(error)
                log.warning("save.failed", extra={"why": failure})
            except Exception as error:  # the thread's outer wall: the town must be told
                failure = repr(error)
                log.exception("save.failed")
            self._ended.put((work, failure))
