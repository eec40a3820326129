"""The command line. Only what exists is in `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from llm.mishaps import NO_FAULTS, PROFILES
from sim.app.where_from import WhereFrom, add_where_from, where_from
from sim.console.desk import AtTickError, Scheduled

DISTRIBUTION: Final = "twitchman-autonomous-world"
BENCHES: Final = {
    "frame": "what a frame costs while streams of words come in",
    "window": "what drawing costs with two hundred people in sight, thirty of them speaking",
    "client": "what a streamed word costs, beside the OpenAI SDK",
    "latency": "how soon people speak",
    "world": "what a tick costs as the town grows, beside Mesa",
    "save": "what saving ten thousand people costs their frames, beside json and pickle in the loop",
    "gate": "the frame's contract in under a minute",
    "all": "every one but the gate, one after another, in one report",
}

_EXAMPLES: Final = """\
examples:
  python run_world.py                          the town in a window
  python run_world.py --headless --seconds 60  the same town without one; the talk is printed
  python run_world.py --headless --fast --seed 7 --ticks 20000 --report r.json
                                               template lines only, as fast as the machine allows
  python run_world.py --set llm.local.base_url=http://127.0.0.1:8080/v1
                                               talk through a server of your own
  python run_world.py --headless --ticks 60 --exec "llm status"
  python run_world.py --headless --seconds 60 --record-cassette talk.cassette
  python run_world.py --headless --fast --ticks 3600 --seed 7 --llm cassette:talk.cassette
                                               record what the models say, and play it again without them
  python run_world.py bench frame              how long a frame takes while models stream
  python run_world.py bench client cpu frames  what a streamed word costs, beside the OpenAI SDK
  python run_world.py bench world ticks        what a tick costs, from 25 people to 100,000
  python run_world.py --save home              saved as it lives; --load home goes on with it
  python run_world.py --headless --seconds 600 --record day.recording
  python run_world.py replay day.recording     the same again, bit for bit, with no model
  python run_world.py replay day.recording --until 9000 --fork other.recording --seconds 60
                                               what else might have come of it, from that tick on
  python run_world.py soak --days 30 --plots plots
                                               thirty days of the town in minutes, which watches itself
  python run_world.py soak --hours 8 --faults flaky
                                               a night with the real models, of which some answers go wrong
  python run_world.py characters import card.png
                                               somebody new, from a character card
  python run_world.py doctor                   what this machine has, and what to do about it
"""


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


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    root = _Parser(
        prog="run_world.py",
        description="An always-on 2D town whose people talk with words that language models write.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"%(prog)s {program_version()}")
    _add_run_options(root)
    commands = root.add_subparsers(
        dest="command", metavar="COMMAND", title="commands (none = run)", parser_class=_Parser
    )
    _add_run_options(commands.add_parser("run", help="the world, in a window or headless"))
    _add_replay(commands)
    _add_saves(commands)
    _add_bench(commands)
    _add_soak(commands)
    _add_models(commands)
    _add_characters(commands)
    doctor = commands.add_parser(
        "doctor", help="check this machine: display, servers, model, timer; say what to do"
    )
    _add_settings_options(doctor)
    return root


class _Parser(argparse.ArgumentParser):
    """Mistakes are one line and exit status 2."""

    def error(self, message: str) -> None:  # type: ignore[override]  # it does not return: exit raises
        self.exit(2, f"run_world.py: {message} (see --help)\n")


def _add_settings_options(to: argparse.ArgumentParser) -> None:
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


def _add_run_options(to: argparse.ArgumentParser) -> None:
    to.add_argument("--headless", action="store_true", help="no window; the talk is printed")
    to.add_argument(
        "--fast",
        action="store_true",
        help="as fast as the machine allows, deterministic; lines are templates, or from --llm scripted or cassette",
    )
    length = to.add_mutually_exclusive_group()
    length.add_argument(
        "--ticks", type=_natural, metavar="N", help="stop after N ticks of 1/60 world second; 0 = never"
    )
    length.add_argument("--seconds", type=_seconds, metavar="S", help="stop after S world seconds; 0 = never")
    to.add_argument("--seed", type=_natural, metavar="N", help="the same seed gives the same town")
    to.add_argument("--npcs", type=_natural, metavar="N", help="townspeople (25)")
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
    to.add_argument("--at-tick", type=_natural, default=600, metavar="N", help="when to take it (600)")
    add_where_from(to)
    _add_settings_options(to)


def _add_replay(commands: argparse._SubParsersAction[_Parser]) -> None:
    replay = commands.add_parser(
        "replay", help="live through a recording again, bit for bit, with no model; or go on from it"
    )
    replay.add_argument("file", type=Path, metavar="FILE", help="made by --record")
    replay.add_argument("--until", type=_natural, metavar="TICK", help="so far (to its end)")
    replay.add_argument("--window", action="store_true", help="watch it, at the pace at which it happened")
    replay.add_argument(
        "--fork",
        type=Path,
        metavar="NEW",
        help="go on live from there, with the options of `run`, and record that",
    )
    _add_run_options(replay)


def _add_saves(commands: argparse._SubParsersAction[_Parser]) -> None:
    saves = commands.add_parser("saves", help="what was saved; a save as JSON, and back")
    what = saves.add_subparsers(
        dest="what", metavar="list|export|import", required=True, parser_class=_Parser
    )
    parsers = [what.add_parser("list", help="every slot, how old its town is, and when it was saved")]
    goes = what.add_parser("export", help="write the newest save of a slot as JSON")
    comes = what.add_parser("import", help="make a save of such a file")
    for one in (goes, comes):
        one.add_argument("slot", metavar="SLOT")
        one.add_argument("file", type=Path, metavar="FILE")
    for one in (*parsers, goes, comes):
        _add_settings_options(one)


def _add_bench(commands: argparse._SubParsersAction[_Parser]) -> None:
    bench = commands.add_parser("bench", help="measurements that anybody can repeat")
    bench.add_argument(
        "name", choices=tuple(BENCHES), help="; ".join(f"{n}: {h}" for n, h in BENCHES.items())
    )
    bench.add_argument(
        "parts", nargs="*", metavar="PART", help="frame, client, world, window: only these parts of it"
    )
    bench.add_argument(
        "--seconds", type=_seconds, default=6.0, metavar="S", help="measured seconds an arm and round (6)"
    )
    bench.add_argument("--rounds", type=_natural, default=1, metavar="N", help="rounds, arms interleaved (1)")
    bench.add_argument(
        "--lines", type=_natural, default=60, metavar="N", help="latency: lines to be spoken (60)"
    )
    bench.add_argument("--report", type=Path, metavar="FILE", help="write the numbers as JSON")
    bench.add_argument("--plots", type=Path, metavar="DIR", help="frame: every frame as CSV, and pictures")


def _add_soak(commands: argparse._SubParsersAction[_Parser]) -> None:
    soak = commands.add_parser(
        "soak", help="a long run that watches itself, and fails (exit 3) when a promise breaks"
    )
    long = soak.add_mutually_exclusive_group()
    long.add_argument("--hours", type=_hours, metavar="H", help="world hours; real ones without --fast")
    long.add_argument("--days", type=_natural, metavar="N", help="calendar days, as with --fast (30)")
    soak.add_argument(
        "--faults",
        choices=tuple(PROFILES),
        default=NO_FAULTS,
        help="what goes wrong with answers meanwhile, drawn by seed",
    )
    soak.add_argument(
        "--bundle",
        type=Path,
        default=Path("soak-bundle"),
        metavar="DIR",
        help="where report, trace, log and recording go if a promise breaks (soak-bundle)",
    )
    _add_run_options(soak)


def _add_models(commands: argparse._SubParsersAction[_Parser]) -> None:
    models = commands.add_parser(
        "models", help="the embedded models: what there is, fetch one, where it lies"
    )
    what = models.add_subparsers(dest="what", metavar="list|pull|path", required=True, parser_class=_Parser)
    what.add_parser("list", help="the models that can run without a server of your own")
    for name, does in (("pull", "fetch one, check it, keep it"), ("path", "where it lies")):
        what.add_parser(name, help=does).add_argument("model", metavar="NAME")


def _add_characters(commands: argparse._SubParsersAction[_Parser]) -> None:
    characters = commands.add_parser(
        "characters", help="people from character cards (SillyTavern, TavernAI), and back"
    )
    what = characters.add_subparsers(
        dest="what", metavar="import|export|list", required=True, parser_class=_Parser
    )
    comes = what.add_parser("import", help="make a card (.json, .png, .charx) somebody of the town")
    comes.add_argument("file", type=Path, metavar="FILE")
    comes.add_argument(
        "--to", type=Path, metavar="DIR", help="where to write them (mods/characters/personas)"
    )
    comes.add_argument("--name", default="", metavar="'FIRST LAST'", help="what they are called here")
    goes = what.add_parser("export", help="write somebody as a card")
    goes.add_argument("name", metavar="NAME")
    goes.add_argument("--to", type=Path, required=True, metavar="FILE", help="a .json or a .png")
    goes.add_argument("--picture", type=Path, metavar="PNG", help="the picture it goes into (a plain one)")
    goes.add_argument("--card-version", type=int, choices=(2, 3), help="(as it came, else 2)")
    what.add_parser("list", help="everybody who has a file")


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


def _natural(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number, not negative, got {text!r}")
    return int(text)


def _hours(text: str) -> float:
    try:
        return _seconds(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected hours, such as 0.5, got {text!r}") from None


def _seconds(text: str) -> float:
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


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a mistake exits with status 2 and one line."""
    return parser().parse_args(arguments)
