"""What it costs the main thread to ask for a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple

from llm.client import HybridLLMClient
from llm.generation import Reply
from llm.types import NpcId, Request, RequestId, Tier, TierState
from sim.bench.canned import Canned
from sim.bench.client_arms import PROMPT, Ask, drain_all, open_gate, settings_for
from sim.bench.client_numbers import Verdict, percentiles
from sim.bench.client_runs import Beat, SleepPacer, settled
from sim.bench.server_process import ServerDoor

MOST_US: Final = 100.0
SUBMITS: Final = 2000
_A_FRAME: Final = 4
_NPCS: Final = 64
CONTEXT: Final[Mapping[str, Any]] = {
    "prompt": "What do you think of the weather?",
    "is_spotlight": False,
    "participants": ["Ann", "Bob"],
    "conversation_history": ["Good morning.", "Good morning to you."],
}
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


def measure_submits(server: ServerDoor, beat: Beat, count: int = SUBMITS) -> dict[str, Any]:
    """A caller's question to the client, half of them, and the town's to the door behind it."""
    spoken = dict.fromkeys(Tier, 0)
    ask = Ask(_LINE, _NPCS, _NPCS)
    with closing(
        HybridLLMClient(settings_for(server.base_url, ask), open_gate, allow_download=False)
    ) as client:
        client.llm_response_received.connect(lambda _number, reply: _count(spoken, reply))
        pacer = SleepPacer()

        def between() -> None:
            client.hand_in()
            beat()
            pacer.wait()
            drain_all(client, lambda _event: None)  # a frame hears before it asks

        until_ns = time.perf_counter_ns() + int(_READY_S * 1e9)
        while client.status().state is not TierState.READY and time.perf_counter_ns() < until_ns:
            between()
        with settled():
            calls = time_asking(lambda _request: client.generate_async(CONTEXT), between, count // 2)
            town = time_asking(client.submit, between, count - count // 2)
        for _ in range(30):
            between()
    return {
        "submits": count,
        "us": percentiles(one.wall_ns / 1000 for one in calls),
        "cpu_us": percentiles(one.cpu_ns / 1000 for one in calls),
        "town_us": percentiles(one.wall_ns / 1000 for one in town),
        "spoken_by": {tier.value: lines for tier, lines in spoken.items()},
    }


def _count(spoken: dict[Tier, int], reply: Reply) -> None:
    spoken[reply.tier] += 1


def submit_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """One."""
    return [Verdict("generate_async p99", numbers["us"]["p99"], MOST_US, "us")]
