"""What real servers do to a client, done by a raw socket."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import aclosing

import pytest

from llm.backends.http_door import on_ipv4
from llm.errors import BadAnswer, ModelError, NoModel, Refused, Unreachable
from llm.types import Delta, End, Finish, Usage, Why
from tests.support.model_backends import closed_after, first_word, listen, server_at, within
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer, Script, say, serve_pages

pytestmark = pytest.mark.slow  # real sockets on a busy machine


def answering(answer: Callable[[Exchange], None]) -> Script:
    """A server that has the usual pages and answers questions like this."""

    def script(exchange: Exchange) -> None:
        if not serve_pages(exchange):
            answer(exchange)

    return script


def heard_from(script: Script, **options: object) -> list[Delta | End]:
    """All that one question to such a server brings."""
    heard: list[Delta | End] = []

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(server_at(server, **options)) as backend:
                heard.extend(await listen(backend, ask(1)))

    within(10, run)
    return heard


def test_the_question_is_as_servers_want_it() -> None:
    """A stream always, a positive limit always, the key, the model, the user's own fields, usage asked for."""
    seen: list[Exchange] = []

    def answer(exchange: Exchange) -> None:
        seen.append(exchange)
        say("Hm.")(exchange)

    extra = {"top_k": 5, "stream": False}
    heard_from(answering(answer), model="mine", key="canary", extra_body=extra)
    (exchange,) = seen
    body = exchange.body
    assert exchange.path == "/v1/chat/completions"
    assert exchange.headers["authorization"] == "Bearer canary"
    assert (body["model"], body["max_tokens"], body["stream"], body["top_k"]) == ("mine", 100, True, 5)
    assert body["stream_options"] == {"include_usage": True}
    assert body["messages"][0]["role"] == "system"


def test_usage_comes_with_the_end() -> None:
    """Also from a last chunk without choices."""
    assert heard_from(say("Hm.")) == [Delta("Hm."), End(Finish.STOP, Usage(12, 3, 5))]


def test_ten_thousand_tiny_chunks() -> None:
    """All of them, in order, in seconds."""
    words = [f"{number} " for number in range(10_000)]
    begun = time.monotonic()
    heard = heard_from(say(*words))
    assert "".join(event.text for event in heard if isinstance(event, Delta)) == "".join(words)
    assert time.monotonic() - begun < 8


def test_a_server_that_does_not_stream_is_understood() -> None:
    """One JSON document instead of events."""

    def answer(exchange: Exchange) -> None:
        exchange.document({"choices": [{"message": {"content": "Hm."}, "finish_reason": "stop"}]})

    assert heard_from(answering(answer)) == [Delta("Hm."), End(Finish.STOP)]


def test_an_end_without_a_last_blank_line_is_an_end() -> None:
    """And one without any end mark is a cut."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.send(b'data: {"choices": [{"delta": {"content": "Hm."}}]}\n\ndata: [DONE]')

    def cut(exchange: Exchange) -> None:
        exchange.head()
        exchange.word("Hm.")

    assert heard_from(answering(answer))[-1] == End(Finish.STOP)
    assert heard_from(answering(cut))[-1] == End(Finish.CUT)


def test_an_end_mark_that_never_comes_is_not_waited_for() -> None:
    """Once the model has said why it stopped, its text is whole."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.event({"choices": [{"delta": {"content": "Hm."}, "finish_reason": "stop"}]})
        exchange.wait_closed()

    begun = time.monotonic()
    assert heard_from(answering(answer)) == [Delta("Hm."), End(Finish.STOP)]
    assert time.monotonic() - begun < 2


def page(status: int, kind: str, text: str) -> Script:
    """A server that answers every question with this page."""

    def answer(exchange: Exchange) -> None:
        exchange.head(status, kind)
        exchange.send(text.encode())

    return answering(answer)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (page(500, "text/plain", "secret words"), Refused),
        (page(429, "application/json", '{"error": "secret words"}'), Refused),
        (page(401, "application/json", '{"error": "secret words"}'), Refused),
        (page(302, "text/plain", "secret words"), Refused),
        (page(404, "application/json", '{"error": "No models loaded. secret words"}'), NoModel),
        (page(400, "text/plain", "x" * 100_000), Refused),
        (page(200, "text/html", "<html>secret words"), BadAnswer),
        (page(200, "text/event-stream", "data: {half\n\ndata: {half\n\n"), BadAnswer),
        (page(200, "text/event-stream", 'data: {"error": {"message": "secret words"}}\n\n'), Refused),
        (page(200, "application/json", '{"x": "' + "x" * 100_000), BadAnswer),
    ],
)
def test_what_is_no_answer_is_one_clear_line(script: Script, error: type[ModelError]) -> None:
    """Never the server's own words, never more than a line."""
    with pytest.raises(error) as failed:
        heard_from(script)
    assert "secret" not in str(failed.value)
    assert len(str(failed.value)) < 200
    assert "\n" not in str(failed.value)


def test_a_stream_that_breaks_says_so() -> None:
    """In the middle of a chunked answer: broken, not ended."""

    def answer(exchange: Exchange) -> None:
        exchange.head(extra="Transfer-Encoding: chunked\r\n")
        data = b'data: {"choices": [{"delta": {"content": "Hm"}}]}\n\n'
        exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    with pytest.raises(Unreachable) as failed:
        heard_from(answering(answer))
    assert failed.value.why is Why.BROKEN_STREAM


def test_a_closed_stream_closes_its_connection() -> None:
    """The server sees at once that nobody listens any more."""
    closed = threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.word("Hm.")
        if exchange.wait_closed():
            closed.set()

    async def run() -> None:
        with ModelServer(answering(answer)) as server:
            async with closed_after(server_at(server)) as backend:
                assert await first_word(backend, ask(1)) == "Hm."
                assert await asyncio.to_thread(closed.wait, 1.0)

    within(10, run)


def test_a_cancelled_stream_closes_its_connection() -> None:
    """Cancelled while it waits for the next word, too."""
    closed, begun = threading.Event(), threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.head()
        begun.set()
        if exchange.wait_closed():
            closed.set()

    async def run() -> None:
        with ModelServer(answering(answer)) as server:
            async with closed_after(server_at(server)) as backend:
                listening = asyncio.create_task(listen(backend, ask(1)))
                assert await asyncio.to_thread(begun.wait, 5.0)
                listening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await listening
                assert await asyncio.to_thread(closed.wait, 1.0)

    within(10, run)


def chunked_and_kept(exchange: Exchange) -> None:
    """An answer after which the connection could be used again."""
    exchange.head(extra="Transfer-Encoding: chunked\r\n")
    data = b'data: {"choices": [{"delta": {"content": "Hm"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")
    exchange.keep = True


def test_a_connection_is_used_again() -> None:
    """Reading past the end mark is what gives it back to the pool."""

    async def run() -> None:
        with ModelServer(answering(chunked_and_kept)) as server:
            async with closed_after(server_at(server, model="tiny")) as backend:
                for number in range(3):
                    assert len(await listen(backend, ask(number))) == 2
            assert (server.requests, server.connections) == (3, 1)

    within(10, run)


def test_a_pooled_connection_that_died_is_one_free_retry() -> None:
    """The server closed it meanwhile: nobody was answered, so asking anew is free."""

    def answer(exchange: Exchange) -> None:
        if server.requests == 2:
            return  # takes the question and hangs up
        chunked_and_kept(exchange)

    async def run() -> None:
        async with closed_after(server_at(server, model="tiny")) as backend:
            for number in range(2):
                assert len(await listen(backend, ask(number))) == 2
        assert (server.requests, server.connections) == (3, 2)

    with ModelServer(answering(answer)) as server:
        within(10, run)


def test_a_fresh_connection_that_dies_is_not_retried() -> None:
    """One question, one failure."""

    def answer(exchange: Exchange) -> None:
        del exchange

    async def run() -> None:
        async with closed_after(server_at(server, model="tiny")) as backend:
            with pytest.raises(Unreachable):
                await listen(backend, ask(1))
        assert server.requests == 1

    with ModelServer(answering(answer)) as server:
        within(10, run)


def pages(found: dict[str, object], status: int = 200) -> Script:
    """A server with these pages."""

    def script(exchange: Exchange) -> None:
        if exchange.path in found:
            exchange.document(found[exchange.path], status)
        else:
            exchange.document({"error": f"Unexpected endpoint: {exchange.path}"})

    return script


NEW = {
    "models": [
        {"type": "embedding", "key": "e", "loaded_instances": [{"id": "e"}]},
        {"type": "llm", "key": "cold", "loaded_instances": []},
        {"type": "llm", "key": "warm", "loaded_instances": [{"id": "warm:2", "config": {"parallel": 3}}]},
    ]
}
OLD = {"data": [{"id": "cold", "state": "not-loaded"}, {"id": "warm", "state": "loaded", "type": "llm"}]}


@pytest.mark.parametrize(
    ("found", "name", "model", "in_flight"),
    [
        ({"/api/v1/models": NEW}, "lm_studio", "warm:2", 3),
        ({"/api/v0/models": OLD}, "lm_studio", "warm", 4),
        ({"/v1/models": {"data": [{"id": "tiny"}]}}, "openai_compatible", "tiny", 4),
    ],
    ids=["lm studio", "older lm studio", "any"],
)
def test_the_first_loaded_model_is_asked(
    found: dict[str, object], name: str, model: str, in_flight: int
) -> None:
    """And the server is called by its name, as its own pages tell."""

    async def run() -> None:
        with ModelServer(pages(found)) as server:
            async with closed_after(server_at(server)) as backend:
                await backend.check()
                assert (backend.name, backend.model, backend.in_flight) == (name, model, in_flight)

    within(10, run)


@pytest.mark.parametrize(
    ("found", "error"),
    [({"/api/v1/models": {"models": []}}, NoModel), ({}, Refused), ({"/v1/models": [1]}, Refused)],
)
def test_a_server_without_a_model_says_what_to_do(found: dict[str, object], error: type[ModelError]) -> None:
    """One line for people, and not an outage."""

    async def run() -> None:
        with ModelServer(pages(found)) as server:
            async with closed_after(server_at(server)) as backend:
                with pytest.raises(error):
                    await backend.check()

    within(10, run)


def test_a_key_that_is_not_accepted_is_said_at_once() -> None:
    """Not hidden behind a missing page."""

    async def run() -> None:
        with ModelServer(pages({"/api/v1/models": {"error": "who are you"}}, 401)) as server:
            async with closed_after(server_at(server)) as backend:
                with pytest.raises(Refused, match="API key"):
                    await backend.check()

    within(10, run)


def test_nobody_listening_is_unreachable() -> None:
    """With the address that was tried."""
    with ModelServer(say()) as gone:
        pass

    async def run() -> None:
        async with closed_after(server_at(gone, model="tiny")) as backend:
            with pytest.raises(Unreachable, match="127"):
                await listen(backend, ask(1))

    within(10, run)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:1234/v1/", "http://127.0.0.1:1234/v1"),
        ("http://localhost/v1", "http://127.0.0.1/v1"),
        ("https://models.example/v1", "https://models.example/v1"),
    ],
)
def test_localhost_is_asked_by_its_number(given: str, used: str) -> None:
    """Trying IPv6 first costs seconds on some systems."""
    assert on_ipv4(given) == used


def test_a_generator_that_is_closed_before_its_first_word_is_harmless() -> None:
    """Nothing was asked, nothing stays open."""

    async def run() -> None:
        with ModelServer(say("Hm.")) as server:
            async with closed_after(server_at(server)) as backend, aclosing(backend.stream(ask(1))):
                pass
            assert server.requests == 0

    within(10, run)
