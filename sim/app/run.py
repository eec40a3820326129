"""`run`: settings, parts, loop, and everything written at the end, however it ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from rich.console import Console as Terminal

from llm.bridge import Bridge
from llm.tick_models import TickModels
from llm.types import TierState, TierStatus
from sim.app import build
from sim.app.logs import ErrorList, set_up_logs
from sim.app.options import OutputError, RunOptions
from sim.app.prewarm import Prewarm
from sim.app.process_facts import ProcessFacts
from sim.app.report import RunFacts, TalkCounts, build_report, write_json
from sim.app.settings import ASSETS, Settings
from sim.app.settings_sources import described, load_settings
from sim.app.talk_printer import TalkPrinter
from sim.app.transcript import TranscriptFile
from sim.bubbles import BubbleBoard
from sim.console.commands import Console
from sim.console.desk import Desk
from sim.console.registry import Registry
from sim.console.standard_input import read_commands
from sim.hud import HudFacts
from sim.loop import Loop
from sim.view_protocol import NullView, View

_SAMPLE_EVERY_TICKS: Final = 300
_ANSWERS_WAIT_NS: Final = 25_000_000_000  # how long an unanswered command may hold the end of a run
INTERRUPTED: Final = 130
TERMINATED: Final = 143


@dataclass(slots=True)
class Ending:
    """Why the run ended, as an exit status."""

    status: int = 0


@dataclass(slots=True)
class Notices:
    """One-line facts for the person, from any thread, told on the main thread."""

    waiting: list[str] = field(default_factory=list)
    newest: str = ""

    def put(self, fact: str) -> None:
        """A fact; a list's append is atomic."""
        self.waiting.append(fact)

    def take(self) -> list[str]:
        """What came since the last call."""
        taken, self.waiting = self.waiting, []
        if taken:
            self.newest = taken[-1]
        return taken


def run(options: RunOptions) -> int:
    """Run the world as asked; the exit status."""
    loaded = load_settings(options.assignments, options.config)
    if options.print_config:
        for key, value, origin in described(loaded):
            print(f"{key:<34} {value:<36} {origin}")
        return 0
    errors = set_up_logs(options.log_level, as_json=options.log_json)
    _check_writable(options.report, options.transcript, options.screenshot)
    return _Run(options, loaded.settings, errors).go()


def _check_writable(*paths: Path | None) -> None:
    """Say so now, not after an hour's run."""
    for path in paths:
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise OutputError(f"{path}: cannot be written there; expected a file in a folder that exists")


class _Run:
    """One run, from the first file read to the last one written."""

    def __init__(self, options: RunOptions, settings: Settings, errors: ErrorList) -> None:
        self.options = options
        self.settings = settings
        self.errors = errors
        self.seed = build.chosen_seed(settings)
        self.notices = Notices()
        self.ending = Ending()
        self.talks = TalkCounts()
        self.process = ProcessFacts()
        self.bubbles = BubbleBoard()

    def go(self) -> int:
        """Build, loop, close, report."""
        began_ns = time.perf_counter_ns()
        scenery = build.gather(self.settings, self.seed)
        world = build.build_world(self.settings, scenery, self.seed)
        with ExitStack() as closing:
            closing.callback(self.process.close)
            gate = build.gate_factory(self.settings, scenery.personas)
            models = build.build_models(
                self.settings,
                gate,
                self.notices.put,
                fast=self.options.fast,
                download=not self.options.no_download,
            )
            closing.callback(models.close)
            view = self._open_view(scenery, models.status)
            closing.callback(view.close)
            loop = build.build_loop(world, models, self.bubbles, view, fast=self.options.fast)
            self.loop = loop
            self._attach(loop, models, view, closing)
            build.settle_interpreter(self.settings)
            with _signals_end(loop, self.ending):
                loop.run()
            if self.options.report:
                facts = RunFacts(
                    "run",
                    self._mode(view),
                    (time.perf_counter_ns() - began_ns) / 1e9,
                    self.process.report(),
                    self.errors.errors,
                )
                write_json(self.options.report, build_report(loop, models.performance, self.talks, facts))
        return self.ending.status

    def _mode(self, view: View) -> str:
        if self.options.fast:
            return "fast"
        return "headless" if self.options.headless or isinstance(view, NullView) else "window"

    def _open_view(self, scenery: build.Scenery, status: Callable[[], TierStatus]) -> View:
        """The window; or, where none is wanted or can be had, nothing."""
        if self.options.headless and not self.options.screenshot:
            return NullView()
        from sim.view.pygame_view import Stage, ViewError, open_view  # a headless world never loads pygame

        if self.options.headless:
            os.environ["SDL_VIDEODRIVER"] = "dummy"
        try:
            stage = Stage(scenery.town, scenery.personas, self.bubbles, ASSETS)
            return open_view(stage, self.settings.view, lambda: self._facts(status()))
        except ViewError as error:
            print(f"{error}; running headless", file=sys.stderr)
            return NullView()

    def _facts(self, status: TierStatus) -> HudFacts:
        loop = self.loop
        interval = loop.statistics.last_interval_ns
        return HudFacts(
            work_ms=loop.statistics.last_work_ns / 1e6,
            fps=1e9 / interval if interval else 0.0,
            speed=loop.clock.speed,
            paused=loop.clock.paused,
            dilated_s=loop.clock.dilated_s,
            tier_badge=badge(status),
            notice=self.notices.newest,
        )

    def _attach(self, loop: Loop, models: Bridge | TickModels, view: View, closing: ExitStack) -> None:
        """Everything that looks on: transcript, printer, console, screenshot."""
        calendar = loop.world.rules.calendar
        printer = TalkPrinter(Terminal(), calendar)
        transcript = TranscriptFile(self.options.transcript, calendar) if self.options.transcript else None
        if transcript:
            closing.callback(transcript.close)
        speaks = isinstance(view, NullView) or self.options.headless
        quiet = self.options.fast
        loop.world.events.subscribe(self.talks.note_event)
        loop.last_tick = self.options.last_tick
        desk = self._desk(loop, models, printer)

        def look_on() -> None:
            for line in loop.hearing.take_spoken():
                self.talks.note_line(line)
                if transcript:
                    transcript.write(line)
                if speaks and not quiet:
                    printer.say(line)
            for fact in self.notices.take():
                printer.tell(fact)
            desk.work(loop.world.tick)
            if loop.statistics.count % _SAMPLE_EVERY_TICKS == 0:
                self.process.sample()

        loop.after_frame += [look_on, Prewarm(models, loop.world, self.settings.llm.embedded.slots)]
        if self.options.screenshot and not isinstance(view, NullView):
            loop.after_frame.append(_Screenshot(loop, view, self.options.screenshot, self.options.at_tick))

    def _desk(self, loop: Loop, models: Bridge | TickModels, printer: TalkPrinter) -> Desk:
        test = models.test_line if isinstance(models, Bridge) else None
        console = Console(loop, models, self.settings.llm, test)
        desk = Desk(Registry(console.commands()), printer.answer)
        desk.schedule(list(self.options.commands))
        read_commands(desk.type)
        loop.may_stop = _Patience(desk)
        return desk


class _Patience:
    """A run ends no sooner than the answers to its commands, within bounds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._since_ns = 0

    def __call__(self) -> bool:
        if not self._desk.waits:
            return True
        now_ns = time.perf_counter_ns()
        self._since_ns = self._since_ns or now_ns
        return now_ns - self._since_ns > _ANSWERS_WAIT_NS


@dataclass(slots=True)
class _Screenshot:
    """One picture at one tick, or at the end if that comes first."""

    loop: Loop
    view: View
    path: Path
    at_tick: int
    taken: bool = False

    def __call__(self) -> None:
        last = self.loop.last_tick
        due = self.at_tick if last is None else min(self.at_tick, last)
        if not self.taken and self.loop.world.tick >= due:
            self.taken = True
            self.view.screenshot(self.path)


def badge(status: TierStatus) -> str:
    """What the screen's badge says of where lines come from."""
    if status.state is TierState.READY:
        return f"local: {status.model or status.backend}"
    return f"templates: {status.detail or status.state.value}"


@contextmanager
def _signals_end(loop: Loop, ending: Ending) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run with everything written; a second one ends it now."""

    def end(number: int, _frame: FrameType | None) -> None:
        status = INTERRUPTED if number == signal.SIGINT else TERMINATED
        if ending.status:
            os._exit(status)
        ending.status, loop.stopped = status, True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
