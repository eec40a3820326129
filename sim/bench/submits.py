"""What it costs the main thread to ask for a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple

from llm.bridge import Bridge
from llm.types import NpcId, Request, RequestId, Started, StreamEvent, Tier, TierState
from sim.bench.canned import Canned
from sim.bench.client_arms import PROMPT, Ask, drain_all, open_gate, settings_for
from sim.bench.client_numbers import Verdict, percentiles
from sim.bench.client_runs import Beat, SleepPacer, settled
from sim.bench.server_process import FakeServer

MOST_US: Final = 100.0
SUBMITS: Final = 2000
_A_FRAME: Final = 4
_NPCS: Final = 64
_LINE: Final = Canned(5, 200.0, stamped=True)
_READY_S: Final = 10.0
AskFor = Callable[[Request], object]


class Took(NamedTuple):
    """One call, in nanoseconds: by the wall, and of it on a processor."""

    wall_ns: int
    cpu_ns: int


def time_asking(ask_for: AskFor, between: Callable[[], None], count: int = SUBMITS) -> list[Took]:
    """Each call, four a frame; `between` is called once a frame, and may wait and drain."""
    took: list[Took] = []
    for number in range(count):
        request = Request(RequestId(number + 1), NpcId(number % _NPCS), PROMPT, "Well, well.", 0)
        began_cpu_ns, began_ns = time.thread_time_ns(), time.perf_counter_ns()
        ask_for(request)
        ended_ns, ended_cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        took.append(Took(ended_ns - began_ns, ended_cpu_ns - began_cpu_ns))
        if number % _A_FRAME == _A_FRAME - 1:
            between()
    return took


def measure_submits(server: FakeServer, beat: Beat, count: int = SUBMITS) -> dict[str, Any]:
    """Through the bridge."""
    spoken = dict.fromkeys(Tier, 0)

    def hear(event: StreamEvent) -> None:
        if isinstance(event, Started):
            spoken[event.tier] += 1

    ask = Ask(_LINE, _NPCS, _NPCS)
    with closing(Bridge(settings_for(server.base_url, ask), open_gate, allow_download=False)) as bridge:
        pacer = SleepPacer()

        def between() -> None:
            beat()
            pacer.wait()
            drain_all(bridge, hear)  # a frame hears before it asks

        until_ns = time.perf_counter_ns() + int(_READY_S * 1e9)
        while bridge.status().state is not TierState.READY and time.perf_counter_ns() < until_ns:
            between()
        with settled():
            took = time_asking(bridge.submit, between, count)
        for _ in range(30):
            between()
    return {
        "submits": count,
        "us": percentiles(one.wall_ns / 1000 for one in took),
        "cpu_us": percentiles(one.cpu_ns / 1000 for one in took),
        "spoken_by": {tier.value: lines for tier, lines in spoken.items()},
    }


def submit_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """One."""
    return [Verdict("submit p99", numbers["us"]["p99"], MOST_US, "us")]
