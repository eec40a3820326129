"""Whole lines at a model's speed: when their first words are there, and how many have ended within two seconds."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from llm.bridge import Bridge
from llm.settings import LlmSettings
from llm.types import (
    Failed,
    Finished,
    NpcId,
    Priority,
    Request,
    RequestId,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
)
from sim.bench.canned import Canned
from sim.bench.client_arms import PROMPT, drain_all, open_gate
from sim.bench.client_numbers import Verdict, percentiles
from sim.bench.client_runs import Beat, settled
from sim.pacer import FramePacer

# Forty to seventy tokens, sixty a second, the first after 0.3 s: a good local model on a common machine.
LINE: Final = Canned(40, 60.0, chunks_to=70, delay_s=0.3, stamped=True)
AT_ONCE: Final = 4
GOAL_S: Final = 2.0
LEAST_SHARE: Final = 0.95
_PATIENCE_S: Final = 30.0
_PRIORITY: Final = {Tier.LOCAL: Priority.VISIBLE, Tier.CLOUD: Priority.SPOTLIGHT}
BridgeFactory = Callable[[], Bridge]


@dataclass(slots=True)
class _Asked:
    """One line on its way."""

    npc: NpcId
    asked_ns: int
    tier: Tier | None = None
    first_ns: int = 0


@dataclass(slots=True)
class _Ear:
    """What has come of all lines."""

    wanted: Tier
    asked: dict[RequestId, _Asked] = field(default_factory=dict)
    free: deque[NpcId] = field(default_factory=lambda: deque(map(NpcId, range(AT_ONCE))))
    first_s: list[float] = field(default_factory=list)
    end_s: list[float] = field(default_factory=list)
    spoken_by: Counter[str] = field(default_factory=Counter)

    def hear(self, event: StreamEvent) -> None:
        """One event, as it is drained."""
        line = self.asked[event.request_id]
        match event:
            case Started(tier=tier):
                line.tier = tier
            case TextDelta():
                line.first_ns = line.first_ns or time.perf_counter_ns()
            case Finished() | Failed():
                self._end(event.request_id, line)

    def _end(self, request_id: RequestId, line: _Asked) -> None:
        del self.asked[request_id]
        self.free.append(line.npc)
        self.spoken_by[line.tier.value if line.tier else "nobody"] += 1
        if line.tier is self.wanted:
            self.first_s.append((line.first_ns - line.asked_ns) / 1e9)
            self.end_s.append((time.perf_counter_ns() - line.asked_ns) / 1e9)


def local_bridge(base_url: str) -> Bridge:
    """The defaults, clocks included, over this server as the local model."""
    local = {"base_url": base_url, "max_concurrency": AT_ONCE + 1, "extra_body": LINE.as_body()}
    settings = LlmSettings.model_validate(
        {"hybrid": False, "local": local, "embedded": {"enabled": False}}
    )  # one slot is the spotlight's
    return Bridge(settings, open_gate, allow_download=False)


def lines_through(make: BridgeFactory, tier: Tier, count: int, beat: Beat) -> dict[str, Any]:
    """So many lines, four at a time, through the tier that is meant: a spotlight is what the cloud is for."""
    ear = _Ear(tier)
    with closing(make()) as bridge, settled():
        pacer = FramePacer()
        left, next_id = count, 1
        until_ns = time.perf_counter_ns() + int((_PATIENCE_S + 2 * GOAL_S * count / AT_ONCE) * 1e9)
        while (left or ear.asked) and time.perf_counter_ns() < until_ns:
            pacer.wait()
            drain_all(bridge, ear.hear)
            while left and ear.free and _ready(bridge, tier):
                request = Request(
                    RequestId(next_id), ear.free.popleft(), PROMPT, "Well.", 0, priority=_PRIORITY[tier]
                )
                left, next_id = left - 1, next_id + 1
                ear.asked[request.id] = _Asked(request.npc, time.perf_counter_ns())
                bridge.submit(request)
            beat()
    return _told(ear, tier, count)


def line_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """One."""
    name = f"{numbers['tier']}: share of lines whole within {GOAL_S:.0f} s"
    return [Verdict(name, numbers["within_goal"], LEAST_SHARE, at_least=True)]


def _ready(bridge: Bridge, tier: Tier) -> bool:
    """The local tier says so itself; a cloud is there as soon as it is set up."""
    return tier is not Tier.LOCAL or bridge.status().state is TierState.READY


def _told(ear: _Ear, tier: Tier, count: int) -> dict[str, Any]:
    return {
        "tier": tier.value,
        "lines": count,
        "tokens": [LINE.chunks, LINE.chunks_to],
        "tokens_per_s": LINE.rate,
        "server_delay_s": LINE.delay_s,
        "first_content_s": percentiles(ear.first_s),
        "end_s": percentiles(ear.end_s),
        "within_goal": sum(took < GOAL_S for took in ear.end_s) / count,
        "spoken_by": dict(ear.spoken_by),
    }
