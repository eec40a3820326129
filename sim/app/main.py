"""From the command line to the room that does it; a user's mistake is one line and exit status 2, never a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agents.actions import ActionError
from agents.card_png import CardError
from agents.carts import CartError
from agents.climate import ClimateError
from agents.emotions import EmotionError
from agents.happenings import HappeningError
from agents.mods import ModError
from agents.needs import NeedError
from agents.persona import PersonaError
from agents.templates import TemplateError
from llm.errors import ModelFileError, NotRecorded
from sim.app.command_line import parse
from sim.app.exit_status import USAGE
from sim.app.options import OutputError, run_options
from sim.app.settings_sources import SettingsError
from sim.app.where_from import WhereFromError
from sim.packing import SaveError
from sim.plots import PlotError
from sim.town import MapError

_MISTAKES: Final = (
    SettingsError,
    MapError,
    PersonaError,
    CardError,
    ModError,
    TemplateError,
    ActionError,
    CartError,
    ClimateError,
    HappeningError,
    EmotionError,
    NeedError,
    ModelFileError,
    NotRecorded,
    OutputError,
    WhereFromError,
    SaveError,
    PlotError,
)


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    parsed = parse(arguments)
    command = _COMMANDS[parsed.command or "run"]
    try:
        return command(parsed)
    except _MISTAKES as error:
        print(f"run_world.py: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # who read our output has gone; nothing is left to say to them
        return 0


def _run(parsed: argparse.Namespace) -> int:
    from sim.app.run import run  # a second of imports that --help need not wait for

    return run(run_options(parsed))


def _bench(parsed: argparse.Namespace) -> int:
    """Only a benchmark loads its own fakes."""
    return _BENCHES[parsed.name](parsed)


def _bench_frame(parsed: argparse.Namespace) -> int:
    from sim.bench.frame import bench_frame

    return bench_frame(parsed.rounds, parsed.seconds, parsed.report, parsed.parts, parsed.plots)


def _bench_window(parsed: argparse.Namespace) -> int:
    from sim.bench.window import bench_window

    return bench_window(parsed.rounds, parsed.seconds, parsed.report, parsed.parts)


def _bench_client(parsed: argparse.Namespace) -> int:
    from sim.bench.client import bench_client

    return bench_client(parsed.rounds, parsed.seconds, parsed.report, parsed.parts)


def _bench_latency(parsed: argparse.Namespace) -> int:
    from sim.bench.latency import bench_latency

    return bench_latency(parsed.lines, PAIRS, parsed.report)


def _bench_world(parsed: argparse.Namespace) -> int:
    from sim.bench.world import bench_world

    return bench_world(parsed.rounds, parsed.seconds, parsed.report, parsed.parts)


def _bench_save(parsed: argparse.Namespace) -> int:
    from sim.bench.save import bench_save

    return bench_save(parsed.rounds, parsed.seconds, parsed.report)


def _bench_gate(parsed: argparse.Namespace) -> int:
    from sim.bench.gate import bench_gate

    return bench_gate(parsed.report)


def _bench_all(parsed: argparse.Namespace) -> int:
    from sim.bench.together import bench_all

    def one(name: str) -> Callable[[Path], int]:
        return lambda report: _BENCHES[name](
            argparse.Namespace(**vars(parsed) | {"name": name, "report": report})
        )

    if parsed.parts:
        print(
            f"run_world.py: bench all: runs every part; there is none to choose, as {parsed.parts[0]!r}",
            file=sys.stderr,
        )
        return USAGE
    return bench_all({name: one(name) for name in _BENCHES if name not in _NOT_OF_ALL}, parsed.report)


_BENCHES: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "frame": _bench_frame,
    "window": _bench_window,
    "client": _bench_client,
    "latency": _bench_latency,
    "world": _bench_world,
    "save": _bench_save,
    "gate": _bench_gate,
    "all": _bench_all,
}
_NOT_OF_ALL: Final = ("gate", "all")  # the gate is a quick form of the frame's
PAIRS: Final = 8  # cold and warm, of the embedded model


def _replay(parsed: argparse.Namespace) -> int:
    from sim.app.replay_command import replay  # as `run`

    return replay(parsed)


def _saves(parsed: argparse.Namespace) -> int:
    from sim.app.saves_command import saves_command  # as `run`

    return saves_command(parsed)


def _soak(parsed: argparse.Namespace) -> int:
    from sim.app.soak_command import soak  # as `run`

    return soak(parsed)


def _models(parsed: argparse.Namespace) -> int:
    from sim.app.models_command import models_command  # rich's progress bars are loaded when shown

    return models_command(parsed.what, getattr(parsed, "model", ""))


def _characters(parsed: argparse.Namespace) -> int:
    from sim.app.characters_command import characters_command  # settings and cards, which a run may not need

    return characters_command(parsed)


def _doctor(parsed: argparse.Namespace) -> int:
    from sim.app.doctor import doctor  # looks at pygame, which a headless world never loads

    return doctor(parsed)


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "run": _run,
    "replay": _replay,
    "saves": _saves,
    "bench": _bench,
    "soak": _soak,
    "models": _models,
    "characters": _characters,
    "doctor": _doctor,
}
