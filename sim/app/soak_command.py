"""`soak`: so many calendar days with template lines, as fast as it goes; exit status 3 if a promise was broken."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from llm.tick_models import TickModels
from sim.app import build
from sim.app.closing_line import FastProgress
from sim.app.options import OutputError, assignments_of
from sim.app.report import write_json
from sim.app.run import Ending, check_writable, signals_end
from sim.app.settings_sources import load_settings
from sim.bubbles import BubbleBoard
from sim.calendar import MINUTES_A_DAY
from sim.loop import Loop
from sim.plots import draw_life
from sim.soak import LifeWatch
from sim.view_protocol import NullView

BROKEN_PROMISE: Final = 3
PICTURE: Final = "life.png"
_MOST_TOLD: Final = 12  # broken promises; the report has all


def soak(parsed: argparse.Namespace) -> int:
    """Run it; the exit status. Raises SettingsError, OutputError, PlotError and what a world's files may raise."""
    settings = load_settings(assignments_of(parsed), parsed.config).settings
    check_writable(parsed.report)
    plots = _folder(parsed.plots)
    seed = build.chosen_seed(settings)
    scenery = build.gather(settings, seed)
    world = build.build_world(settings, scenery, seed)
    models = TickModels(build.gate_factory(settings, scenery.personas), None)
    loop = build.build_loop(world, models, BubbleBoard(), NullView(), fast=True)
    loop.last_tick = world.rules.calendar.ticks(parsed.days * MINUTES_A_DAY)
    watch, ending = LifeWatch(world), Ending()
    began_s = time.perf_counter()
    with ExitStack() as closing:
        progress = FastProgress(world, loop.last_tick)
        closing.callback(progress.close)
        loop.after_frame += [lambda: _forget(loop), watch, progress]
        build.settle_interpreter(settings)
        with signals_end(loop, ending):
            loop.run()
    return ending.status or _told(watch, loop, plots, parsed.report, time.perf_counter() - began_s)


def _forget(loop: Loop) -> None:
    """Nobody reads what is said."""
    loop.hearing.take_spoken(loop.world.tick)


def _folder(path: Path | None) -> Path | None:
    """Made if it is not there yet; said now, not after an hour."""
    if path is not None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: expected a folder for plots: {error.strerror}") from error
    return path


def _told(watch: LifeWatch, loop: Loop, plots: Path | None, report: Path | None, wall_s: float) -> int:
    world = loop.world
    broken = watch.broken()
    seconds = world.tick / 60
    print(
        f"{len(watch.days)} days, {len(world)} people: {seconds:.0f} world seconds in {wall_s:.0f} s "
        f"({seconds / wall_s:.0f} times as fast); {len(broken)} promises broken"
    )
    if report is not None:
        write_json(
            report,
            {"command": "soak", "seed": world.rules.seed, "wall_s": round(wall_s, 1), **watch.report()},
        )
    if plots is not None:
        draw_life(watch.days, world.lore.needs.names, plots / PICTURE)
    for line in broken[:_MOST_TOLD]:
        print(f"run_world.py: soak: {line}", file=sys.stderr)
    if len(broken) > _MOST_TOLD:
        print(f"run_world.py: soak: and {len(broken) - _MOST_TOLD} more (--report has all)", file=sys.stderr)
    return BROKEN_PROMISE if broken else 0
