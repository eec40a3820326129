"""A cloud that is limited, broken, silent or cut off: what it costs, and who speaks meanwhile."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from pathlib import Path

import pytest

from llm import cloud_tier
from llm.breaker import FIRST_REST_S
from llm.spend_file import STATE_DIR_VARIABLE
from llm.types import Finished, Outcome, Priority, RouteReason, TextDelta, Tier, Why
from tests.support.model_cloud import SPOTLIGHT, scene
from tests.support.model_requests import end_of, frames, hear, until
from tests.support.model_server import Exchange, answering, page, say

pytestmark = pytest.mark.slow  # real sockets, and the SDK takes a second to import


@pytest.fixture(autouse=True)
def _own_purse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a file of its own, which is written and read often."""
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path))
    monkeypatch.setattr(cloud_tier, "_SAVE_EVERY_S", 0.02)


def test_a_service_that_wants_rest_gets_it() -> None:
    """For as long as it says nobody asks it, and the local model speaks."""
    limited = page(429, "application/json", '{"error": "rate limit"}', "Retry-After: 2\r\n")
    with scene(limited) as it:
        it.clock.stop()
        assert it.route() == (Tier.LOCAL, RouteReason.MODEL_RESTING)
        until(lambda: it.bridge.published.view.cloud.resting)
        it.cloud.script = say("Cloud word.")
        assert [it.route() for _ in range(5)] == [(Tier.LOCAL, RouteReason.CLOUD_RESTING)] * 5
        it.clock.leap(1.99)
        it.spoken(Priority.VISIBLE)  # by then the background has looked at its clock
        assert it.route() == (Tier.LOCAL, RouteReason.CLOUD_RESTING)
        assert it.cloud.requests == 1
        it.clock.leap(0.01)
        until(lambda: not it.bridge.published.view.cloud.resting)
        assert it.route() == SPOTLIGHT
        assert it.bridge.performance.retries == 0


def test_a_fault_is_worth_one_more_try() -> None:
    """And the cloud speaks."""

    def script(exchange: Exchange) -> None:
        first = it.cloud.requests == 1
        (page(500, "text/plain", "oh") if first else say("Cloud word."))(exchange)

    with scene(script) as it:
        assert it.route() == SPOTLIGHT
        assert (it.cloud.requests, it.bridge.performance.attempts, it.bridge.performance.retries) == (2, 2, 1)


def test_retries_are_a_tenth_of_lines_at_most() -> None:
    """A cloud that fails every other time is not asked twice as often for it; its breaker stays closed."""
    lines = 40

    def script(exchange: Exchange) -> None:
        (page(500, "text/plain", "oh") if it.cloud.requests % 2 else say("Cloud word."))(exchange)

    with scene(script) as it:
        begun_ns = it.clock()
        tiers = Counter(it.route()[0] for _ in range(lines))
        seconds = (it.clock() - begun_ns) / 1e9
        performance = it.bridge.performance
        assert performance.attempts == it.cloud.requests + it.local.requests
        assert performance.attempts <= 1.1 * lines + 1 + seconds / 10
        assert 0 < performance.retries <= 0.1 * lines + 1 + seconds / 10
        assert tiers[Tier.CLOUD] >= lines / 2
        assert performance.breaker_opens == 0


def test_a_cloud_that_is_broken_costs_a_tenth_at_most_and_is_used_when_it_is_well() -> None:
    """The others speak, the breaker opens, and one probe after its rest finds out that the fault is over."""
    lines = 40
    with scene(page(500, "text/html", "<h1>oh</h1>")) as it:
        begun_ns = it.clock()
        assert {it.route()[0] for _ in range(lines)} <= {Tier.LOCAL, Tier.TEMPLATE}
        seconds = (it.clock() - begun_ns) / 1e9
        performance = it.bridge.performance
        assert performance.attempts == it.cloud.requests + it.local.requests
        assert performance.attempts <= 1.1 * lines + 1 + seconds / 10
        assert performance.breaker_opens == 1
        assert performance.routes[RouteReason.CLOUD_RESTING] > lines / 2
        it.cloud.script = say("Cloud word.")
        it.clock.leap(1.2 * FIRST_REST_S)
        until(lambda: not it.bridge.published.view.cloud.resting)
        assert it.route() == SPOTLIGHT
        until(lambda: it.bridge.published.lanes[0].breaker == "closed")


@pytest.mark.parametrize(("response_s", "tier"), [(2.0, Tier.LOCAL), (0.05, Tier.TEMPLATE)])
def test_a_silent_cloud_is_not_waited_for(response_s: float, tier: Tier) -> None:
    """Headers are no words: a lower tier speaks within the line's one deadline, and the connection is closed."""
    closed = threading.Event()

    def hang(exchange: Exchange) -> None:
        exchange.head()
        if exchange.wait_closed():
            closed.set()

    fallback = {"response_time": response_s}
    with scene(answering(hang), timeouts={"cloud": 0.3}, fallback=fallback) as it:
        start, end = it.spoken()
        assert (start.tier, start.route_reason) == (tier, RouteReason.FIRST_CONTENT_MISSED)
        assert end.stats.ttfc_ms < (0.3 + response_s) * 1000 + 1000  # and a busy machine's frames
        assert closed.wait(2)
        until(lambda: it.used_usd > 0)  # nobody knows what it did, so it counts as spent


def test_what_the_cloud_has_said_stays_said_when_its_connection_breaks() -> None:
    """There is no second backend after the first word."""
    seen = threading.Event()

    def reset(exchange: Exchange) -> None:
        exchange.head()
        exchange.word("Good morrow to")
        seen.wait(10)
        exchange._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with scene(answering(reset)) as it:
        number = it.asked()
        first = next(
            events for events in frames(it.bridge) if any(isinstance(one, TextDelta) for one in events)
        )
        seen.set()
        end = end_of([*first, *hear(it.bridge, number)[number]])
        assert isinstance(end, Finished)
        assert (end.outcome, end.why, end.text) == (Outcome.TRUNCATED, Why.BROKEN_STREAM, "Good morrow to…")
        assert (it.cloud.requests, it.local.requests) == (1, 0)
        until(lambda: it.used_usd > 0)
