"""Whether a local server is well: what is noticed, how soon, and what people are told of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from llm import server_watch
from llm.bridge import Bridge
from llm.local_tier import LocalTier
from llm.settings import LlmSettings
from llm.types import Finished, RouteReason, Started, Tier, TierState
from tests.support.model_requests import OpenGate, ask, end_of, hear, until, until_state
from tests.support.model_server import Exchange, ModelServer, Script, answering, page, say
from tests.support.model_tiers import only_local

pytestmark = pytest.mark.slow  # real sockets

CANARY = "zebra-4711"
LOADING = (
    '{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'  # llama.cpp's own
)
_SOON_S = 0.02


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are asked again after hundredths of a second."""
    monkeypatch.setattr(server_watch.ServerWatch.__init__, "__defaults__", (_SOON_S,))
    for pause in ("_LOADING_PAUSE_S", "_WELL_PAUSE_S", "_LONGEST_PAUSE_S"):
        monkeypatch.setattr(server_watch, pause, _SOON_S)


class Watched:
    """A script that may be changed, and counts how often its server is looked at: the last page of each look."""

    def __init__(self, script: Script) -> None:
        self.now = script
        self.looks = 0

    def __call__(self, exchange: Exchange) -> None:
        """Answer, and count."""
        self.looks += exchange.path == "/v1/models"
        self.now(exchange)


def every_page(status: int, text: str) -> Script:
    """A server that has but one thing to say, whatever is asked."""

    def script(exchange: Exchange) -> None:
        exchange.head(status, "application/json")
        exchange.send(text.encode())

    return script


@contextmanager
def bridge_to(*servers: ModelServer, notices: list[str] | None = None) -> Iterator[Bridge]:
    """A bridge whose local tier is these."""
    settings = LlmSettings.model_validate(
        {"local": {"base_url": [f"{server.root}/v1" for server in servers]}, "embedded": {"enabled": False}}
    )
    notice = (notices if notices is not None else []).append
    with Bridge(settings, OpenGate, notice=notice, make_tiers=only_local(LocalTier)) as bridge:
        yield bridge


def route(bridge: Bridge, number: int) -> tuple[Tier, RouteReason]:
    """Who speaks a line, and why."""
    bridge.submit(ask(number, npc=number))
    events = hear(bridge, number)[number]
    assert isinstance(events[0], Started)
    assert isinstance(end_of(events), Finished)
    return events[0].tier, events[0].route_reason


def test_a_server_that_loads_its_model_is_waited_for() -> None:
    """It is starting, not down; it is asked again and again, never for a line, and used as soon as it is ready."""
    script = Watched(every_page(503, LOADING))
    notices: list[str] = []
    with ModelServer(script) as server, bridge_to(server, notices=notices) as bridge:
        until(lambda: server.connections >= 5)
        assert bridge.status().state is TierState.STARTING
        assert "loading" in bridge.status().detail
        assert route(bridge, 1) == (Tier.TEMPLATE, RouteReason.MODEL_STARTING)
        assert server.requests == 0
        script.now = say("Good morrow.")
        until_state(bridge, TierState.READY)
        assert route(bridge, 2) == (Tier.LOCAL, RouteReason.LOCAL_READY)
        assert bridge.performance.breaker_opens == 0
        assert len(notices) == 1


@pytest.mark.fault(37)
def test_loading_is_no_failure_for_the_breaker() -> None:
    """However many lines meet a server that has just begun to load another model."""
    lines = 12
    with (
        ModelServer(answering(every_page(503, LOADING))) as server,
        bridge_to(server) as bridge,
    ):
        until_state(bridge, TierState.READY)
        reasons = Counter(route(bridge, number) for number in range(1, lines + 1))
        assert reasons == {(Tier.TEMPLATE, RouteReason.MODEL_STARTING): lines}
        assert server.requests == lines
        (lane,) = bridge.published.lanes
        assert (lane.breaker, bridge.performance.breaker_opens) == ("closed", 0)


def test_a_key_that_is_not_accepted_is_not_tried_again() -> None:
    """Until the settings change; and then once."""
    refusing = Watched(every_page(401, f'{{"error": "{CANARY}"}}'))
    metronome = Watched(say("Good morrow."))
    with (
        ModelServer(refusing) as server,
        ModelServer(metronome) as other,
        bridge_to(server, other) as bridge,
    ):
        for asked in (1, 2):
            until(lambda asked=asked: refusing.looks == asked)  # type: ignore[misc] # mypy knows no such lambda
            beats = metronome.looks
            until(lambda beats=beats: metronome.looks >= beats + 8)  # type: ignore[misc]
            assert refusing.looks == asked
            bridge.reconfigure()
        assert bridge.status().state is TierState.READY
        assert route(bridge, 1)[0] is Tier.LOCAL
        assert server.requests == 0


def test_a_key_that_is_not_accepted_is_said_once() -> None:
    """The tier is down; when the server takes the key after a change of settings, it speaks."""
    script = Watched(every_page(401, f'{{"error": "{CANARY}"}}'))
    notices: list[str] = []
    with ModelServer(script) as server, bridge_to(server, notices=notices) as bridge:
        until_state(bridge, TierState.DOWN)
        assert route(bridge, 1) == (Tier.TEMPLATE, RouteReason.MODEL_DOWN)
        script.now = say("Good morrow.")
        bridge.reconfigure()
        until_state(bridge, TierState.READY)
        assert route(bridge, 2)[0] is Tier.LOCAL
        assert [line.partition(":")[0] for line in notices] == ["no local model", "local model ready"]


def test_a_server_that_loses_its_model_is_noticed_without_a_line() -> None:
    """It is looked at now and then while it is well, too."""
    script = Watched(say("Good morrow."))
    with ModelServer(script) as server, bridge_to(server) as bridge:
        until_state(bridge, TierState.READY)
        script.now = every_page(200, '{"data": []}')
        until_state(bridge, TierState.DOWN)
        assert "load one there" in bridge.status().detail
        script.now = say("Good morrow.")
        until_state(bridge, TierState.READY)
        assert server.requests == 0


def test_a_server_that_is_back_is_used_after_one_look() -> None:
    """One look that finds it well is enough."""
    with ModelServer(say("Good morrow.")) as server, bridge_to(server) as bridge:
        until_state(bridge, TierState.READY)
        server.kill()
        until_state(bridge, TierState.DOWN)
        well = Watched(say("Good morrow."))
        held = threading.Event()

        def slowly(exchange: Exchange) -> None:
            well(exchange)
            if well.looks > 1:
                held.wait(10)

        with ModelServer(slowly, server.port):
            until_state(bridge, TierState.READY)
            assert well.looks == 1
            held.set()
            assert route(bridge, 1)[0] is Tier.LOCAL


def test_a_check_asks_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting for the next look."""
    monkeypatch.setattr(server_watch, "_WELL_PAUSE_S", 600.0)
    script = Watched(say("Good morrow."))
    with ModelServer(script) as server, bridge_to(server) as bridge:
        until_state(bridge, TierState.READY)
        assert script.looks == 1
        bridge.check().result(5)
        assert script.looks == 2
        script.now = every_page(200, '{"data": []}')
        bridge.check().result(5)
        assert bridge.status().state is TierState.DOWN


def test_a_check_that_finds_a_key_accepted_goes_on_looking() -> None:
    """Who was left alone for a bad key is watched like any other from then on."""
    script = Watched(every_page(401, "{}"))
    with ModelServer(script) as server, bridge_to(server) as bridge:
        until_state(bridge, TierState.DOWN)
        script.now = say("Good morrow.")
        bridge.check().result(5)
        assert bridge.status().state is TierState.READY
        script.now = every_page(200, '{"data": []}')
        until_state(bridge, TierState.DOWN)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, f'{{"error": "{CANARY}"}}'),
        (403, CANARY),
        (429, CANARY),
        (500, f"<html>{CANARY}\n</html>"),
        (503, f"Loading model {CANARY}\n\n"),
        (200, f'{{"error": "{CANARY}"}}'),
        (200, f"<html>\n{CANARY}"),
        (200, f'{{"data": [], "hint": "{CANARY}"}}'),
    ],
)
def test_what_people_read_is_one_line_of_our_own(status: int, text: str) -> None:
    """Never what a server wrote, whatever it wrote."""
    notices: list[str] = []
    with ModelServer(every_page(status, text)) as server, bridge_to(server, notices=notices) as bridge:
        until(lambda: bridge.status().detail not in {"", "looking for a model server"})
        told = [bridge.status().detail, *notices]
    assert bridge.status().state in {TierState.DOWN, TierState.STARTING}
    assert all(line and "\n" not in line and CANARY not in line for line in told)


def test_a_line_that_fails_has_its_server_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before the next look is due."""
    monkeypatch.setattr(server_watch, "_WELL_PAUSE_S", 600.0)
    script = Watched(say("Good morrow."))
    with ModelServer(script) as server, bridge_to(server) as bridge:
        until_state(bridge, TierState.READY)
        script.now = page(404, "application/json", '{"error": "model not found"}')
        assert route(bridge, 1) == (Tier.TEMPLATE, RouteReason.MODEL_DOWN)
        until(lambda: script.looks == 2)
        assert bridge.status().state is TierState.READY  # it has a model, and says so
