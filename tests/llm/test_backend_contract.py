"""What every backend promises, whatever stands behind it: one suite for the fake and the real."""

from __future__ import annotations

import asyncio
import functools
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from llm.backends.cassette import Cassette, Recorded
from llm.backends.scripted import Scripted
from llm.cassette import CassetteBook, CassetteWriter
from llm.errors import ModelError, Unreachable
from llm.protocol import Backend
from llm.script_book import ScriptBook
from llm.types import Delta, End, Finish, Tier
from tests.support.model_backends import (
    backend_over,
    closed_after,
    cloud_at,
    embedded,
    embedded_at,
    first_word,
    listen,
    llama_server,
    server_at,
    within,
)
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer, Script, answering, page, say

Opener = Callable[[], AbstractAsyncContextManager[Backend]]
WORDS = ("Good ", "morrow.")


@asynccontextmanager
async def scripted() -> AsyncIterator[Backend]:
    """The shipped fake."""
    async with closed_after(Scripted(ScriptBook(["".join(WORDS)]))) as backend:
        yield backend


@asynccontextmanager
async def over_http() -> AsyncIterator[Backend]:
    """OpenAI's dialect over a raw socket."""
    with ModelServer(say(*WORDS)) as server:
        async with closed_after(server_at(server)) as backend:
            yield backend


@asynccontextmanager
async def over_the_sdk() -> AsyncIterator[Backend]:
    """The cloud's dialect over a raw socket."""
    with ModelServer(say(*WORDS)) as server:
        async with closed_after(cloud_at(server)) as backend:
            yield backend


@asynccontextmanager
async def over_a_child() -> AsyncIterator[Backend]:
    """llama.cpp's dialect over a raw socket, beside a child that is a stand-in."""
    with ModelServer(say(*WORDS)) as server:
        async with closed_after(embedded_at(server.root)) as backend:
            await backend.start()
            yield backend


@asynccontextmanager
async def real_embedded(model_file: Path) -> AsyncIterator[Backend]:
    """A real child with a real model."""
    async with closed_after(embedded(model_file)) as backend:
        await backend.start()
        yield backend


@asynccontextmanager
async def from_a_cassette() -> AsyncIterator[Backend]:
    """What the fake once said, recorded and played again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "talk.cassette"
        writer = CassetteWriter(path)
        async with closed_after(Recorded(Scripted(ScriptBook(["".join(WORDS)])), writer)) as recorded:
            await listen(recorded, ask(1))
        writer.close()
        async with closed_after(Cassette(CassetteBook.load(path))) as backend:
            yield backend


REAL = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(
    params=[
        pytest.param(scripted, id="scripted"),
        pytest.param(from_a_cassette, id="cassette"),
        pytest.param(over_http, id="openai_compatible"),
        pytest.param(over_the_sdk, id="openai_cloud"),
        pytest.param(over_a_child, id="embedded"),
        pytest.param(real_embedded, id="embedded-real", marks=REAL),
        pytest.param(llama_server, id="llama.cpp-real", marks=REAL),
    ]
)
def opened(request: pytest.FixtureRequest) -> Opener:
    """How to get a backend of this kind."""
    opener: Callable[..., AbstractAsyncContextManager[Backend]] = request.param
    if opener in {real_embedded, llama_server}:
        return functools.partial(opener, request.getfixturevalue("model_file"))
    return opener


@pytest.mark.slow
def test_words_then_exactly_one_end(opened: Opener) -> None:
    """Deltas, then one `End`, and nothing after it."""

    async def run() -> None:
        async with opened() as backend:
            *deltas, end = await listen(backend, ask(1))
            assert deltas
            assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
            assert isinstance(end, End)
            assert end.finish in {Finish.STOP, Finish.LENGTH}
            assert end.usage.tokens_out is not None

    within(30, run)


@pytest.mark.slow
def test_whoever_stops_listening_can_ask_again(opened: Opener) -> None:
    """Closing a stream in the middle leaves the backend whole."""

    async def run() -> None:
        async with opened() as backend:
            for number in range(3):
                assert await first_word(backend, ask(number))
            assert isinstance((await listen(backend, ask(9)))[-1], End)

    within(30, run)


@pytest.mark.slow
def test_a_backend_says_what_it_is(opened: Opener) -> None:
    """It can be checked, warmed and named, and closed more than once within a second."""

    async def run() -> None:
        async with opened() as backend:
            await backend.check()
            await backend.warm(ask(1))
            assert backend.reading_s(ask(1)) >= 0
            tiers = dict.fromkeys(("scripted", "cassette", "openai_compatible", "embedded"), Tier.LOCAL)
            assert {**tiers, "openai": Tier.CLOUD}[backend.name] is backend.tier
            assert isinstance(backend.model, str)
            begun = time.monotonic()
            await backend.close()
            await backend.close()
            assert time.monotonic() - begun < 1.0

    within(30, run)


OVER_A_SERVER = pytest.mark.parametrize("kind", ["openai_compatible", "openai_cloud", "embedded"])


@OVER_A_SERVER
@pytest.mark.slow
def test_a_server_that_is_gone_is_unreachable(kind: str) -> None:
    """In one line that names no foreign class."""

    async def run() -> None:
        with ModelServer(say(*WORDS)) as server:
            async with backend_over(kind, server) as backend:
                assert await listen(backend, ask(1))
                server.kill()
                with pytest.raises(Unreachable) as failed:
                    await listen(backend, ask(2))
                assert "\n" not in str(failed.value)
                assert "Error" not in str(failed.value)

    within(30, run)


def hangs_up(exchange: Exchange) -> None:
    """Takes the question and is gone."""
    del exchange


def half_a_head(exchange: Exchange) -> None:
    """Gone in the middle of a header."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Ty")


def not_http(exchange: Exchange) -> None:
    """Something else listens there."""
    exchange.send(b"220 mail.example ESMTP\r\n")


NONSENSE = {
    "hangs up": hangs_up,
    "half a head": half_a_head,
    "no HTTP": not_http,
    "web page": page(200, "text/html", "<html>secret words"),
    "web page as an error": page(502, "text/html", "<html>secret words"),
    "damaged": page(200, "text/event-stream", "data: {half\n\ndata: {half\n\n"),
    "error event": page(200, "text/event-stream", 'event: error\ndata: {"message": "secret words"}\n\n'),
    "long line": page(200, "text/event-stream", "data: " + "x" * 100_000),
    "long error": page(500, "text/plain", "secret words" * 100_000),
    "redirect": page(302, "text/plain", "secret words", "Location: /elsewhere\r\n"),
    "odd status": page(799, "text/plain", "secret words"),
}


@OVER_A_SERVER
@pytest.mark.parametrize("script", NONSENSE.values(), ids=NONSENSE.keys())
@pytest.mark.slow
def test_only_our_own_errors_come_out(kind: str, script: Script) -> None:
    """Whatever a server does: one of `llm.errors`, in one line without any of the server's words."""

    async def run() -> None:
        with ModelServer(answering(script)) as server:
            async with backend_over(kind, server) as backend:
                with pytest.raises(ModelError) as failed:
                    await listen(backend, ask(1))
        assert "secret" not in str(failed.value)
        assert len(str(failed.value)) < 200
        assert "\n" not in str(failed.value)

    within(30, run)


@OVER_A_SERVER
@pytest.mark.parametrize("how", ["closed", "cancelled before a word", "cancelled after a word"])
@pytest.mark.slow
def test_a_stream_that_nobody_reads_closes_its_connection(kind: str, how: str) -> None:
    """Within a second the server sees that nobody listens any more."""
    begun, closed = threading.Event(), threading.Event()

    def answer(exchange: Exchange) -> None:
        exchange.head()
        if how != "cancelled before a word":
            exchange.word("Hm.")
        begun.set()
        if exchange.wait_closed():
            closed.set()

    async def run() -> None:
        with ModelServer(answering(answer)) as server:
            async with backend_over(kind, server) as backend:
                if how == "closed":
                    assert await first_word(backend, ask(1)) == "Hm."
                else:
                    listening = asyncio.create_task(listen(backend, ask(1)))
                    assert await asyncio.to_thread(begun.wait, 5.0)
                    listening.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await listening
                assert await asyncio.to_thread(closed.wait, 1.0)

    within(30, run)
