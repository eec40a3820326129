"""Whole lines at a model's speed, by either tier: when their first words are there, and how many have ended in time."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any, Final

from llm.bridge import Bridge
from llm.settings import LlmSettings
from llm.spend_file import STATE_DIR_VARIABLE
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
from sim.bench.client_runs import settled
from sim.bench.server_process import ServerDoor
from sim.pacer import FramePacer

# Forty to seventy tokens, sixty a second, the first after 0.3 s: a good local model on a common machine.
LINE: Final = Canned(40, 60.0, chunks_to=70, delay_s=0.3, stamped=True)
AT_ONCE: Final = 4
GOAL_S: Final = {Tier.LOCAL: 2.0, Tier.CLOUD: 5.0}
LEAST_SHARE: Final = 0.95
_PATIENCE_S: Final = 30.0
_PRIORITY: Final = {Tier.LOCAL: Priority.VISIBLE, Tier.CLOUD: Priority.SPOTLIGHT}
BridgeFactory = Callable[[str, Canned], Bridge]


@dataclass(frozen=True, slots=True)
class Lines:
    """What is to be said, and how soon it should have been."""

    count: int
    said: Canned = LINE
    goal_s: Mapping[Tier, float] = field(default_factory=lambda: dict(GOAL_S))


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
    elsewhere: Counter[str] = field(default_factory=Counter)  # why a line was not its tier's

    def hear(self, event: StreamEvent) -> None:
        """One event, as it is drained."""
        line = self.asked[event.request_id]
        match event:
            case Started(tier=tier, route_reason=reason):
                line.tier = tier
                if tier is not self.wanted:
                    self.elsewhere[reason.value] += 1
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


def local_bridge(base_url: str, said: Canned) -> Bridge:
    """The defaults, clocks included, over this server as the local model."""
    local = {"base_url": base_url, "max_concurrency": AT_ONCE + 1, "extra_body": said.as_body()}
    settings = LlmSettings.model_validate(
        {"hybrid": False, "local": local, "embedded": {"enabled": False}}
    )  # one slot is the spotlight's
    return Bridge(settings, open_gate, allow_download=False)


def cloud_bridge(base_url: str, said: Canned) -> Bridge:
    """The defaults over this server as the cloud, asked by the SDK, with nothing local beside it."""
    cloud = {"base_url": base_url, "api_key": "none-is-needed", "extra_body": said.as_body()}
    settings = LlmSettings.model_validate(
        {"cloud": cloud, "local": {"base_url": "none"}, "embedded": {"enabled": False}}
    )
    return Bridge(settings, open_gate, allow_download=False)


def cloud_lines(server: ServerDoor, lines: Lines) -> dict[str, Any]:
    """In a process of its own: what these lines would have cost is nobody's spending."""
    with TemporaryDirectory() as folder:
        os.environ[STATE_DIR_VARIABLE] = folder
        return lines_through(cloud_bridge, server.base_url, Tier.CLOUD, lines)


def local_lines(server: ServerDoor, lines: Lines) -> dict[str, Any]:
    """By the local tier."""
    return lines_through(local_bridge, server.base_url, Tier.LOCAL, lines)


def lines_through(make: BridgeFactory, base_url: str, tier: Tier, lines: Lines) -> dict[str, Any]:
    """So many lines, four at a time, through the tier that is meant: a spotlight is what the cloud is for."""
    ear = _Ear(tier)
    with closing(make(base_url, lines.said)) as bridge, settled():
        pacer = FramePacer()
        left, next_id = lines.count, 1
        until_ns = time.perf_counter_ns() + int(
            (_PATIENCE_S + 2 * lines.goal_s[tier] * lines.count / AT_ONCE) * 1e9
        )
        while (left or ear.asked) and time.perf_counter_ns() < until_ns:
            pacer.wait()
            drain_all(bridge, ear.hear)
            while left and ear.free and bridge.status_of(tier).state is TierState.READY:
                request = Request(
                    RequestId(next_id), ear.free.popleft(), PROMPT, "Well.", 0, priority=_PRIORITY[tier]
                )
                left, next_id = left - 1, next_id + 1
                ear.asked[request.id] = _Asked(request.npc, time.perf_counter_ns())
                bridge.submit(request)
    return _told(ear, tier, lines)


def line_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """One."""
    name = f"{numbers['tier']}: share of lines whole within {numbers['goal_s']:.0f} s"
    return [Verdict(name, numbers["within_goal"], LEAST_SHARE, at_least=True)]


def _told(ear: _Ear, tier: Tier, lines: Lines) -> dict[str, Any]:
    return {
        "tier": tier.value,
        "lines": lines.count,
        "tokens": [lines.said.chunks, lines.said.chunks_to],
        "tokens_per_s": lines.said.rate,
        "server_delay_s": lines.said.delay_s,
        "first_content_s": percentiles(ear.first_s),
        "end_s": percentiles(ear.end_s),
        "goal_s": lines.goal_s[tier],
        "within_goal": sum(took < lines.goal_s[tier] for took in ear.end_s) / lines.count,
        "spoken_by": dict(ear.spoken_by),
        "elsewhere": dict(ear.elsewhere),
    }
