"""What real servers do to a client, done by a raw socket to both ways of asking: ours, and the official SDK's."""

from __future__ import annotations

import time

import pytest

from llm.backends.http_door import HttpDoor
from llm.errors import (
    BadAnswer,
    BadKey,
    Loading,
    ModelError,
    NoModel,
    Overflow,
    RateLimited,
    Refused,
    ServerFault,
    TooSlow,
    Unreachable,
)
from llm.protocol import Backend
from llm.types import BackendEvent, Delta, End, Finish, Usage, Why
from tests.support.model_backends import closed_after, cloud_at, listen, server_at, within
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer, Script, answering, page, say, say_and_keep

pytestmark = [
    pytest.mark.slow,  # real sockets on a busy machine
    pytest.mark.parametrize("kind", ["openai_compatible", "openai_cloud"]),
]


def backend_at(kind: str, server: ModelServer, retries: list[int]) -> Backend:
    """One of the two; what it retries is noted."""
    if kind == "openai_cloud":
        return cloud_at(server, lambda: retries.append(1))
    return server_at(server, lambda: retries.append(1), model="tiny")


def heard_from(kind: str, script: Script) -> list[BackendEvent]:
    """All that one question to such a server brings."""
    heard: list[BackendEvent] = []

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(backend_at(kind, server, [])) as backend:
                heard.extend(await listen(backend, ask(1)))

    within(20, run)
    return heard


def test_usage_comes_with_the_end(kind: str) -> None:
    """Also from a last chunk without choices."""
    assert heard_from(kind, say("Hm.")) == [Delta("Hm."), End(Finish.STOP, Usage(12, 3, 5))]


def test_ten_thousand_tiny_chunks(kind: str) -> None:
    """All of them, in order, in seconds."""
    words = [f"{number} " for number in range(10_000)]
    begun = time.monotonic()
    heard = heard_from(kind, say(*words))
    assert "".join(event.text for event in heard if isinstance(event, Delta)) == "".join(words)
    assert time.monotonic() - begun < 8


def test_a_server_that_does_not_stream_is_understood(kind: str) -> None:
    """One JSON document instead of events."""

    def answer(exchange: Exchange) -> None:
        exchange.document({"choices": [{"message": {"content": "Hm."}, "finish_reason": "stop"}]})

    assert heard_from(kind, answering(answer)) == [Delta("Hm."), End(Finish.STOP)]


def test_an_end_without_a_last_blank_line_is_an_end(kind: str) -> None:
    """And one without any end mark is a cut."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.send(b'data: {"choices": [{"delta": {"content": "Hm."}}]}\n\ndata: [DONE]')

    def cut(exchange: Exchange) -> None:
        exchange.head()
        exchange.word("Hm.")

    assert heard_from(kind, answering(answer))[-1] == End(Finish.STOP)
    assert heard_from(kind, answering(cut))[-1] == End(Finish.CUT)


def test_an_end_mark_that_never_comes_is_not_waited_for(kind: str) -> None:
    """Once the model has said why it stopped, its text is whole."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.event({"choices": [{"delta": {"content": "Hm."}, "finish_reason": "stop"}]})
        exchange.wait_closed()

    begun = time.monotonic()
    assert heard_from(kind, answering(answer)) == [Delta("Hm."), End(Finish.STOP)]
    assert time.monotonic() - begun < 2


JSON = "application/json"
EVENTS = "text/event-stream"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (page(500, "text/plain", "secret words"), ServerFault),
        (page(503, JSON, '{"error": {"message": "Loading model", "code": 503}}'), Loading),
        (page(429, JSON, '{"error": "secret words"}'), RateLimited),
        (page(402, JSON, '{"error": "secret words"}'), BadKey),
        (page(401, JSON, '{"error": "secret words"}'), BadKey),
        (page(302, "text/plain", "secret words"), Refused),
        (page(404, JSON, '{"error": "No models loaded. secret words"}'), NoModel),
        (page(400, JSON, '{"error": {"code": "context_length_exceeded"}}'), Overflow),
        (page(400, "text/plain", "x" * 100_000), Refused),
        (page(200, "text/html", "<html>secret words"), BadAnswer),
        (page(200, EVENTS, "data: {half\n\ndata: {half\n\n"), BadAnswer),
        (page(200, EVENTS, 'data: {"error": {"message": "secret words"}}\n\n'), Refused),
        (page(200, EVENTS, 'event: error\ndata: {"message": "maximum context length"}\n\n'), Overflow),
        (page(200, JSON, '{"x": "' + "x" * 100_000), BadAnswer),
    ],
)
def test_what_is_no_answer_is_told_apart(kind: str, script: Script, error: type[ModelError]) -> None:
    """By what the caller can do about it."""
    with pytest.raises(ModelError) as failed:
        heard_from(kind, script)
    assert type(failed.value) is error


def test_how_long_to_rest_is_told(kind: str) -> None:
    """The header comes through whichever library reads it."""
    with pytest.raises(RateLimited) as failed:
        heard_from(kind, page(429, JSON, "{}", "Retry-After: 7\r\n"))
    assert failed.value.retry_after_s == 7


def test_an_error_page_that_does_not_end_is_not_waited_for(kind: str) -> None:
    """Its status is enough."""

    def answer(exchange: Exchange) -> None:
        exchange.head(500, JSON, "Content-Length: 1000\r\n")
        exchange.wait_closed()

    begun = time.monotonic()
    with pytest.raises(ServerFault):
        heard_from(kind, answering(answer))
    assert time.monotonic() - begun < 4


def test_a_stream_that_breaks_says_so(kind: str) -> None:
    """In the middle of a chunked answer: broken, not ended."""

    def answer(exchange: Exchange) -> None:
        exchange.head(extra="Transfer-Encoding: chunked\r\n")
        data = b'data: {"choices": [{"delta": {"content": "Hm"}}]}\n\n'
        exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    with pytest.raises(Unreachable) as failed:
        heard_from(kind, answering(answer))
    assert failed.value.why is Why.BROKEN_STREAM


@pytest.fixture
def _as_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain stream has a connection of its own; only what goes the way of TLS is pooled."""
    monkeypatch.setattr(HttpDoor, "_is_plain", False)


@pytest.mark.usefixtures("_as_over_tls")
def test_a_connection_is_used_again(kind: str) -> None:
    """Reading past the end mark is what gives it back to the pool."""

    async def run() -> None:
        with ModelServer(answering(say_and_keep)) as server:
            async with closed_after(backend_at(kind, server, [])) as backend:
                for number in range(3):
                    assert len(await listen(backend, ask(number))) == 2
            assert (server.requests, server.connections) == (3, 1)

    within(20, run)


@pytest.mark.fault(38)
@pytest.mark.usefixtures("_as_over_tls")
def test_a_pooled_connection_that_died_is_one_free_retry(kind: str) -> None:
    """The server closed it meanwhile: nobody was answered, so asking anew is free."""
    retries: list[int] = []

    def answer(exchange: Exchange) -> None:
        if server.requests == 2:
            return  # takes the question and hangs up
        say_and_keep(exchange)

    async def run() -> None:
        async with closed_after(backend_at(kind, server, retries)) as backend:
            for number in range(2):
                assert len(await listen(backend, ask(number))) == 2
        assert (server.requests, server.connections) == (3, 2)

    with ModelServer(answering(answer)) as server:
        within(20, run)
    assert len(retries) == 1


def test_a_fresh_connection_that_dies_is_not_retried(kind: str) -> None:
    """One question, one failure."""
    retries: list[int] = []

    def answer(exchange: Exchange) -> None:
        del exchange

    async def run() -> None:
        async with closed_after(backend_at(kind, server, retries)) as backend:
            with pytest.raises(Unreachable):
                await listen(backend, ask(1))
        assert server.requests == 1

    with ModelServer(answering(answer)) as server:
        within(20, run)
    assert not retries


def test_nobody_listening_is_unreachable(kind: str) -> None:
    """With the address that was tried."""
    with ModelServer(say()) as gone:
        pass

    async def run() -> None:
        async with closed_after(backend_at(kind, gone, [])) as backend:
            with pytest.raises(Unreachable, match="127"):
                await listen(backend, ask(1))

    within(20, run)


@pytest.mark.parametrize("key", ["sk-canary\nmore", "sk-canary\u2026", "sk-canary\x7f"])
def test_a_key_that_cannot_be_sent_is_a_bad_key(kind: str, key: str) -> None:
    """And is not told by the library that could not send it."""

    async def run() -> None:
        with ModelServer(say("Hm.")) as server:
            backend = (
                cloud_at(server, key=key)
                if kind == "openai_cloud"
                else server_at(server, key=key, model="tiny")
            )
            async with closed_after(backend):
                with pytest.raises(BadKey) as failed:
                    await listen(backend, ask(1))
        assert "canary" not in f"{failed.value!r} {failed.value.__cause__!r} {failed.value.__context__!r}"

    within(20, run)


@pytest.mark.parametrize("url", ["http://[::1", "http://localhost:abc/v1", "no address", ""])
def test_what_is_no_address_is_one_of_our_errors(kind: str, url: str) -> None:
    """Whatever stands in the settings."""

    async def run() -> None:
        with ModelServer(say("Hm.")) as server:
            backend = (
                cloud_at(server, base_url=url)
                if kind == "openai_cloud"
                else server_at(server, base_url=url, model="tiny")
            )
            async with closed_after(backend):
                with pytest.raises(ModelError):
                    await listen(backend, ask(1))
                with pytest.raises(ModelError):
                    await backend.check()

    within(20, run)


def test_a_list_of_models_that_does_not_come_is_not_waited_for(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is well who takes so long to say so."""

    def silent(exchange: Exchange) -> None:
        exchange.wait_closed()

    monkeypatch.setattr(f"llm.backends.{kind}._CHECK_S", 0.1)

    async def run() -> None:
        with ModelServer(silent) as server:
            async with closed_after(backend_at(kind, server, [])) as backend:
                with pytest.raises(TooSlow):
                    await backend.check()

    within(20, run)
