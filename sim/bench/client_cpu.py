"""What a chunk costs, from socket to the main thread, in processor time: ours against the SDK, and a long line against a short one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from sim.bench.canned import Canned
from sim.bench.client_arms import Ask, Client, ClientFactory, Ours
from sim.bench.client_numbers import Verdict, over_rounds, ratio, there_and_back
from sim.bench.client_runs import Course, Run, run_streams, settled
from sim.bench.numbers import spread
from sim.bench.progress import Shown
from sim.bench.sdk_arm import Sdk
from sim.bench.server_process import FakeServer

CLIENTS: Final[Mapping[str, ClientFactory]] = {"ours": Ours, "sdk": Sdk}
ENDLESS: Final = 10_000_000  # chunks: it ends when it is told to
RATE: Final = 30.0
MOST_OF_SDK: Final = 0.35
MOST_GROWTH: Final = 1.1
MOST_LOST: Final = 0.02  # share of chunks: a client that is further behind than that does not keep up
GROWTH_S: Final = 5.0
_GROWTH_LINES: Final = 4  # at once
_GROWTH_CHUNKS: Final = (150, 10_000)
_LONG_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What every part needs."""

    server: FakeServer
    rounds: int
    seconds: float
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
    return run_streams(CLIENTS[name], streams(level), bench.server, bench.seconds, bench.shown.beat)


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


# -- does a chunk cost more, the longer its line is?


@dataclass(frozen=True, slots=True)
class _Spent:
    """At the end of one frame."""

    wall_ns: int
    cpu_ns: int
    words: int


def measure_growth(bench: Bench, chunks: Sequence[int] = _GROWTH_CHUNKS) -> dict[str, Any]:
    """As many chunks in the same time, as many short lines and as few long ones; and within the long ones."""
    short, long = chunks
    rounds = [_growth_round(bench, short, long, number) for number in range(1, bench.rounds + 1)]
    return {
        "short_chunks": short,
        "long_chunks": long,
        "rate": long / GROWTH_S,
        "long_over_short": spread([one["ratio"] for one in rounds]),
        "second_half_over_first": spread([one["halves"] for one in rounds]),
        "short_us": spread([one["short_us"] for one in rounds]),
        "long_us": spread([one["long_us"] for one in rounds]),
    }


def growth_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """Both ways to see it: a short line also pays for its question, which hides a little growth of the long one."""
    names = {
        "long_over_short": f"{numbers['long_chunks']} chunks a line / {numbers['short_chunks']}",
        "second_half_over_first": f"second half of {numbers['long_chunks']} chunks / first",
    }
    return [
        Verdict(f"CPU per chunk, {told}", numbers[name]["median"], MOST_GROWTH)
        for name, told in names.items()
    ]


def _growth_round(bench: Bench, short: int, long: int, number: int) -> dict[str, float]:
    idle = run_streams(Ours, streams(0), bench.server, min(bench.seconds, GROWTH_S), bench.shown.beat)
    costs: dict[int, list[float]] = defaultdict(list)
    halves: list[float] = []
    for chunks in there_and_back(short, long):
        bench.shown.step(f"round {number}: {chunks} chunks a line")
        spent = _growth_run(bench, chunks, long)
        costs[chunks].append(_us_per_chunk(spent, idle.cpu_ms_per_s))
        if chunks == long:
            middle = next(at for at, one in enumerate(spent) if one.words * 2 >= spent[-1].words)
            first, second = spent[: middle + 1], spent[middle:]
            halves.append(
                ratio([_us_per_chunk(second, idle.cpu_ms_per_s)], [_us_per_chunk(first, idle.cpu_ms_per_s)])
            )
    return {
        "ratio": ratio(costs[long], costs[short]),
        "halves": fmean(halves),
        "short_us": fmean(costs[short]),
        "long_us": fmean(costs[long]),
    }


def _growth_run(bench: Bench, chunks: int, long: int) -> list[_Spent]:
    """Lines of so many chunks one after the other, until all are said."""
    lines = _GROWTH_LINES * long // chunks
    # Twice as many are asked for as are in flight, so that none waits for the main thread to ask for the next.
    ask = Ask(
        Canned(chunks, long / GROWTH_S, stamped=True), 2 * _GROWTH_LINES, lines, slots=_GROWTH_LINES + 1
    )
    spent: list[_Spent] = []
    with closing(Ours(bench.server.base_url, ask)) as client, settled():

        def note() -> None:
            spent.append(_spent_by(client))
            bench.shown.beat()

        Course(client, bench.server, note).until(lambda: client.ended >= lines, _LONG_S)
    begun = next(at for at, one in enumerate(spent) if one.words)
    return spent[max(begun - 1, 0) :]


def _spent_by(client: Client) -> _Spent:
    return _Spent(time.perf_counter_ns(), time.process_time_ns(), client.words)


def _us_per_chunk(spent: Sequence[_Spent], idle_ms_per_s: float) -> float:
    first, last = spent[0], spent[-1]
    idle_us = idle_ms_per_s * 1000 * (last.wall_ns - first.wall_ns) / 1e9
    words = last.words - first.words
    return ((last.cpu_ns - first.cpu_ns) / 1000 - idle_us) / words if words else 0.0
