"""What a chunk costs, from socket to the main thread, in processor time: ours against the SDK."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from sim.bench.apart import apart
from sim.bench.canned import Canned
from sim.bench.client_arms import Ask, ClientFactory, Ours
from sim.bench.client_numbers import Verdict, over_rounds, ratio, there_and_back
from sim.bench.client_runs import Run, Span, run_streams
from sim.bench.progress import Shown
from sim.bench.sdk_arm import Sdk
from sim.bench.server_process import ServerDoor

CLIENTS: Final[Mapping[str, ClientFactory]] = {"ours": Ours, "sdk": Sdk}
ENDLESS: Final = 10_000_000  # chunks: it ends when it is told to
RATE: Final = 30.0
MOST_OF_SDK: Final = 0.35
MOST_LOST: Final = 0.02  # share of chunks: a client that is further behind than that does not keep up


@dataclass(frozen=True, slots=True)
class Bench:
    """What every part needs."""

    server: ServerDoor
    rounds: int
    span: Span
    shown: Shown


def streams(count: int) -> Ask:
    """So many lines without end."""
    return Ask(Canned(ENDLESS, RATE, stamped=True), count, count)


def cpu_steps(levels: Sequence[int], rounds: int) -> int:
    """How many runs it takes."""
    return rounds * (2 + 4 * len(levels))


def measure_cpu(bench: Bench, levels: Sequence[int]) -> dict[str, Any]:
    """All levels in all rounds, the clients taking turns within each."""
    idles: list[dict[str, float]] = []
    rounds: dict[int, list[dict[str, float]]] = defaultdict(list)
    for number in range(1, bench.rounds + 1):
        idle = {name: _run(bench, name, 0, number).cpu_ms_per_s for name in CLIENTS}
        idles.append(idle)
        for level in levels:
            rounds[level].append(_round(bench, level, number, idle))
    return {
        "rate": RATE,
        "idle_ms_per_s": over_rounds(idles),
        "levels": [{"streams": level, **over_rounds(rounds[level])} for level in levels],
    }


def cpu_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """Each level by itself."""
    return [
        Verdict(
            f"CPU per chunk, {level['streams']} streams: ours / SDK", level["ratio"]["median"], MOST_OF_SDK
        )
        for level in numbers["levels"]
    ] + [
        Verdict(
            f"chunks that come out, {level['streams']} streams: ours",
            level["ours_kept_up"]["median"],
            1 - MOST_LOST,
            at_least=True,
        )
        for level in numbers["levels"]
    ]


def _run(bench: Bench, name: str, level: int, number: int) -> Run:
    bench.shown.step(f"round {number}: CPU, {name}, {level} streams")
    return apart(bench.shown.beat, run_streams, CLIENTS[name], streams(level), bench.server, bench.span)


def _round(bench: Bench, level: int, number: int, idle: Mapping[str, float]) -> dict[str, float]:
    runs: dict[str, list[Run]] = defaultdict(list)
    for name in there_and_back(*CLIENTS):
        runs[name].append(_run(bench, name, level, number))
    costs = {name: [run.cpu_us_per_chunk(idle[name]) for run in runs[name]] for name in CLIENTS}
    numbers = {"ratio": ratio(costs["ours"], costs["sdk"])}
    for name in CLIENTS:
        numbers[f"{name}_us"] = fmean(costs[name])
        numbers[f"{name}_core_share"] = fmean(run.cpu_ms_per_s for run in runs[name]) / 1000
        numbers[f"{name}_delivered_per_s"] = fmean(run.words / run.wall_s for run in runs[name])
        numbers[f"{name}_kept_up"] = fmean(run.kept_up for run in runs[name])
        numbers[f"{name}_failed_lines"] = sum(run.failures.total() for run in runs[name])
    return numbers
