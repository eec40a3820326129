"""The command line: all commands and their options. Only what exists is in `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from llm.mishaps import NO_FAULTS, PROFILES
from sim.app.options import add_run_options, add_settings_options, natural, program_version, seconds

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


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a mistake exits with status 2 and one line."""
    return parser().parse_args(arguments)


def parser() -> argparse.ArgumentParser:
    """All commands and options."""
    root = _Parser(
        prog="run_world.py",
        description="An always-on 2D town whose people talk with words that language models write.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"%(prog)s {program_version()}")
    add_run_options(root)
    commands = root.add_subparsers(
        dest="command", metavar="COMMAND", title="commands (none = run)", parser_class=_Parser
    )
    add_run_options(commands.add_parser("run", help="the world, in a window or headless"))
    _add_replay(commands)
    _add_saves(commands)
    _add_bench(commands)
    _add_soak(commands)
    _add_models(commands)
    _add_characters(commands)
    doctor = commands.add_parser(
        "doctor", help="check this machine: display, servers, model, timer; say what to do"
    )
    add_settings_options(doctor)
    return root


class _Parser(argparse.ArgumentParser):
    """Mistakes are one line and exit status 2."""

    def error(self, message: str) -> None:  # type: ignore[override]  # it does not return: exit raises
        self.exit(2, f"run_world.py: {message} (see --help)\n")


def _add_replay(commands: argparse._SubParsersAction[_Parser]) -> None:
    replay = commands.add_parser(
        "replay", help="live through a recording again, bit for bit, with no model; or go on from it"
    )
    replay.add_argument("file", type=Path, metavar="FILE", help="made by --record")
    replay.add_argument("--until", type=natural, metavar="TICK", help="so far (to its end)")
    replay.add_argument("--window", action="store_true", help="watch it, at the pace at which it happened")
    replay.add_argument(
        "--fork",
        type=Path,
        metavar="NEW",
        help="go on live from there, with the options of `run`, and record that",
    )
    add_run_options(replay)


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
        add_settings_options(one)


def _add_bench(commands: argparse._SubParsersAction[_Parser]) -> None:
    bench = commands.add_parser("bench", help="measurements that anybody can repeat")
    bench.add_argument(
        "name", choices=tuple(BENCHES), help="; ".join(f"{n}: {h}" for n, h in BENCHES.items())
    )
    bench.add_argument(
        "parts", nargs="*", metavar="PART", help="frame, client, world, window: only these parts of it"
    )
    bench.add_argument(
        "--seconds", type=seconds, default=6.0, metavar="S", help="measured seconds an arm and round (6)"
    )
    bench.add_argument("--rounds", type=natural, default=1, metavar="N", help="rounds, arms interleaved (1)")
    bench.add_argument(
        "--lines", type=natural, default=60, metavar="N", help="latency: lines to be spoken (60)"
    )
    bench.add_argument("--report", type=Path, metavar="FILE", help="write the numbers as JSON")
    bench.add_argument("--plots", type=Path, metavar="DIR", help="frame: every frame as CSV, and pictures")


def _add_soak(commands: argparse._SubParsersAction[_Parser]) -> None:
    soak = commands.add_parser(
        "soak", help="a long run that watches itself, and fails (exit 3) when a promise breaks"
    )
    long = soak.add_mutually_exclusive_group()
    long.add_argument("--hours", type=_hours, metavar="H", help="world hours; real ones without --fast")
    long.add_argument("--days", type=natural, metavar="N", help="calendar days, as with --fast (30)")
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
    add_run_options(soak)


def _hours(text: str) -> float:
    try:
        return seconds(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected hours, such as 0.5, got {text!r}") from None


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
