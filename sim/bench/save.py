"""`run_world.py bench save`: what saving a crowd costs its frames, beside what one would write first.

The same town, paced, saved every two seconds: by our own saver; with `json.dump` in the loop; with `pickle` in the loop; and not at all.
Runs take turns there and back, each in a process of its own.
"""

from __future__ import annotations

import json
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from llm.tick_models import TickModels
from sim.app import build
from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.app.saving import Recorder, Saver, Town
from sim.app.scribe import Scribe
from sim.app.town_header import header_of
from sim.bench.apart import apart
from sim.bench.client_numbers import Verdict, over_rounds, percentiles
from sim.bench.client_tables import console, spread_cell, table, verdict_table
from sim.bench.command import can_measure, finish, report_of
from sim.bench.numbers import machine
from sim.bench.progress import shown
from sim.bench.town_ticks import SEED, found, settings_of
from sim.bench.trace import Frame, FrameTrace, TracedPacer
from sim.bubbles import BubbleBoard
from sim.growing import Growing
from sim.journal import Journal
from sim.loop import Loop
from sim.saved_state import photograph, state_of
from sim.slots import Slot
from sim.view_protocol import NullView
from sim.world import World

PEOPLE: Final = 10_000
EVERY_S: Final = 2.0
MOST_OF_MEDIAN: Final = 2.0  # the longest frame, of all that lie between two saves and at them
_WARM_UP_S: Final = 3.0
_NAMES: Final = ("p50", "p99", "max")


@dataclass(frozen=True, slots=True)
class Saves:
    """What one run gave."""

    frames: list[Frame]
    written: int


def bench_save(rounds: int, seconds: float, report: Path | None) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError."""
    if not can_measure("save", rounds, seconds):
        return USAGE
    check_writable(report)
    numbers, verdicts = measure(rounds, seconds)
    terminal = console()
    terminal.print(_table(numbers["parts"]))
    terminal.print(verdict_table(verdicts))
    return finish(report, numbers, verdicts)


def measure(rounds: int, seconds: float, people: int = PEOPLE) -> tuple[dict[str, Any], list[Verdict]]:
    """All ways in all rounds; the report, and what is held against a limit."""
    on = machine()
    runs: dict[str, list[Saves]] = defaultdict(list)
    with shown(rounds * len(WAYS)) as bar:
        for number in range(rounds):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                bar.step(f"round {number + 1}: {people:,} people, {way}")
                runs[way].append(apart(bar.beat, run_saves, way, seconds, people))
    told = {way: _numbers(runs[way]) for way in WAYS}
    head = {"rounds": rounds, "seconds": seconds, "people": people, "every_s": EVERY_S}
    verdicts = _verdicts(told[OURS])
    return report_of("bench save", on, head, told, verdicts), verdicts


def run_saves(way: str, seconds: float, people: int) -> Saves:
    """So many seconds of frames, saved every two."""
    settings = settings_of(people)
    world = found(settings)
    gate = build.gate_factory(settings, [persona for _, persona in world.roster.known()])
    loop = build.build_loop(world, TickModels(gate), BubbleBoard(), NullView(), fast=False)
    trace = FrameTrace(lambda: world.tick)
    loop.statistics, loop.pacer = trace, TracedPacer(loop.pacer, trace)
    build.settle_interpreter(settings)
    with tempfile.TemporaryDirectory() as folder, closing(trace):
        path = Path(folder) / "crowd"
        town = Town(world, header_of(settings, SEED, people, thinks=False), Scribe(), print)
        journal = Journal(world.tick)
        saver = Saver(town, Slot(Path(folder), path.name), EVERY_S, Recorder(town, Growing(), journal))
        in_loop = _InLoop(world, path, _IN_LOOP[way]) if way in _IN_LOOP else None
        if in_loop is not None:
            loop.after_frame.append(in_loop)
        elif way == OURS:
            loop.in_slack.append(saver)
            loop.journals.append(journal)
        _run_for(loop, _WARM_UP_S)
        first, before = len(trace.frames), saver.written
        _run_for(loop, seconds)
        frames = trace.frames[first:]
        written = in_loop.written if in_loop else saver.written - before
        if way == OURS:
            saver.close()
            town.scribe.close()
    return Saves(frames, written)


def _run_for(loop: Loop, seconds: float) -> None:
    last = loop.now_ns() + int(seconds * 1e9)
    loop.stopped = False

    def stop() -> None:
        loop.stopped = loop.now_ns() >= last

    loop.in_slack.append(stop)
    loop.run()
    loop.in_slack.remove(stop)


@dataclass(slots=True)
class _InLoop:
    """Saves within the frame, and lets it wait."""

    world: World
    path: Path
    write: Callable[[World, Path], None]
    written: int = 0

    def __call__(self) -> None:
        if self.world.tick % int(EVERY_S * 60) == 0:
            self.write(self.world, self.path)
            self.written += 1


def _with_json(world: World, path: Path) -> None:
    state, arrays = state_of(world)
    with path.open("w", encoding="utf-8") as file:
        json.dump({"state": state, "arrays": [array.tolist() for array in arrays]}, file)


def _with_pickle(world: World, path: Path) -> None:
    with path.open("wb") as file:
        pickle.dump(photograph(world), file)


NOT_AT_ALL, OURS = "not at all", "ours"
_IN_LOOP: Final[Mapping[str, Callable[[World, Path], None]]] = {
    "json.dump in the loop": _with_json,
    "pickle in the loop": _with_pickle,
}
WAYS: Final = (NOT_AT_ALL, OURS, *_IN_LOOP)


def _numbers(runs: Sequence[Saves]) -> dict[str, Any]:
    frames = [frame for run in runs for frame in run.frames]
    ours = [frame for frame in frames if not frame.is_machines]
    return {
        "frames": len(frames),
        "saves": sum(run.written for run in runs),
        "work_ms": over_rounds([percentiles(frame.work / 1e6 for frame in run.frames) for run in runs]),
        "interval_ms": over_rounds(
            [percentiles(frame.interval / 1e6 for frame in run.frames) for run in runs]
        ),
        "longest_over_median": _longest(ours),
    }


def _longest(frames: Sequence[Frame]) -> float:
    """From start to start: what somebody sees, whether a save was in the frame or between it and the next."""
    intervals = percentiles(frame.interval / 1e6 for frame in frames)
    return intervals["max"] / intervals["p50"] if intervals["p50"] else 0.0


def _verdicts(ours: Mapping[str, Any]) -> list[Verdict]:
    return [
        Verdict(f"longest frame / median, {PEOPLE:,} people", ours["longest_over_median"], MOST_OF_MEDIAN),
        Verdict("saves that were written", ours["saves"], 1, at_least=True),
    ]


def _table(ways: Mapping[str, Mapping[str, Any]]) -> Any:
    return table(
        f"Frames of a crowd that is saved every {EVERY_S:g} s, ms; medians of the rounds",
        (
            "saved",
            "saves",
            "frames",
            *(f"work {name}" for name in _NAMES),
            *(f"interval {name}" for name in _NAMES),
        ),
        [
            (
                way,
                str(of["saves"]),
                str(of["frames"]),
                *(spread_cell(of["work_ms"][name], 1) for name in _NAMES),
                *(spread_cell(of["interval_ms"][name], 1) for name in _NAMES),
            )
            for way, of in ways.items()
        ],
    )
