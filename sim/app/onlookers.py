"""Who looks on after each frame: transcript, printer, console, screenshot, the sampling of memory. None waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sim.app.process_facts import ProcessFacts
from sim.app.talk_printer import TalkPrinter
from sim.console.desk import Desk
from sim.hearing import SpokenLine
from sim.loop import Loop
from sim.view_protocol import View

_SAMPLE_EVERY_FRAMES: Final = 300
_ANSWERS_WAIT_NS: Final = 25_000_000_000  # how long an unanswered command may hold the end of a run


@dataclass(slots=True)
class Notices:
    """One-line facts for the person, from any thread, told on the main thread."""

    waiting: list[str] = field(default_factory=list)
    newest: str = ""

    def put(self, fact: str) -> None:
        """A fact; a list's append is atomic."""
        if fact:
            self.waiting.append(fact)

    def take(self) -> list[str]:
        """What came since the last call."""
        if not self.waiting:
            return []
        taken, self.waiting = self.waiting, []
        self.newest = taken[-1]
        return taken


@dataclass(slots=True)
class Onlookers:
    """Called once a frame, as part of its work."""

    loop: Loop
    desk: Desk
    printer: TalkPrinter
    notices: Notices
    process: ProcessFacts
    listeners: Sequence[Callable[[SpokenLine], None]]

    def __call__(self) -> None:
        """Pass on what was said and told, and do what was typed."""
        for line in self.loop.hearing.take_spoken(self.loop.world.tick):
            for listener in self.listeners:
                listener(line)
        for fact in self.notices.take():
            self.printer.tell(fact)
        self.desk.work(self.loop.world.tick)
        if self.loop.statistics.count % _SAMPLE_EVERY_FRAMES == 0:
            self.process.sample()


class Patience:
    """A run ends no sooner than the answers to its commands, within bounds."""

    def __init__(self, desk: Desk, now_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        self._desk = desk
        self._now_ns = now_ns
        self._since_ns = 0

    def __call__(self) -> bool:
        """Whether the run may stop now."""
        if not self._desk.waits:
            return True
        self._since_ns = self._since_ns or self._now_ns()
        return self._now_ns() - self._since_ns > _ANSWERS_WAIT_NS


@dataclass(slots=True)
class Screenshot:
    """One picture at one tick, or at the end if that comes first."""

    loop: Loop
    view: View
    path: Path
    at_tick: int
    taken: bool = False

    def __call__(self) -> None:
        """Take it when it is due."""
        last = self.loop.last_tick
        due = self.at_tick if last is None else min(self.at_tick, last)
        if not self.taken and self.loop.world.tick >= due:
            self.taken = True
            self.view.screenshot(self.path)
