"""`run_world.py bench window`: what a frame costs with two hundred people in sight and thirty of them speaking.

Two parts that take turns: a camera that stands still, and a hand that turns the wheel and changes the window's size
all the while. The screen is SDL's dummy driver, so that what is measured is the town's work and not a screen's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.app.exit_status import USAGE
from sim.app.report import check_writable
from sim.bench.apart import apart
from sim.bench.client_numbers import Verdict, over_rounds, percentiles
from sim.bench.client_tables import console, spread_cell, table, verdict_table
from sim.bench.command import can_measure, finish, report_of
from sim.bench.numbers import machine
from sim.bench.progress import shown
from sim.bench.trace import Frame
from sim.bench.window_frames import BUBBLES, PEOPLE, Frames, run_frames

PARTS: Final = ("still", "turning")
_LIMITS_MS: Final = {"still": {"p50": 6.0, "p99": 11.0, "p999": 16.0}, "turning": {"max": 33.0}}
_LEAST_KEPT: Final = 99.0  # per cent of letters that the font need not draw
_OF_ROUNDS: Final = ("p50", "p95", "p99")
_OF_ALL: Final = ("p999", "max")  # of a single round, one in a thousand would be its longest frame


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, how often and for how long."""

    rounds: int = 1
    seconds: float = 6.0  # of each run
    parts: Sequence[str] = PARTS


def bench_window(rounds: int, seconds: float, report: Path | None, parts: Sequence[str] = ()) -> int:
    """Measure, show, write; 0 if all is within its limit, 3 if not, 2 for nothing to measure. Raises OutputError."""
    if not can_measure("window", rounds, seconds, parts, PARTS):
        return USAGE
    check_writable(report)
    numbers, verdicts = measure(Plan(rounds, seconds, parts or PARTS))
    terminal = console()
    terminal.print(_table(numbers["parts"]))
    terminal.print(verdict_table(verdicts))
    return finish(report, numbers, verdicts)


def measure(plan: Plan) -> tuple[dict[str, Any], list[Verdict]]:
    """All parts in all rounds, in turn; the report, and what is held against a limit."""
    on = machine()
    runs: dict[str, list[Frames]] = {part: [] for part in plan.parts}
    with shown(plan.rounds * len(plan.parts)) as bar:
        for number in range(1, plan.rounds + 1):
            for part in plan.parts:
                bar.step(f"round {number}: {PEOPLE} people, {BUBBLES} bubbles, {part}")
                runs[part].append(apart(bar.beat, run_frames, plan.seconds, turns=part == "turning"))
    told = {part: _numbers(of) for part, of in runs.items()}
    verdicts = [verdict for part in plan.parts for verdict in _verdicts(part, told[part])]
    head = {"rounds": plan.rounds, "seconds": plan.seconds}
    return report_of("bench window", on, head, told, verdicts), verdicts


def _numbers(runs: Sequence[Frames]) -> dict[str, Any]:
    frames = [frame for run in runs for frame in run.traced]
    ours = _not_taken(frames)
    letters, rendered = sum(run.letters for run in runs), sum(run.rendered for run in runs)
    return {
        "people": min(run.people for run in runs),
        "bubbles": min(run.bubbles for run in runs),
        "frames": len(frames),
        "work_ms": over_rounds([_work_ms(_not_taken(run.traced)) for run in runs]),
        "all_ms": _work_ms(frames),
        "ours_ms": _work_ms(ours),
        "taken_by_machine": len(frames) - len(ours),
        "letters": letters,
        "letters_kept_percent": round(100 * (1 - rendered / letters), 3) if letters else 0.0,
    }


def _verdicts(part: str, numbers: Mapping[str, Any]) -> list[Verdict]:
    work = [
        Verdict(f"{part}: work {name}", _work(numbers, name), limit, "ms")
        for name, limit in _LIMITS_MS[part].items()
    ]
    if part != "still":
        return work
    kept = Verdict("letters kept", numbers["letters_kept_percent"], _LEAST_KEPT, "%", at_least=True)
    seen = [
        Verdict(f"{what} in sight", numbers[what], least, at_least=True)
        for what, least in (("people", PEOPLE), ("bubbles", BUBBLES))
    ]
    return [*work, kept, *seen]


def _not_taken(frames: Sequence[Frame]) -> list[Frame]:
    """Those but during which the machine ran somebody else: neither thread of ours was on a processor for most of it."""
    return [frame for frame in frames if not frame.is_machines]


def _work_ms(frames: Iterable[Frame]) -> dict[str, float]:
    return percentiles(frame.work / 1e6 for frame in frames)


def _work(numbers: Mapping[str, Any], name: str) -> float:
    """Of a middling round, or of all rounds' frames together."""
    work: float = numbers["ours_ms"][name] if name in _OF_ALL else numbers["work_ms"][name]["median"]
    return work


def _table(parts: Mapping[str, Mapping[str, Any]]) -> Any:
    return table(
        "Work of a frame, ms: poll, drain, ticks and drawing; without the frames during which the\n"
        "machine ran somebody else; p50 to p99: medians of the rounds and how far they lie apart;\n"
        "p999 and max: over all rounds, with those frames and without",
        ("part", "people", "bubbles", "frames", *_OF_ROUNDS, *_OF_ALL, "taken", "letters kept, %"),
        [
            (
                part,
                str(of["people"]),
                str(of["bubbles"]),
                str(of["frames"]),
                *(spread_cell(of["work_ms"][name]) for name in _OF_ROUNDS),
                *(f"{of['all_ms'][name]:.2f}\n{of['ours_ms'][name]:.2f}" for name in _OF_ALL),
                str(of["taken_by_machine"]),
                str(of["letters_kept_percent"]),
            )
            for part, of in parts.items()
        ],
    )
