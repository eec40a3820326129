"""The local tier end to end: the bridge, real sockets, and servers that come, go and misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from llm import embedded_watch, local_tier, server_watch
from llm.bridge import Bridge
from llm.local_tier import LocalTier
from llm.models import MODELS
from llm.settings import LlmSettings
from llm.types import (
    Finished,
    Kind,
    Outcome,
    Priority,
    RequestId,
    RouteReason,
    Started,
    TextDelta,
    Tier,
    TierState,
    Why,
)
from tests.support.model_backends import child_command
from tests.support.model_requests import OpenGate, ask, end_of, frames, hear, until, until_state
from tests.support.model_server import Exchange, ModelServer, say, serve_pages
from tests.support.model_tiers import only_local

pytestmark = pytest.mark.slow  # real sockets and processes


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for a server to be probed again, or for a child to be restarted."""
    monkeypatch.setattr(server_watch.ServerWatch.__init__, "__defaults__", (0.05,))
    monkeypatch.setattr(embedded_watch, "_PAUSES_S", (0.01, 0.01))


@contextmanager
def bridge_to(
    base_url: str | list[str],
    *,
    embedded: object = False,
    child: list[str] | None = None,
    notices: list[str] | None = None,
    model_path: Path | None = None,
    **more: object,
) -> Iterator[Bridge]:
    """A bridge with the real local tier; nothing is ever downloaded."""
    settings = LlmSettings.model_validate(
        {"local": {"base_url": base_url}, "embedded": {"enabled": embedded, "model_path": model_path}, **more}
    )
    make_tier = partial(LocalTier, command=child) if child else LocalTier
    notice = (notices if notices is not None else []).append
    with Bridge(
        settings, OpenGate, allow_download=False, notice=notice, make_tiers=only_local(make_tier)
    ) as bridge:
        yield bridge


def spoken_by(bridge: Bridge, number: int, npc: int = 0) -> tuple[str, RouteReason, Finished]:
    """Ask once: which backend spoke, why that one, and how it ended."""
    bridge.submit(ask(number, npc))
    events = hear(bridge, number)[number]
    start, end = events[0], end_of(events)
    assert isinstance(start, Started)
    assert isinstance(end, Finished)
    return start.backend, start.route_reason, end


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file that stands for a model."""
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_words_come_from_a_server() -> None:
    """From a URL to a bubble, with the server's own counts."""
    with ModelServer(say("Good ", "morrow.")) as server, bridge_to(f"{server.root}/v1") as bridge:
        until_state(bridge, TierState.READY)
        backend, reason, end = spoken_by(bridge, 1)
        report = bridge.performance.report()["tiers"]["local"]
    assert (backend, reason, end.text) == ("openai_compatible", RouteReason.LOCAL_READY, "Good morrow.")
    assert (report["tokens_in"], report["cached_tokens_in"]) == (12, 5)


def test_a_server_killed_in_the_middle_leaves_what_was_said() -> None:
    """The line is truncated; the next is a template within the response time; then the server is back."""
    go_on = threading.Event()

    def script(exchange: Exchange) -> None:
        if not serve_pages(exchange):
            exchange.head(extra="Transfer-Encoding: chunked\r\n")
            data = b'data: {"choices": [{"delta": {"content": "Good morrow to"}}]}\n\n'
            exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            go_on.wait(10)

    notices: list[str] = []
    server = ModelServer(script)
    with server, bridge_to(f"{server.root}/v1", notices=notices) as bridge:
        until_state(bridge, TierState.READY)
        bridge.submit(ask(1))
        first = next(events for events in frames(bridge) if any(isinstance(one, TextDelta) for one in events))
        go_on.set()
        server.kill()
        end = end_of([*first, *hear(bridge, 1)[1]])
        assert isinstance(end, Finished)
        assert (end.outcome, end.why, end.text) == (Outcome.TRUNCATED, Why.BROKEN_STREAM, "Good morrow to…")
        begun = time.monotonic()
        backend, _, end = spoken_by(bridge, 2)
        assert (backend, end.outcome) == ("template", Outcome.COMPLETE)
        assert time.monotonic() - begun < 0.5
        until_state(bridge, TierState.DOWN)
        with ModelServer(say("Back."), server.port):
            until_state(bridge, TierState.READY)
            assert spoken_by(bridge, 3)[0] == "openai_compatible"
    assert [line.partition(":")[0] for line in notices] == [
        "local model ready",
        "no local model",
        "local model ready",
    ]


def test_nobody_listening_means_templates_at_once() -> None:
    """And the reason is that the model is down, with the address that was tried."""
    with ModelServer(say()) as gone:
        pass
    with bridge_to(f"{gone.root}/v1") as bridge:
        until_state(bridge, TierState.DOWN)
        assert gone.root in bridge.status().detail
        backend, reason, _ = spoken_by(bridge, 1)
    assert (backend, reason) == ("template", RouteReason.MODEL_DOWN)


def test_pings_are_not_content() -> None:
    """A server that only says that it lives misses the first-content clock, and its connection is closed."""
    closed = threading.Event()

    def script(exchange: Exchange) -> None:
        if serve_pages(exchange):
            return
        exchange.head()
        try:
            for _ in range(400):
                exchange.send(b": ping\n\n")
                exchange.word("")
                threading.Event().wait(0.02)
        except OSError:
            closed.set()

    quick = {"local": 0.3, "stall": 0.2}
    with ModelServer(script) as server, bridge_to(f"{server.root}/v1", timeouts=quick) as bridge:
        until_state(bridge, TierState.READY)
        begun = time.monotonic()
        backend, reason, _ = spoken_by(bridge, 1)
        assert time.monotonic() - begun < 1.0
        assert (backend, reason) == ("template", RouteReason.FIRST_CONTENT_MISSED)
        assert closed.wait(1.0)
        assert bridge.status().state is TierState.READY


def test_a_cancelled_line_closes_its_connection() -> None:
    """Within a second the server sees that nobody listens."""
    asked, closed = threading.Event(), threading.Event()

    def script(exchange: Exchange) -> None:
        if serve_pages(exchange):
            return
        exchange.head()
        exchange.word("Good morrow to you")
        asked.set()
        if exchange.wait_closed():
            closed.set()

    with ModelServer(script) as server, bridge_to(f"{server.root}/v1") as bridge:
        until_state(bridge, TierState.READY)
        bridge.submit(ask(1))
        bridge.hand_in()
        assert asked.wait(5)
        bridge.cancel(RequestId(1))
        assert closed.wait(1.0)


def test_a_server_without_a_model_is_no_outage_but_templates() -> None:
    """People are told what to do about it."""

    def script(exchange: Exchange) -> None:
        exchange.document({"data": []} if exchange.path == "/v1/models" else {"error": "no such page"})

    notices: list[str] = []
    with ModelServer(script) as server, bridge_to(f"{server.root}/v1", notices=notices) as bridge:
        until_state(bridge, TierState.DOWN)
        until(lambda: bool(notices))
    assert "load one there" in notices[0]


def test_no_model_at_all_is_a_setting() -> None:
    """`none` means templates, and no process and no connection."""
    with bridge_to("none") as bridge:
        until_state(bridge, TierState.OFF)
        backend, reason, _ = spoken_by(bridge, 1)
    assert (backend, reason) == ("template", RouteReason.NO_MODEL_CONFIGURED)


def test_the_embedded_server_speaks_when_lm_studio_is_not_there(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto`: the one is tried, the other started."""
    with ModelServer(say()) as gone:
        pass
    monkeypatch.setattr(local_tier, "LM_STUDIO_URL", f"{gone.root}/v1")
    notices: list[str] = []
    with (
        ModelServer(say("Good ", "morrow.")) as server,
        bridge_to(
            "auto", embedded="auto", child=child_command(server.root), model_path=model, notices=notices
        ) as bridge,
    ):
        until_state(bridge, TierState.READY)
        assert spoken_by(bridge, 1)[0] == "embedded"
        bridge.submit(ask(2, npc=3, kind=Kind.WARM, priority=Priority.OFF_SCREEN))
        bridge.hand_in()
        until(lambda: server.requests == 2)
    assert notices == ["local model ready: embedded own"]


def test_lm_studio_is_used_when_it_comes(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after the embedded server has begun to speak."""
    with ModelServer(say()) as gone:
        pass
    monkeypatch.setattr(local_tier, "LM_STUDIO_URL", f"{gone.root}/v1")

    def lm_studio(exchange: Exchange) -> None:
        if exchange.path == "/api/v1/models":
            exchange.document({"models": [{"type": "llm", "loaded_instances": [{"id": "big"}]}]})
        else:
            say("From the big one.")(exchange)

    with (
        ModelServer(say("From the small one.")) as small,
        bridge_to("auto", embedded="auto", child=child_command(small.root), model_path=model) as bridge,
    ):
        until_state(bridge, TierState.READY)
        assert spoken_by(bridge, 1)[0] == "embedded"
        with ModelServer(lm_studio, gone.port):
            until(lambda: bridge.status().backend == "lm_studio")
            assert bridge.status().model == "big"
            assert spoken_by(bridge, 2)[0] == "lm_studio"


def test_the_embedded_server_stands_in_for_a_url_that_is_down(model: Path) -> None:
    """Where the settings allow it."""
    with ModelServer(say()) as gone:
        pass
    with (
        ModelServer(say("Good morrow.")) as server,
        bridge_to(
            f"{gone.root}/v1", embedded=True, child=child_command(server.root), model_path=model
        ) as bridge,
    ):
        until_state(bridge, TierState.READY)
        assert spoken_by(bridge, 1)[0] == "embedded"


@pytest.mark.fault(60)
def test_an_embedded_server_that_keeps_dying_is_given_up(model: Path) -> None:
    """Openly: it is said once, and templates go on."""
    notices: list[str] = []
    child = child_command("http://127.0.0.1:9", "dies")
    with bridge_to("none", embedded=True, child=child, model_path=model, notices=notices) as bridge:
        until(lambda: "given up" in bridge.status().detail)
        assert bridge.status().state is TierState.OFF
        assert spoken_by(bridge, 1)[1] is RouteReason.NO_MODEL_CONFIGURED
    assert "given up" in notices[-1]


def test_an_embedded_server_that_cannot_load_is_not_tried_again(model: Path) -> None:
    """It would fail the same way."""
    child = child_command("http://127.0.0.1:9", "cannot")
    with bridge_to("none", embedded=True, child=child, model_path=model) as bridge:
        until(lambda: "no such model" in bridge.status().detail)
        assert bridge.status().state is TierState.OFF


@pytest.mark.parametrize("path", [None, Path("/no/such/model.gguf")])
def test_a_model_file_that_is_missing_says_what_to_do(path: Path | None, tmp_path: Path) -> None:
    """Without leave to download, the command is named; a path of the user's own is named as theirs."""
    settings = LlmSettings.model_validate(
        {"local": {"base_url": "none"}, "embedded": {"enabled": True, "model_path": path}}
    )
    with Bridge(settings, OpenGate, models_dir=tmp_path, allow_download=False) as bridge:
        until_state(bridge, TierState.OFF)
        assert ("models pull" if path is None else "model_path") in bridge.status().detail


def test_a_model_is_fetched_first_and_people_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What, how big, under which licence; templates speak meanwhile, and closing stops it."""
    fetching = threading.Event()

    def fetch(entry: object, folder: Path, progress: object, cancelled: threading.Event) -> Path:
        assert callable(progress)
        progress(10_000_000, 92_000_000)
        fetching.set()
        assert cancelled.wait(10)
        return folder

    monkeypatch.setattr(embedded_watch, "fetch", fetch)
    notices: list[str] = []
    settings = LlmSettings.model_validate({"local": {"base_url": "none"}, "embedded": {"enabled": True}})
    with Bridge(settings, OpenGate, models_dir=tmp_path, notice=notices.append) as bridge:
        assert fetching.wait(5)
        until_state(bridge, TierState.FETCHING)
        assert "10 of 92 MB" in bridge.status().detail
        assert spoken_by(bridge, 1)[1] is RouteReason.MODEL_STARTING
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    assert len(notices) == 1
    assert all(part in notices[0] for part in (MODELS[0].name, "98 MB", "Apache-2.0"))


@pytest.mark.model
def test_a_real_model_speaks(model_file: Path) -> None:
    """From a question to the words of a language model, with nothing set up by hand."""
    settings = LlmSettings.model_validate(
        {"local": {"base_url": "none"}, "embedded": {"enabled": True, "slots": 4}, "timeouts": {"local": 20}}
    )
    with Bridge(settings, OpenGate, models_dir=model_file.parent) as bridge:
        until(lambda: bridge.status().state is TierState.READY, 30)
        bridge.submit(ask(1))
        events = hear(bridge, 1, patience_s=30)[1]
        trial = bridge.test_line().result(30)
    start, end = events[0], end_of(events)
    assert isinstance(start, Started)
    assert isinstance(end, Finished)
    assert (start.tier, start.backend) == (Tier.LOCAL, "embedded")
    assert len(end.text.split()) > 1
    assert trial.usage.tokens_out
