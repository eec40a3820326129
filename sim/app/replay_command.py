"""`replay`: a recorded town again, bit for bit, with no model and no network; exit status 3 where it is not the same."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from llm.null_models import NullModels
from sim.app import build
from sim.app.closing_line import FastProgress
from sim.app.exit_status import BROKEN_PROMISE
from sim.app.going_on import Before, bring, from_recording
from sim.app.options import OutputError, run_options
from sim.app.report import check_writable, write_json
from sim.app.run import run
from sim.app.settings import ASSETS, Settings
from sim.app.settings_sources import load_settings
from sim.bubbles import BubbleBoard
from sim.hud import HudFacts
from sim.inspecting import inspect
from sim.loop import Loop
from sim.replay import Mismatch, RecordedInbox, mismatch_at
from sim.state_hash import state_hash


def replay(parsed: argparse.Namespace) -> int:
    """Do it; the exit status. Raises SaveError, SettingsError, OutputError and what a world's files may raise."""
    options = run_options(parsed)
    if parsed.fork is not None:
        if parsed.fork.absolute() == parsed.file.absolute():
            raise OutputError(f"{parsed.fork}: expected another file than the one that is gone on from")
        return run(replace(options, record=parsed.fork, forked=parsed.file, until=parsed.until))
    check_writable(options.report)
    settings = load_settings(options.assignments, options.config).settings
    before = from_recording(settings, parsed.file, parsed.until)
    for told in before.told:
        print(f"run_world.py: replay: {told}", file=sys.stderr)
    return _Replay(before, options.report).go(in_window=parsed.window)


class _Replay:
    """One recording, once."""

    def __init__(self, before: Before, report: Path | None) -> None:
        self._before = before
        self._report = report
        settings = before.settings
        self._seed = build.chosen_seed(settings)
        self._scenery = build.gather(settings, self._seed)
        self._world = build.build_world(settings, self._scenery, self._seed)

    def go(self, *, in_window: bool) -> int:
        """The exit status."""
        began_s = time.perf_counter()
        with ExitStack() as closing:
            mismatch = self._watch(closing) if in_window else self._live(closing)
        return self._tell(mismatch, time.perf_counter() - began_s)

    def _live(self, closing: ExitStack) -> Mismatch | None:
        progress = FastProgress(self._world, self._before.until)
        closing.callback(progress.close)
        return bring(self._world, self._before, print, progress)

    def _watch(self, closing: ExitStack) -> Mismatch | None:
        """In a window, and with the words over people's heads."""
        from sim.view.pygame_view import open_view  # a headless replay never loads pygame
        from sim.view.stage import Stage

        world, bubbles = self._world, BubbleBoard()
        bring(world, replace(self._before, until=self._before.first), print)
        stage = Stage(world.town, world.roster.persona, lambda row: inspect(world, row), bubbles, ASSETS)
        view = open_view(stage, self._settings.view, HudFacts)
        closing.callback(view.close)
        loop = build.build_loop(world, NullModels(), bubbles, view, fast=False)
        loop.inbox, loop.last_tick = RecordedInbox(self._before.recording, bubbles), self._before.until
        found: list[Mismatch] = []
        loop.journals.append(lambda _tick, _inputs: self._look(loop, found))
        build.settle_interpreter(self._settings)
        loop.run()
        return found[0] if found else None

    def _look(self, loop: Loop, found: list[Mismatch]) -> None:
        if mismatch := mismatch_at(self._world, self._before.recording):
            found.append(mismatch)
            loop.stopped = True

    @property
    def _settings(self) -> Settings:
        return self._before.settings

    def _tell(self, mismatch: Mismatch | None, wall_s: float) -> int:
        world, before = self._world, self._before
        looks = sum(before.first < tick <= world.tick for tick in before.recording.marks)
        ticks = world.tick - before.first
        told = {
            "command": "replay",
            "ticks": world.tick,
            "looks": looks,
            "state_hash": state_hash(world),
            "mismatch": None if mismatch is None else mismatch.tick,
            "wall_s": round(wall_s, 3),
        }
        if self._report is not None:
            write_json(self._report, told)
        if mismatch is not None:
            print(f"run_world.py: replay: not the same: {mismatch}", file=sys.stderr)
            return BROKEN_PROMISE
        print(
            f"{ticks} ticks ({ticks / 60:.0f} world seconds) again in {wall_s:.1f} s, the same at all {looks} "
            f"looks; state {told['state_hash']} at tick {world.tick}"
        )
        return 0
