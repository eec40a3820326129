"""Looks at the clock while others work: a frame that hangs, or a background loop that does, is told with what it was doing.

A thread that wakes twenty times a second and reads two numbers. What it cannot see is a hang inside one call that never
gives the interpreter up; it then tells of it when that call is over.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from llm.client import HybridLLMClient
from sim.loop import Loop

log = logging.getLogger(__name__)

LOOK_S: Final = 0.05
FRAME_NS: Final = 100_000_000
LOOP_NS: Final = 1_000_000_000
_DEEPEST: Final = 12  # calls of a stack that are told


@dataclass(slots=True)
class Watched:
    """One thread that should never be busy with one thing for long."""

    name: str
    busy_since_ns: Callable[[], int]  # 0: it is not
    limit_ns: int
    thread: Callable[[], int | None]  # its identity
    _told_ns: int = 0

    def look(self, now_ns: int) -> None:
        """Tell of it once for each time."""
        since_ns = self.busy_since_ns()
        if not since_ns or since_ns == self._told_ns or now_ns - since_ns < self.limit_ns:
            return
        self._told_ns = since_ns
        log.warning(
            "watchdog.stuck",
            extra={
                "who": self.name,
                "for_ms": (now_ns - since_ns) // 1_000_000,
                "doing": stack_of(self.thread()),
            },
        )


def stack_of(thread: int | None) -> str:
    """Where a thread is, innermost call last."""
    frame = sys._current_frames().get(thread or 0)  # noqa: SLF001 - the documented way to look at another thread
    if frame is None:
        return "gone"
    calls = traceback.extract_stack(frame)[-_DEEPEST:]
    return " > ".join(f"{call.name} ({call.filename.rpartition('/')[2]}:{call.lineno})" for call in calls)


def watch(loop: Loop, models: object) -> Watchdog:
    """The loop's frames, and the thread of the models where there is one; from now on."""
    main = threading.get_ident()
    watched = [Watched("frame", lambda: loop.working_since_ns, FRAME_NS, lambda: main)]
    if isinstance(models, HybridLLMClient):
        bridge = models.bridge
        watched.append(Watched("models", lambda: bridge.turned_ns, LOOP_NS, lambda: bridge.thread_identity))
    watchdog = Watchdog(watched)
    watchdog.start()
    return watchdog


@dataclass(slots=True)
class Watchdog:
    """Watches until it is closed."""

    watched: list[Watched] = field(default_factory=list)
    now_ns: Callable[[], int] = time.perf_counter_ns
    _closing: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """From now on."""
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """At all of them, once."""
        now_ns = self.now_ns()
        for watched in self.watched:
            watched.look(now_ns)

    def close(self) -> None:
        """No more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._closing.wait(LOOK_S):
            self.look()
