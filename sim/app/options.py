"""What may be asked of `run`, and of whatever else runs the world."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from sim.app.where_from import WhereFrom, add_where_from, where_from
from sim.console.desk import AtTickError, Scheduled

DISTRIBUTION: Final = "twitchman-autonomous-world"


class OutputError(Exception):
    """A file that was asked for cannot be written. One line."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked of `run`."""

    headless: bool
    fast: bool
    last_tick: int | None
    where_from: WhereFrom
    no_download: bool
    print_config: bool
    commands: tuple[Scheduled, ...]
    report: Path | None
    transcript: Path | None
    screenshot: Path | None
    trace: Path | None
    plots: Path | None
    save: str | None  # a slot
    load: str | None
    record: Path | None
    forked: Path | None  # a recording that the run goes on from,
    until: int | None  # from this tick on
    at_tick: int
    log_level: str
    log_json: bool
    config: Path | None
    assignments: tuple[str, ...]


def program_version() -> str:
    """The version as installed, or as the source tree says it when it is not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0.1.0+source"


def add_settings_options(to: argparse.ArgumentParser) -> None:
    """Where settings come from, and what is logged."""
    to.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    to.add_argument(
        "--set",
        dest="assignments",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one setting, such as world.npcs=12; repeatable",
    )
    to.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    to.add_argument("--log-json", action="store_true", help="log lines as JSON objects, on standard error")


def add_run_options(to: argparse.ArgumentParser) -> None:
    """All of them."""
    to.add_argument("--headless", action="store_true", help="no window; the talk is printed")
    to.add_argument(
        "--fast",
        action="store_true",
        help="as fast as the machine allows, deterministic; lines are templates, or from --llm scripted or cassette",
    )
    length = to.add_mutually_exclusive_group()
    length.add_argument(
        "--ticks", type=natural, metavar="N", help="stop after N ticks of 1/60 world second; 0 = never"
    )
    length.add_argument("--seconds", type=seconds, metavar="S", help="stop after S world seconds; 0 = never")
    to.add_argument("--seed", type=natural, metavar="N", help="the same seed gives the same town")
    to.add_argument("--npcs", type=natural, metavar="N", help="townspeople (25)")
    to.add_argument("--world", type=Path, metavar="FILE", help="a Tiled map of your own (.tmj or .tmx)")
    to.add_argument(
        "--exec",
        dest="commands",
        action="append",
        default=[],
        type=_scheduled,
        metavar="COMMAND",
        help="run a console command after the first tick, or at tick N with '@N COMMAND'; repeatable",
    )
    to.add_argument("--report", type=Path, metavar="FILE", help="write a report as JSON at the end")
    to.add_argument("--transcript", type=Path, metavar="FILE", help="write every spoken line as JSON lines")
    to.add_argument("--no-download", action="store_true", help="do not fetch the embedded model")
    to.add_argument(
        "--print-config", action="store_true", help="show every setting and where it came from, and stop"
    )
    to.add_argument(
        "--screenshot", type=Path, metavar="FILE", help="save a picture (PNG) of the town at --at-tick"
    )
    to.add_argument(
        "--trace", type=Path, metavar="FILE", help="write the last 30 s frame by frame, for a trace viewer"
    )
    to.add_argument(
        "--plots", type=Path, metavar="DIR", help="draw memory, frames, handles and talk over time"
    )
    to.add_argument(
        "--save", metavar="SLOT", help="save the town as it lives, and when it ends, under this name"
    )
    to.add_argument("--load", metavar="SLOT", help="go on with the town that was saved under this name")
    to.add_argument(
        "--record", type=Path, metavar="FILE", help="record all that enters the town, for `replay`"
    )
    to.add_argument("--at-tick", type=natural, default=600, metavar="N", help="when to take it (600)")
    add_where_from(to)
    add_settings_options(to)


def run_options(parsed: argparse.Namespace) -> RunOptions:
    """From what argparse read to what `run` needs; the short options become settings."""
    return RunOptions(
        headless=parsed.headless,
        fast=parsed.fast,
        last_tick=_last_tick(parsed),
        where_from=where_from(parsed),
        no_download=parsed.no_download,
        save=parsed.save,
        load=parsed.load,
        record=parsed.record,
        forked=None,
        until=None,
        print_config=parsed.print_config,
        commands=tuple(parsed.commands),
        report=parsed.report,
        transcript=parsed.transcript,
        screenshot=parsed.screenshot,
        trace=parsed.trace,
        plots=parsed.plots,
        at_tick=parsed.at_tick,
        log_level=parsed.log_level,
        log_json=parsed.log_json,
        config=parsed.config,
        assignments=assignments_of(parsed),
    )


def assignments_of(parsed: argparse.Namespace) -> tuple[str, ...]:
    """Presets and short options as settings; an explicit `--set` comes last and wins."""
    short = {"world.seed": "seed", "world.npcs": "npcs", "world.file": "world"}
    given = [
        f"{key}={_plain(getattr(parsed, name))}"
        for key, name in short.items()
        if getattr(parsed, name, None) is not None
    ]
    asked = where_from(parsed).assignments if hasattr(parsed, "llm") else ()
    return (*asked, *given, *parsed.assignments)


def _plain(value: object) -> str:
    return repr(str(value)) if isinstance(value, Path) else str(value)


def _last_tick(parsed: argparse.Namespace) -> int | None:
    ticks = parsed.ticks if parsed.ticks is not None else round((parsed.seconds or 0) * 60)
    return ticks or None


def natural(text: str) -> int:
    """A count. Raises ArgumentTypeError."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number, not negative, got {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """A time. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"expected seconds, not negative, got {text!r}")
    return value


def _scheduled(text: str) -> Scheduled:
    try:
        return Scheduled.parse(text)
    except AtTickError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
