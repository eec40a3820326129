"""Does a chunk cost more, the longer its line is? As many chunks in the same time, as short lines and as long ones."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from sim.bench.apart import apart
from sim.bench.canned import Canned
from sim.bench.client_arms import Ask, Client, Ours
from sim.bench.client_cpu import Bench, streams
from sim.bench.client_numbers import Verdict, ratio, there_and_back
from sim.bench.client_runs import Course, run_streams, settled
from sim.bench.numbers import spread
from sim.bench.server_process import ServerDoor

MOST_GROWTH: Final = 1.1
LONG_S: Final = 5.0  # of a long line
_AT_ONCE: Final = 4
_PATIENCE_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of the lines that are compared."""

    short: int  # chunks
    long: int
    seconds: float = LONG_S  # that the long one takes

    @property
    def rate(self) -> float:
        """Chunks a second and stream, of both."""
        return self.long / self.seconds


LENGTHS: Final = Lengths(150, 10_000)


@dataclass(frozen=True, slots=True)
class _Spent:
    """At the end of one frame."""

    wall_ns: int
    cpu_ns: int
    words: int


def measure_growth(bench: Bench, lengths: Lengths) -> dict[str, Any]:
    """As many chunks in the same time, as many short lines and as few long ones; and within the long ones."""
    rounds = [_round(bench, lengths, number) for number in range(1, bench.rounds + 1)]
    return {
        "short_chunks": lengths.short,
        "long_chunks": lengths.long,
        "rate": lengths.rate,
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


def _round(bench: Bench, lengths: Lengths, number: int) -> dict[str, float]:
    bench.shown.step(f"round {number}: nothing comes")
    idle = apart(bench.shown.beat, run_streams, Ours, streams(0), bench.server, bench.span).cpu_ms_per_s
    costs: dict[int, list[float]] = defaultdict(list)
    halves: list[float] = []
    for chunks in there_and_back(lengths.short, lengths.long):
        bench.shown.step(f"round {number}: {chunks} chunks a line")
        spent = apart(bench.shown.beat, _run, bench.server, chunks, lengths)
        costs[chunks].append(_us_per_chunk(spent, idle))
        if chunks == lengths.long:
            halves.append(_second_half_over_first(spent, idle))
    return {
        "ratio": ratio(costs[lengths.long], costs[lengths.short]),
        "halves": fmean(halves),
        "short_us": fmean(costs[lengths.short]),
        "long_us": fmean(costs[lengths.long]),
    }


def _second_half_over_first(spent: Sequence[_Spent], idle_ms_per_s: float) -> float:
    middle = next(at for at, one in enumerate(spent) if one.words * 2 >= spent[-1].words)
    first, second = (_us_per_chunk(part, idle_ms_per_s) for part in (spent[: middle + 1], spent[middle:]))
    return ratio([second], [first])


def _run(server: ServerDoor, chunks: int, lengths: Lengths) -> list[_Spent]:
    """Lines of so many chunks one after the other, until all are said."""
    lines = _AT_ONCE * lengths.long // chunks
    line = Canned(chunks, lengths.rate, stamped=True)
    # Twice as many are asked for as are in flight, so that none waits for the main thread to ask for the next.
    ask = Ask(line, 2 * _AT_ONCE, lines, slots=_AT_ONCE + 1)
    spent: list[_Spent] = []
    with closing(Ours(server.base_url, ask)) as client, settled():
        course = Course(client, server, note=lambda: spent.append(_spent_by(client)))
        course.until(lambda: client.ended >= lines, _PATIENCE_S)
    begun = next(at for at, one in enumerate(spent) if one.words)
    return spent[max(begun - 1, 0) :]


def _spent_by(client: Client) -> _Spent:
    return _Spent(time.perf_counter_ns(), time.process_time_ns(), client.words)


def _us_per_chunk(spent: Sequence[_Spent], idle_ms_per_s: float) -> float:
    first, last = spent[0], spent[-1]
    idle_us = idle_ms_per_s * 1000 * (last.wall_ns - first.wall_ns) / 1e9
    words = last.words - first.words
    return ((last.cpu_ns - first.cpu_ns) / 1000 - idle_us) / words if words else 0.0
