"""How long a chunk is on its way from the server's hand to the main thread's."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sim.bench.apart import apart
from sim.bench.canned import Canned, age_ms
from sim.bench.client_arms import Ask, Client, Ours
from sim.bench.client_cpu import ENDLESS, Bench
from sim.bench.client_numbers import Verdict, percentiles
from sim.bench.client_runs import Pace, Run, Span, run_streams
from sim.bench.server_process import ServerDoor
from sim.pacer import FRAME_NS, FramePacer

# A quick stream fills a piece of text before its time is over; of a slow one each word waits for all of it.
RATES: Final = (30.0, 6.0)
STREAMS: Final = 8
UPDATE_RATE_MS: Final = 100.0
MOST_MS: Final = UPDATE_RATE_MS + 1.3 * FRAME_NS / 1e6


class Ages:
    """When each word came out, and how old it was then."""

    def __init__(self) -> None:
        self._heard: list[tuple[int, float]] = []

    def hear(self, text: str) -> None:
        """Some words, whole ones."""
        now_ns = time.perf_counter_ns()
        self._heard += [(now_ns, age_ms(word, now_ns)) for word in text.split()]

    def within(self, run: Run) -> list[float]:
        """Milliseconds, of what came while it was measured."""
        return [age for at_ns, age in self._heard if run.first.wall_ns <= at_ns < run.last.wall_ns]

    def client(self, base_url: str, ask: Ask) -> Client:
        """Ours, listened to."""
        return Ours(base_url, ask, self.hear)


def measure_delays(bench: Bench, rates: Sequence[float] = RATES) -> dict[str, Any]:
    """Each rate; a few streams, as in a town that is looked at."""
    return {"streams": STREAMS, "rates": [_at_rate(bench, rate) for rate in rates]}


def delay_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """Each rate."""
    return [
        Verdict(f"chunk sent to seen p99, {one['rate']:.0f} chunks/s", one["delay_ms"]["p99"], MOST_MS, "ms")
        for one in numbers["rates"]
    ]


def _at_rate(bench: Bench, rate: float) -> dict[str, Any]:
    ask = Ask(Canned(ENDLESS, rate, stamped=True), STREAMS, STREAMS)
    delays_ms: list[float] = []
    for number in range(1, bench.rounds + 1):
        bench.shown.step(f"round {number}: delay, {rate:.0f} chunks/s")
        delays_ms += apart(bench.shown.beat, delays_of_run, ask, bench.server, bench.span)
    return {"rate": rate, "chunks": len(delays_ms), "delay_ms": percentiles(delays_ms)}


def delays_of_run(ask: Ask, server: ServerDoor, span: Span) -> list[float]:
    """Milliseconds of every word that came while it was measured."""
    ages = Ages()
    return ages.within(run_streams(ages.client, ask, server, span, Pace(FramePacer)))
