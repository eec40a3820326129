"""`run`: settings, parts, loop, and everything written at the end, however it ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from rich.console import Console as Terminal

from llm.persona_cache import PersonaCache
from llm.right_of_way import RightOfWay
from llm.tick_models import TickModels
from sim.app import build
from sim.app.closing_line import FastProgress, closing_line
from sim.app.companion import Companion, Nobody, RunParts
from sim.app.consoles import Behind, open_desk, open_doors, type_from_screen
from sim.app.first_time import is_first_time
from sim.app.going_on import Before, from_recording, from_slot, go_on, settle, slot_of
from sim.app.keepers import Keepers
from sim.app.lockstep import Lockstep
from sim.app.logs import ErrorList, set_up_logs
from sim.app.onlookers import Notices, Onlookers, Patience, Screenshot
from sim.app.options import RunOptions
from sim.app.persona_watch import PersonaWatch
from sim.app.plotted import Plotted
from sim.app.prewarm import Prewarm
from sim.app.printing_thread import PrintingThread
from sim.app.process_facts import ProcessFacts
from sim.app.report import RunFacts, TalkCounts, build_report, check_writable, write_json
from sim.app.saving import Town
from sim.app.screen_facts import ScreenFacts
from sim.app.scribe import Scribe
from sim.app.settings import ASSETS, Settings, assets_of
from sim.app.settings_sources import described, load_settings
from sim.app.signals import Ending, signals_end
from sim.app.talk_printer import TalkPrinter
from sim.app.town_header import header_of
from sim.app.town_models import TownModels, Wanted, open_models
from sim.app.trace_file import save_trace
from sim.app.transcript import TranscriptFile
from sim.app.watchdog import watch
from sim.bubbles import BubbleBoard
from sim.clock import TICK_NS
from sim.console_feed import ConsoleFeed
from sim.governor import Governor, Shed
from sim.hearing import SpokenLine
from sim.inspecting import inspect
from sim.inspection import Inspection
from sim.plots import prepare_folder
from sim.timeline import Timeline
from sim.view_protocol import NullView, View


def run(options: RunOptions, companion: Companion | None = None) -> int:
    """Run the world as asked; the exit status."""
    loaded = load_settings(options.assignments, options.config)
    if options.print_config:
        for key, value, origin in described(loaded):
            print(f"{key:<34} {value:<36} {origin}")
        return 0
    errors = set_up_logs(options.log_level, as_json=options.log_json)
    options.where_from.check(loaded.settings.llm, fast=options.fast)
    check_writable(
        options.report,
        options.transcript,
        options.screenshot,
        options.trace,
        options.record,
        options.where_from.record,
    )
    companion = companion or _company(options, loaded.settings)
    while True:
        with ExitStack() as closing:
            ending = _Run(options, loaded.settings, errors, companion, closing).go()
        if not ending.load or ending.status:
            return ending.status
        options = replace(options, load=ending.load, forked=None, commands=())


def _company(options: RunOptions, settings: Settings) -> Companion:
    """Who goes along if nobody else does. Raises PlotError."""
    if options.plots is None:
        return Nobody()
    prepare_folder(options.plots)
    return Plotted(settings, options.plots)


class _Run:
    """One run, from the first file read to the last one written."""

    def __init__(
        self,
        options: RunOptions,
        settings: Settings,
        errors: ErrorList,
        companion: Companion,
        closing: ExitStack,
    ) -> None:
        self._options = options
        self._companion = companion
        self._settings = settings
        self._errors = errors
        self._closing = closing
        self._headless = options.headless
        self._began_ns = time.perf_counter_ns()
        self._notices = Notices()
        self._talks = TalkCounts()
        self._bubbles = BubbleBoard()
        self._console = ConsoleFeed()
        self._personas = PersonaCache(settings.llm.persona_cache.size)
        self._process = ProcessFacts()
        self._ending = Ending()
        closing.callback(self._process.close)

    def go(self) -> Ending:
        """Build, loop, report; whoever entered `closing` is closed after that."""
        before = self._before()
        seed = self._seed = build.chosen_seed(self._settings)
        scenery = build.gather(self._settings, seed)
        world = build.build_world(self._settings, scenery, seed, self._personas)
        if before is not None:
            go_on(world, before, self._notices.put)
        models = self._open_models(scenery, seed)
        view = self._open_view(scenery)
        way, fast = models.right_of_way, self._options.fast
        self._loop = build.build_loop(world, models.door, self._bubbles, view, fast=fast, way=way)
        if before is not None:
            settle(self._loop, before)
        if isinstance(models.door, Lockstep):
            models.door.stopped = lambda: self._loop.stopped
        if self._options.last_tick is not None:  # so long from here, wherever a save begins
            self._loop.last_tick = world.tick + self._options.last_tick
        if not fast and self._settings.runtime.governor:  # no clock may touch the history of who counts ticks
            self._loop.governor = Governor(Shed.BUBBLES if isinstance(models.door, TickModels) else Shed.TALK)
        self._facts = ScreenFacts(self._loop, models.desk, self._notices)
        printer = self._printer()
        self._attach(models, view, printer)
        build.settle_interpreter(self._settings)
        self._process.time_collections()
        ending = self._ending
        with signals_end(self._loop, ending):
            self._loop.run()
        if not ending.load:
            self._tell_the_end(models, printer)
        return ending

    def _before(self) -> Before | None:
        """What to go on with; its seed and its people are the run's. Raises SaveError."""
        options = self._options
        if options.save is not None:
            slot_of(self._settings, options.save)  # a name that is none is said at once
        if options.forked is not None:
            before = from_recording(self._settings, options.forked, options.until)
        elif options.load is not None:
            before = from_slot(self._settings, options.load)
        else:
            return None
        for told in before.told:
            self._notices.put(told)
        self._settings = before.settings
        return before

    def _open_models(self, scenery: build.Scenery, seed: int) -> TownModels:
        wanted = Wanted(
            settings=self._settings,
            where_from=self._options.where_from,
            gate=build.gate_factory(self._settings, scenery.personas),
            personas=self._personas,
            notice=self._notices.put,
            seed=seed,
            fast=self._options.fast,
            download=not self._options.no_download,
            in_front=self._companion.in_front(),
            spoil=self._companion.spoil,
        )
        return open_models(wanted, self._closing)

    def _open_view(self, scenery: build.Scenery) -> View:
        """The window; or, where none is wanted or can be had, nothing."""
        if self._headless and not self._options.screenshot:
            return NullView()
        from sim.view.display import ViewError  # a headless world never loads pygame

        if self._headless:
            return self._window(scenery, driver="dummy")
        try:
            return self._window(scenery)
        except ViewError as error:
            print(f"{error}; running headless", file=sys.stderr)
            self._headless = True
            return self._open_view(scenery)

    def _window(self, scenery: build.Scenery, driver: str = "") -> View:
        """SDL's window, or with the driver `dummy` a picture that nobody sees but a screenshot keeps."""
        from sim.view.pygame_view import open_view  # as above
        from sim.view.stage import Stage

        if driver:
            os.environ["SDL_VIDEODRIVER"] = driver
        stage = Stage(
            scenery.town,
            scenery.roster.persona,
            self._inspect,
            self._bubbles,
            ASSETS,
            self._console,
            self._seed,
            help_first=not self._headless and not self._options.screenshot and is_first_time(),
        )
        clock = self._world_ns if self._options.fast else time.perf_counter_ns
        view = open_view(stage, self._settings.view, lambda: self._facts(), clock)  # noqa: PLW0108 - made when there is a loop
        self._closing.callback(view.close)
        return view

    def _world_ns(self) -> int:
        """What a view goes by where nobody watches: bubbles type out as if the world went at its usual pace."""
        return self._loop.world.tick * TICK_NS if hasattr(self, "_loop") else 0

    def _inspect(self, row: int) -> Inspection:
        """What the panel tells of the chosen one."""
        return inspect(self._loop.world, row, self._loop.hearing.last_lines(row))

    def _printer(self) -> TalkPrinter:
        thread = PrintingThread()
        self._closing.callback(thread.close)
        return TalkPrinter(Terminal(), self._loop.world.rules.calendar, thread.do)

    def _attach(self, models: TownModels, view: View, printer: TalkPrinter) -> None:
        """Everything that looks on."""
        loop, options = self._loop, self._options
        loop.world.events.subscribe(self._talks.note_event)
        behind = Behind(loop, models, self._settings, self._personas, self._console, printer)
        desk = open_desk(behind, options.commands)
        open_doors(desk, self._settings.console, self._closing, fast=options.fast)
        loop.may_stop = Patience(desk)
        loop.after_frame += [
            lambda: type_from_screen(desk, self._console, self._settings.console),
            Onlookers(loop, desk, printer, self._notices, self._process, self._listeners(printer)),
        ]
        if not isinstance(models.door, TickModels):  # which has nothing to read ahead
            loop.after_frame.append(Prewarm(models.door, loop.world, self._settings.llm.embedded.slots))
        if options.trace or not options.fast:
            loop.timeline = Timeline()
            self._closing.callback(loop.timeline.watch_collections())
            loop.save_trace = partial(save_trace, loop.timeline)
        if not options.fast and self._settings.runtime.watchdog:
            watchdog = watch(loop, models.desk)
            self._closing.callback(watchdog.close)
        self._keep(models)
        if options.screenshot:
            loop.after_frame.append(Screenshot(loop, view, options.screenshot, options.at_tick))
        if not options.fast:
            folders = assets_of(self._settings).folders("personas")
            loop.in_slack.append(PersonaWatch(loop, folders, self._notices.put))
        if options.fast and not self._companion.is_quiet:
            progress = FastProgress(loop.world, loop.last_tick)
            self._closing.callback(progress.close)
            loop.after_frame.append(progress)
        parts = RunParts(loop, models, self._talks, self._process, self._errors)
        self._companion.attach(parts, self._closing)

    def _listeners(self, printer: TalkPrinter) -> list[Callable[[SpokenLine], None]]:
        """Whoever is told of each line."""
        told: list[Callable[[SpokenLine], None]] = [self._talks.note_line, self._companion.note_line]
        if (transcript := self._transcript()) is not None:
            told.append(transcript.write)
        if self._headless and not self._options.fast and not self._companion.is_quiet:
            told.append(printer.say)
        return told

    def _keep(self, models: TownModels) -> None:
        """Save and record it as it lives, as far as that is wanted."""
        loop, settings = self._loop, self._settings
        header = header_of(settings, self._seed, settings.world.npcs, thinks=build.has_model(settings))
        way = models.right_of_way or RightOfWay()
        town = Town(loop.world, header, Scribe(), self._notices.put, way)
        keepers = Keepers(loop, settings, town, self._leave_for, self._options.record)
        keepers.attach(self._options.save, self._closing)

    def _leave_for(self, slot: str) -> None:
        self._ending.load, self._loop.stopped = slot, True

    def _transcript(self) -> TranscriptFile | None:
        if self._options.transcript is None:
            return None
        transcript = TranscriptFile(self._options.transcript, self._loop.world.rules.calendar)
        self._closing.callback(transcript.close)
        return transcript

    def _tell_the_end(self, models: TownModels, printer: TalkPrinter) -> None:
        """The closing line for the person, the report for the file."""
        wall_s = (time.perf_counter_ns() - self._began_ns) / 1e9
        if self._headless:
            printer.tell(closing_line(self._loop, self._talks, wall_s))
        if self._options.trace and self._loop.timeline is not None:
            self._loop.timeline.write(self._options.trace)
        if self._options.report:
            facts = RunFacts(
                self._companion.command, self._mode(), wall_s, self._process.report(), self._errors.errors
            )
            llm = {**models.performance.report(), "persona_cache": self._personas.report()}
            report = build_report(self._loop, llm, self._talks, facts)
            write_json(self._options.report, report | self._companion.report())

    def _mode(self) -> str:
        if self._options.fast:
            return "fast"
        return "headless" if self._headless else "window"
