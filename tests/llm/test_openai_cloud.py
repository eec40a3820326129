from __future__ import annotations

import asyncio
import contextlib
import logging
import random  # noqa: TID251 - a test's own chance, with its seed
import subprocess
import sys
from typing import Any

import pytest

from llm.backends.openai_cloud import REASONING_HEADROOM_TOKENS, CloudOptions, OpenAiCloud
from llm.errors import BadKey, ModelError, RateLimited, TooSlow, Unreachable
from llm.types import BackendEvent, Delta, End, Finish, Why
from tests.support.model_backends import closed_after, cloud_at, listen, within
from tests.support.model_requests import ask
from tests.support.model_server import (
    Exchange,
    ModelServer,
    Script,
    answering,
    page,
    pages,
    say,
    say_and_keep,
)

pytestmark = pytest.mark.slow  # the SDK takes a second to import

KEY = "sk-canary-4711"


def asked(**options: Any) -> Exchange:
    """The question as it came to the server."""
    seen: list[Exchange] = []

    def answer(exchange: Exchange) -> None:
        seen.append(exchange)
        say("Hm.")(exchange)

    async def run() -> None:
        with ModelServer(answering(answer)) as server:
            async with closed_after(cloud_at(server, **options)) as backend:
                await listen(backend, ask(1))

    within(20, run)
    (exchange,) = seen
    return exchange


def test_the_question_is_as_the_service_wants_it() -> None:
    """A stream with its usage, a limit under the cloud's name for it, the key, and no effort unless one is set."""
    exchange = asked(model="gpt-x", key=KEY)
    assert exchange.path == "/v1/chat/completions"
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert exchange.headers["accept-encoding"] == "identity"
    messages = exchange.body.pop("messages")
    assert [message["role"] for message in messages] == ["system", "user"]
    assert exchange.body == {
        "model": "gpt-x",
        "max_completion_tokens": 100,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("effort", "headroom"),
    [("none", 0), ("minimal", REASONING_HEADROOM_TOKENS), ("low", REASONING_HEADROOM_TOKENS)],
)
def test_who_thinks_needs_more_tokens(effort: str, headroom: int) -> None:
    """Thoughts count against the limit, and an answer that has no tokens left is empty."""
    body = asked(reasoning_effort=effort).body
    assert (body["reasoning_effort"], body["max_completion_tokens"]) == (effort, 100 + headroom)


def test_extra_fields_go_along_but_cannot_stop_the_stream() -> None:
    """Everything else is the user's to say."""
    body = asked(extra_body={"service_tier": "flex", "max_completion_tokens": 50, "stream": False}).body
    assert (body["service_tier"], body["max_completion_tokens"], body["stream"]) == ("flex", 50, True)


def test_a_refusal_is_not_speech() -> None:
    """What the model will not say comes in a field of its own; a filter's end is told as one."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.event({"choices": [{"delta": {"refusal": "I cannot say that."}}]})
        exchange.finish("content_filter")

    async def run() -> None:
        with ModelServer(answering(answer)) as server:
            async with closed_after(cloud_at(server)) as backend:
                (end,) = await listen(backend, ask(1))
        assert isinstance(end, End)
        assert end.finish is Finish.FILTERED

    within(20, run)


def test_a_check_is_one_look_at_the_list_of_models() -> None:
    """It costs nothing and asks nothing."""
    looked: list[str] = []

    def script(exchange: Exchange) -> None:
        looked.append(f"{exchange.method} {exchange.path}")
        pages({"/v1/models": {"data": []}})(exchange)

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(cloud_at(server)) as backend:
                await backend.check()
                await backend.warm(ask(1))

    within(20, run)
    assert looked == ["GET /v1/models"]


@pytest.mark.parametrize(("status", "error"), [(401, BadKey), (403, BadKey), (429, RateLimited)])
def test_a_check_tells_what_is_wrong(status: int, error: type[ModelError]) -> None:
    """Before anybody asks in vain."""

    async def run() -> None:
        with ModelServer(pages({"/v1/models": {"error": "no"}}, status)) as server:
            async with closed_after(cloud_at(server)) as backend:
                with pytest.raises(error):
                    await backend.check()

    within(20, run)


def test_without_a_key_nothing_is_opened() -> None:
    """A matter of configuration, said at once."""

    async def run() -> None:
        backend = OpenAiCloud(CloudOptions("http://127.0.0.1:9/v1", "tiny", ""))
        with pytest.raises(BadKey):
            await backend.open()
        await backend.close()

    within(20, run)


def test_a_connection_that_does_not_come_is_the_connect_clock() -> None:
    """And not silence: the caller's clock for the first word is another."""

    async def run() -> None:
        with ModelServer(say("Hm.")) as server:
            async with closed_after(cloud_at(server, connect_s=1e-9)) as backend:
                with pytest.raises(TooSlow) as failed:
                    await listen(backend, ask(1))
        assert failed.value.why is Why.CONNECT

    within(20, run)


def gone(exchange: Exchange) -> None:
    """Takes the question and hangs up."""
    del exchange


TELLTALES = {
    "bad key": page(401, "application/json", f'{{"error": "Incorrect API key provided: {KEY}"}}'),
    "fault": page(500, "text/plain", KEY),
    "error in a stream": page(200, "text/event-stream", f'data: {{"error": "{KEY}"}}\n\n'),
    "nonsense": page(200, "text/event-stream", f"data: {KEY}\n\n" * 2),
    "gone": gone,
    "well": say("Hm."),
}


@pytest.mark.parametrize("script", TELLTALES.values(), ids=TELLTALES.keys())
def test_the_key_is_never_told(script: Script, caplog: pytest.LogCaptureFixture) -> None:
    """Not by the backend, not by an error or what caused it, not in any log, even if the server says it aloud."""
    caplog.set_level(logging.DEBUG)
    told: list[object] = []

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(cloud_at(server, key=KEY)) as backend:
                told.extend((repr(backend), repr(backend._options), repr(vars(backend))))
                for act in (listen(backend, ask(1)), backend.check()):
                    try:
                        await act
                    except ModelError as error:
                        told.extend((repr(error), error, error.__cause__, repr(error.__cause__)))

    within(20, run)
    told.extend(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert KEY not in " ".join(map(str, told))


@pytest.mark.fault(43)
def test_everything_can_be_asked_after_hundreds_of_cancelled_streams() -> None:
    """Cancelled at any moment, a stream gives its connection back: with eight places, the next eight are answered."""
    chance = random.Random(7)

    async def cancelled(backend: OpenAiCloud) -> None:
        listening = asyncio.create_task(listen(backend, ask(1)))
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unreachable):
            await listening

    async def run() -> None:
        with ModelServer(answering(say_and_keep)) as server:
            async with closed_after(cloud_at(server)) as backend:
                await backend.open()
                for _ in range(40):
                    await asyncio.gather(*(cancelled(backend) for _ in range(8)))
                answers = await asyncio.gather(*(listen(backend, ask(number)) for number in range(8)))
        assert answers == [[Delta("Hm"), End(Finish.STOP)]] * 8

    within(60, run)


def test_it_may_be_closed_twice_and_opened_again() -> None:
    """Closing gives back what is open, and is no farewell."""

    async def run() -> None:
        with ModelServer(say("Hm.")) as server:
            backend = cloud_at(server)
            await backend.close()
            await backend.open()
            await backend.close()
            await backend.close()
            heard: list[BackendEvent] = await listen(backend, ask(1))
            await backend.close()
        assert heard[0] == Delta("Hm.")

    within(20, run)


def test_who_has_no_key_does_not_wait_for_the_sdk() -> None:
    """Its import is the price of the first opening and of nothing else."""
    code = "import sys, llm.backends.openai_cloud; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
