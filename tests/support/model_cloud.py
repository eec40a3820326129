"""A bridge between a scripted cloud and a scripted local server, and whoever speaks there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from llm.bridge import Bridge
from llm.settings import CLOUD_MODEL, LlmSettings
from llm.types import Finished, Priority, RouteReason, Started, Tier, TierState, Weight
from tests.support.model_requests import OpenGate, ask, end_of, hear, until
from tests.support.model_server import Exchange, ModelServer, Script, answering, say

KEY = "sk-canary-4711"
COST_USD = 2.25e-6  # of an answer with the scripted server's usual counts, at the price of the usual model
OUT_USD = 0.5e-6  # a token of an answer
CAP_USD = 1e-3
SPOTLIGHT = (Tier.CLOUD, RouteReason.SPOTLIGHT)
HARD = (Priority.VISIBLE, Weight(topic=1.0, participants=5, memories=5))


class LeapingClock:
    """The real one, which a test may stop and set forward."""

    def __init__(self) -> None:
        self._leapt_ns = 0
        self._stopped_ns: int | None = None

    def __call__(self) -> int:
        """Now."""
        real_ns = time.perf_counter_ns() if self._stopped_ns is None else self._stopped_ns
        return real_ns + self._leapt_ns

    def stop(self) -> None:
        """From now on it only leaps."""
        self._stopped_ns = time.perf_counter_ns()

    def leap(self, seconds: float) -> None:
        """Later."""
        self._leapt_ns += int(seconds * 1e9)


@dataclass
class Scene:
    """A bridge between a cloud and a local server."""

    bridge: Bridge
    cloud: ModelServer
    local: ModelServer
    clock: LeapingClock
    notices: list[str] = field(default_factory=list)
    lines: int = 0

    def asked(self, priority: Priority = Priority.SPOTLIGHT, weight: Weight | None = None) -> int:
        """Ask as somebody new; the question's number."""
        self.lines += 1
        question = ask(self.lines, npc=self.lines, priority=priority)
        self.bridge.submit(replace(question, weight=weight or Weight()))
        return self.lines

    def spoken(self, *who: Any) -> tuple[Started, Finished]:
        """Ask once, and listen to the end."""
        number = self.asked(*who)
        events = hear(self.bridge, number)[number]
        start, end = events[0], end_of(events)
        assert isinstance(start, Started)
        assert isinstance(end, Finished)
        return start, end

    def route(self, *who: Any) -> tuple[Tier, RouteReason]:
        """Which tier speaks, and why that one."""
        start, _ = self.spoken(*who)
        return start.tier, start.route_reason

    @property
    def used_usd(self) -> float:
        """Of the hour, as published."""
        return self.bridge.published.money.hour_usd if self.bridge.published.money else 0.0


@contextmanager
def scene(
    script: Script,
    *,
    key: str | None = KEY,
    cloud: TierState = TierState.READY,
    model: str = CLOUD_MODEL,
    **more: Any,
) -> Iterator[Scene]:
    """All of it, once both tiers are in their states."""
    clock, notices = LeapingClock(), list[str]()
    with ModelServer(script) as up, ModelServer(say("Local word.")) as down:
        settings = LlmSettings.model_validate(
            {
                "cloud": {"base_url": f"{up.root}/v1", "api_key": key, "model": model},
                "local": {"base_url": f"{down.root}/v1"},
                "timeouts": {"cloud": 8.0, "local": 8.0},  # nobody is in a hurry, but where a test says so
                **more,
            }
        )
        with Bridge(settings, OpenGate, clock_ns=clock, notice=notices.append) as bridge:
            until(lambda: bridge.status_of(Tier.CLOUD).state is cloud)
            until(lambda: bridge.status_of(Tier.LOCAL).state is TierState.READY)
            until(lambda: len(bridge.published.lanes) == 1 + (cloud is TierState.READY))
            yield Scene(bridge, up, down, clock, notices)


def costing(usd: float) -> Script:
    """Answers that cost so much by the service's own counts."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.word("Cloud word.")
        exchange.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        tokens = round(usd / OUT_USD)
        exchange.event({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": tokens}})
        exchange.event("[DONE]")

    return answering(answer)
