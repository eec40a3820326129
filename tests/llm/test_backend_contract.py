"""What every backend promises, whatever stands behind it: one suite for the fake and the real."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from llm.backends.embedded import Embedded
from llm.backends.scripted import Scripted
from llm.errors import Unreachable
from llm.protocol import Backend
from llm.script_book import ScriptBook
from llm.types import Delta, End, Finish, Tier
from tests.support.model_backends import (
    closed_after,
    embedded,
    embedded_at,
    first_word,
    listen,
    server_at,
    within,
)
from tests.support.model_requests import ask
from tests.support.model_server import ModelServer, say

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
async def over_a_child() -> AsyncIterator[Backend]:
    """llama.cpp's dialect over a raw socket, beside a child that is a stand-in."""
    with ModelServer(say(*WORDS)) as server:
        async with closed_after(embedded_at(server.root)) as backend:
            await backend.start()
            yield backend


@pytest.fixture(
    params=[
        pytest.param(scripted, id="scripted"),
        pytest.param(over_http, id="openai_compatible"),
        pytest.param(over_a_child, id="embedded"),
        pytest.param(None, id="embedded-real", marks=[pytest.mark.model, pytest.mark.slow]),
    ]
)
def opened(request: pytest.FixtureRequest) -> Opener:
    """How to get a backend of this kind."""
    if request.param is not None:
        opener: Opener = request.param
        return opener
    model_file = request.getfixturevalue("model_file")

    @asynccontextmanager
    async def real() -> AsyncIterator[Backend]:
        async with closed_after(embedded(model_file)) as backend:
            await backend.start()
            yield backend

    return real


@pytest.mark.slow
def test_words_then_exactly_one_end(opened: Opener) -> None:
    """Deltas, then one `End`, and nothing after it."""

    async def run() -> None:
        async with opened() as backend:
            *deltas, end = await listen(backend, ask(1))
            assert deltas
            assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
            assert isinstance(end, End)
            assert end.finish is Finish.STOP
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
            assert backend.name in {"scripted", "openai_compatible", "embedded"}
            assert backend.tier is Tier.LOCAL
            assert isinstance(backend.model, str)
            begun = time.monotonic()
            await backend.close()
            await backend.close()
            assert time.monotonic() - begun < 1.0

    within(30, run)


@pytest.mark.parametrize("kind", ["openai_compatible", "embedded"])
@pytest.mark.slow
def test_only_our_own_errors_come_out(kind: str) -> None:
    """A server that is gone is one of `llm.errors`, in one line that names no foreign class."""

    async def run() -> None:
        with ModelServer(say(*WORDS)) as server:
            backend = server_at(server) if kind == "openai_compatible" else embedded_at(server.root)
            async with closed_after(backend):
                if isinstance(backend, Embedded):
                    await backend.start()
                assert await listen(backend, ask(1))
                server.kill()
                with pytest.raises(Unreachable) as failed:
                    await listen(backend, ask(2))
                assert "\n" not in str(failed.value)
                assert "Error" not in str(failed.value)

    within(30, run)
