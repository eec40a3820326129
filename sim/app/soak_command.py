"""`soak`: a long run that watches itself; exit status 3, with a bundle of all that tells why, when a promise breaks."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from llm.backends.faulty import Faulty
from llm.canned import CannedSource
from llm.faulty_answers import FaultyAnswers
from llm.mishaps import PROFILES, Misfortune
from llm.request_log import RequestIds
from sim.app import build
from sim.app.closing_line import FastProgress
from sim.app.companion import RunParts
from sim.app.exit_status import BROKEN_PROMISE
from sim.app.logs import JsonLines
from sim.app.options import OutputError, RunOptions, run_options
from sim.app.plotted import LOOK_S, draw_vitals
from sim.app.run import run
from sim.app.settings import Settings
from sim.app.settings_sources import load_settings
from sim.app.town_models import Wrapping
from sim.app.vitals import Vitals
from sim.clock import TICKS_PER_SECOND
from sim.hearing import SpokenLine
from sim.plots import draw_life, prepare_folder
from sim.soak import LifeWatch

LIFE: Final = "life.png"
_MOST_TOLD: Final = 12  # broken promises; the report has all
_LOG_BYTES: Final = 20_000_000


def soak(parsed: argparse.Namespace) -> int:
    """Run it; the exit status. Raises SettingsError, OutputError, PlotError and what a world's files may raise."""
    options = run_options(parsed)
    settings = load_settings(options.assignments, options.config).settings
    seed = build.chosen_seed(settings)
    if options.plots is not None:
        prepare_folder(options.plots)
    bundle = _free(parsed.bundle)
    work = Path(mkdtemp(prefix="twitchman-soak-"))
    seconds = _length_s(parsed, options, settings)
    watcher = Soak(settings, Misfortune(PROFILES[parsed.faults], seed), seconds)
    try:
        wanted = _as_soak(options, parsed, seed, watcher, work)
        status = run(wanted, watcher)
        if watcher.broken:
            _keep((work, wanted.report, wanted.trace, wanted.record), bundle)
        return _told(watcher, status, options.plots, bundle)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _as_soak(
    options: RunOptions, parsed: argparse.Namespace, seed: int, watcher: Soak, work: Path
) -> RunOptions:
    """What `run` is to do: headless, with everything written down that could tell what went wrong."""
    watcher.log = work / "log.jsonl"
    return replace(
        options,
        headless=True,
        plots=None,  # a soak draws its own
        fast=options.fast or (parsed.hours is None and options.last_tick is None),
        last_tick=round(watcher.seconds * TICKS_PER_SECOND),
        assignments=(*options.assignments, f"world.seed={seed}"),
        report=options.report or work / "report.json",
        trace=options.trace or work / "trace.json",
        record=options.record or work / "town.recording",
    )


def _length_s(parsed: argparse.Namespace, options: RunOptions, settings: Settings) -> float:
    """In world seconds; a calendar month if nothing is said."""
    if parsed.hours is not None:
        return float(parsed.hours) * 3600
    if options.last_tick is not None:
        return options.last_tick / TICKS_PER_SECOND
    days = 30 if parsed.days is None else int(parsed.days)
    return days * float(settings.world.day_length)


@dataclass(slots=True)
class Soak:
    """`sim.app.companion.Companion` that ends the run when a promise breaks."""

    settings: Settings
    misfortune: Misfortune
    seconds: float
    log: Path | None = None
    command: str = "soak"
    is_quiet: bool = True
    broken: list[str] = field(default_factory=list)
    _began_s: float = field(default_factory=time.monotonic)
    _looked_s: float = 0.0
    _told_hours: int = 0
    _parts: RunParts | None = None
    _life: LifeWatch | None = None
    _vitals: Vitals | None = None
    _bar: FastProgress | None = None

    def in_front(self) -> Sequence[Wrapping]:
        """Misfortune, if there is any."""
        return (partial(Faulty, misfortune=self.misfortune),) if self._has_faults else ()

    def spoil(self, source: CannedSource) -> CannedSource:
        """The same for what was written down."""
        return FaultyAnswers(source, self.misfortune) if self._has_faults else source

    def attach(self, parts: RunParts, closing: ExitStack) -> None:
        """Look on from now on."""
        loop = parts.loop
        self._parts, self._life, self._vitals = parts, LifeWatch(loop.world), Vitals(parts, self.settings)
        self._bar = FastProgress(loop.world, loop.last_tick, self._at_work)
        closing.callback(self._bar.close)
        closing.callback(self._look)
        loop.after_frame += [self._life, self._bar]
        loop.in_slack.append(self._look_now_and_then)
        if self.log is not None:
            _log_into(self.log, closing)

    def note_line(self, line: SpokenLine) -> None:
        """Whether it came in time."""
        if self._vitals is not None:
            self._vitals.note_line(line)

    def report(self) -> dict[str, Any]:
        """All that was seen."""
        assert self._life is not None
        assert self._vitals is not None
        self._look()
        return {
            "soak": {
                "faults": {mishap.value: count for mishap, count in sorted(self.misfortune.met.items())},
                "broken": self.broken,
                **self._vitals.report(),
            },
            "life": self._life.report(),
        }

    def summary(self) -> str:
        """The whole of it in one line."""
        assert self._parts is not None
        world, lines = self._parts.loop.world, self._parts.talks.by_tier
        seconds, wall_s = world.tick / TICKS_PER_SECOND, time.monotonic() - self._began_s
        assert self._life is not None
        return (
            f"{len(self._life.days)} days, {len(world)} people: {seconds:.0f} world seconds in {wall_s:.0f} s "
            f"({seconds / wall_s:.0f} times as fast); {lines.total()} lines, "
            f"{sum(self.misfortune.met.values())} of them met with a fault; {len(self.broken)} promises broken"
        )

    def draw(self, folder: Path) -> None:
        """Pictures of it. Raises PlotError."""
        assert self._vitals is not None
        assert self._life is not None
        draw_vitals(self._vitals.samples, folder)
        if self._life.days:
            draw_life(self._life.days, self._life.world.lore.needs.names, folder / LIFE)

    @property
    def _has_faults(self) -> bool:
        return self.misfortune.profile != PROFILES["none"]

    def _look_now_and_then(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._look()

    def _look(self) -> None:
        """Take a sample, and end the run if something promised does not hold."""
        assert self._parts is not None
        assert self._vitals is not None
        assert self._life is not None
        if self.broken:
            return
        self._vitals.look()
        errors = (f"{error['where']}: {error['what']}" for error in self._parts.errors.errors)
        self.broken = [*self._vitals.broken(), *self._life.broken(), *errors]
        self._parts.loop.stopped |= bool(self.broken)
        if int(self._vitals.hours) > self._told_hours:
            self._told_hours = int(self._vitals.hours)
            assert self._bar is not None
            self._bar.say(self._hour())

    def _hour(self) -> str:
        assert self._vitals is not None
        now, slope = self._vitals.samples[-1], self._vitals.slope()
        growth = "" if slope is None else f" ({slope:+.2f} an hour)"
        return (
            f"hour {self._told_hours}: {now.lines} lines, {now.template_share:.0%} of them templates; "
            f"work p99.9 {now.work_p999_ms:.1f} ms; {now.rss_mb:.0f} MB{growth}; "
            f"{sum(self.misfortune.met.values())} faults; "
            + (f"{len(self.broken)} promises broken" if self.broken else "all promises kept")
        )

    def _at_work(self) -> str:
        if self._vitals is None or not self._vitals.samples:
            return "soak"
        now = self._vitals.samples[-1]
        return f"{now.lines} lines, {now.work_p999_ms:.1f} ms, {now.rss_mb:.0f} MB"


def _log_into(path: Path, closing: ExitStack) -> None:
    """All that is logged, as far as it fits."""
    handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(JsonLines())
    handler.addFilter(RequestIds())
    logging.getLogger().addHandler(handler)
    closing.callback(handler.close)
    closing.callback(logging.getLogger().removeHandler, handler)


def _free(path: Path) -> Path:
    """A folder that is not there yet, or is empty. Raises OutputError."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path}: expected a folder for --bundle that is new or empty")
    return path


def _keep(written: Sequence[Path | None], bundle: Path) -> None:
    """All of it in one folder, wherever it was asked for."""
    for path in written:
        if path is not None and path.is_dir():
            shutil.copytree(path, bundle, dirs_exist_ok=True)
        elif path is not None and path.is_file() and not (bundle / path.name).exists():
            shutil.copy(path, bundle / path.name)


def _told(watcher: Soak, status: int, plots: Path | None, bundle: Path) -> int:
    print(watcher.summary())
    if plots is not None:
        watcher.draw(plots)
    for line in watcher.broken[:_MOST_TOLD]:
        print(f"run_world.py: soak: {line}", file=sys.stderr)
    if len(watcher.broken) > _MOST_TOLD:
        rest = len(watcher.broken) - _MOST_TOLD
        print(f"run_world.py: soak: and {rest} more (--report has all)", file=sys.stderr)
    if watcher.broken:
        print(f"run_world.py: soak: what it was doing is in {bundle}", file=sys.stderr)
    return status or (BROKEN_PROMISE if watcher.broken else 0)
