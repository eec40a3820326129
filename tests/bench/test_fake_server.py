"""The bench's own server: what it says it sent must be what a client of the protocol gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.types import BackendEvent, Delta, End, Finish, NpcId, Prompt, Request, RequestId, Usage
from sim.bench.server_process import FakeServer

pytestmark = pytest.mark.slow  # a real process and real sockets

_CHUNKS = 5


def _request() -> Request:
    prompt = Prompt("Be plain.", "A baker.", "The well.", (), "Go on.", "Ann", ("Bob",))
    return Request(RequestId(1), NpcId(0), prompt, "Well.", 0)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    """A quick one: five chunks in a twentieth of a second."""
    with FakeServer("--rate", "100", "--chunks", str(_CHUNKS)) as running:
        yield running


async def _whole_lines(server: FakeServer, count: int) -> list[list[BackendEvent]]:
    backend = OpenAiCompatible(ServerOptions(server.door.base_url), on_retry=lambda: None)

    async def line() -> list[BackendEvent]:
        async with aclosing(backend.stream(_request())) as events:
            return [event async for event in events]

    try:
        await backend.check()
        assert (backend.name, backend.model) == ("openai_compatible", "canned")
        return await asyncio.gather(*(line() for _ in range(count)))
    finally:
        await backend.close()


def test_a_line_is_as_many_chunks_as_were_promised_and_one_end(server: FakeServer) -> None:
    """Our own backend understands it: a word a chunk, usage, and a clean stop."""
    [events] = asyncio.run(_whole_lines(server, 1))
    words = [event for event in events if isinstance(event, Delta)]
    assert len(words) == _CHUNKS
    assert all(word.text.startswith(" ") for word in words)
    assert events[-1] == End(Finish.STOP, Usage(500, _CHUNKS, None))


def test_what_it_says_it_sent_is_what_arrives(server: FakeServer) -> None:
    """Many streams at once, over connections that are used again: not a chunk more or less."""
    before = server.door.counters()
    lines = [*asyncio.run(_whole_lines(server, 20)), *asyncio.run(_whole_lines(server, 20))]
    after = server.door.counters()
    arrived = sum(isinstance(event, Delta) for events in lines for event in events)
    assert after["sent"] - before["sent"] == arrived == 40 * _CHUNKS
    assert after["lines"] - before["lines"] == 40
    assert after["open_streams"] == 0
    assert after["cpu_s"] >= before["cpu_s"]


def test_a_client_that_leaves_ends_its_stream(server: FakeServer) -> None:
    """What was sent to it counts as sent to nobody."""

    async def leave_early() -> None:
        backend = OpenAiCompatible(ServerOptions(server.door.base_url), on_retry=lambda: None)
        async with aclosing(backend.stream(_request())) as events:
            await anext(events)
        await backend.close()

    before = server.door.counters()["sent_to_left"]
    asyncio.run(leave_early())
    give_up_at = time.perf_counter() + 5
    while (now := server.door.counters())["open_streams"] and time.perf_counter() < give_up_at:
        pass
    assert now["open_streams"] == 0
    assert 1 <= now["sent_to_left"] - before < _CHUNKS


def test_it_ends_when_its_standard_input_does() -> None:
    """It never outlives who started it."""
    server = FakeServer()
    assert server.close() == 0
