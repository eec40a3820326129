"""Lines that are given up at any moment of their life, thousands of them: afterwards nothing of them may be left."""

from __future__ import annotations

import asyncio
import gc
import heapq
import random  # noqa: TID251 - seeded here: a bench belongs to no world that could pass its chance in
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Final

import psutil

from llm.bridge import Bridge
from llm.types import Failed, Finished, NpcId, Request, RequestId, Started, StreamEvent, Tier, TierState
from sim.bench.canned import Canned
from sim.bench.client_arms import PROMPT, Ask, drain_all, open_gate, settings_for
from sim.bench.client_numbers import Verdict
from sim.bench.client_runs import Beat
from sim.bench.server_process import ServerDoor

CANCELS: Final = 5000
SLOTS: Final = 8
_SEED: Final = 20
_LONGEST_S: Final = (
    0.12  # of a life that ends by a cancel; before the question is sent, or in the middle of words
)
_LINE: Final = Canned(20, 100.0, delay_s=0.01, stamped=True)  # whole in 0.21 s
_LOOK_S: Final = 0.001
_PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a client has; the collector has run before it is counted."""

    threads: int
    descriptors: int
    tasks: int
    server_streams: int

    @classmethod
    def now(cls, server: ServerDoor) -> Belongings:
        """Of this process, whose only asyncio loop is the client's; frozen objects are none of its tasks."""
        gc.collect()
        tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
        return cls(
            threading.active_count(), _descriptors(), len(tasks), int(server.counters()["open_streams"])
        )

    def more_than(self, other: Belongings) -> list[str]:
        """Which of them there are more of."""
        then = asdict(other)
        return [name for name, count in asdict(self).items() if count > then[name]]


def _descriptors() -> int:
    process = psutil.Process()
    if sys.platform == "win32":
        return process.num_handles()
    return process.num_fds()


class _Canceller:
    """Asks, and gives up."""

    def __init__(self, bridge: Bridge, beat: Beat) -> None:
        self.bridge = bridge
        self.whole = 0  # lines that ended before they were given up, or of which nobody gave up
        self.failed = 0
        self._by_model: set[RequestId] = set()
        self._beat = beat
        self._pause = threading.Event()
        self._next_id = 1

    def ask(self, npc: NpcId) -> RequestId:
        """A line for this person."""
        request = Request(RequestId(self._next_id), npc, PROMPT, "Well, well.", 0)
        self._next_id += 1
        self.bridge.submit(request)
        return request.id

    def churn(self, count: int, seed: int) -> None:
        """Eight people at a time, each given up after a while of its own."""
        chance = random.Random(seed)
        free = deque(NpcId(index) for index in range(SLOTS))
        due: list[tuple[float, RequestId, NpcId]] = []
        left = count
        while left or due:
            while left and free:
                npc, left = free.popleft(), left - 1
                ends_s = time.perf_counter() + chance.uniform(0, _LONGEST_S)
                heapq.heappush(due, (ends_s, self.ask(npc), npc))
            while due and due[0][0] <= time.perf_counter():
                _, request_id, npc = heapq.heappop(due)
                self.bridge.cancel(request_id)
                free.append(npc)
            self._turn()

    def whole_lines(self) -> int:
        """As many lines as there are slots, to their ends; how many came out whole."""
        self.whole = self.failed = 0
        for index in range(SLOTS):
            self.ask(NpcId(index))
        self.until(lambda: self.whole + self.failed >= SLOTS)
        return self.whole

    def until(self, reached: Callable[[], bool]) -> bool:
        """Look on until something is so, with patience but not for ever."""
        end_s = time.perf_counter() + _PATIENCE_S
        while not reached() and time.perf_counter() < end_s:
            self._turn()
        return reached()

    def _turn(self) -> None:
        drain_all(self.bridge, self._hear)
        self._beat()
        self._pause.wait(_LOOK_S)

    def _hear(self, event: StreamEvent) -> None:
        match event:
            case Started(request_id=request_id, tier=Tier.LOCAL):
                self._by_model.add(request_id)
            case Finished(request_id=request_id) if request_id in self._by_model:
                self.whole += 1
            case Finished() | Failed():
                self.failed += 1


def measure_cancels(
    server: ServerDoor, beat: Beat, count: int = CANCELS, seed: int = _SEED
) -> dict[str, Any]:
    """Count what there is, give up so many lines, and count again."""
    ask = Ask(_LINE, SLOTS, SLOTS, slots=SLOTS + 1)
    with closing(Bridge(settings_for(server.base_url, ask), open_gate, allow_download=False)) as bridge:
        canceller = _Canceller(bridge, beat)
        canceller.until(lambda: bridge.status().state is TierState.READY)
        canceller.whole_lines()
        before, lines_before = Belongings.now(server), int(server.counters()["lines"])
        canceller.churn(count, seed)
        reached = int(server.counters()["lines"]) - lines_before
        canceller.until(lambda: server.counters()["open_streams"] == 0)
        whole = canceller.whole_lines()
        canceller.until(lambda: not Belongings.now(server).more_than(before))
        after = Belongings.now(server)
    return {
        "cancels": count,
        "seed": seed,
        "reached_the_server": reached,
        "whole_lines_afterwards": whole,
        "whole_lines_asked": SLOTS,
        "before": asdict(before),
        "after": asdict(after),
        "left_over": after.more_than(before),
    }


def cancel_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """Everybody is answered, and nothing is left."""
    return [
        Verdict(
            f"whole lines of {SLOTS} after {numbers['cancels']} cancels",
            numbers["whole_lines_afterwards"],
            SLOTS,
            at_least=True,
        ),
        Verdict(
            f"kinds of things left over after {numbers['cancels']} cancels", len(numbers["left_over"]), 0
        ),
    ]
