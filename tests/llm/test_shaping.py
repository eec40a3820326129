"""Lines that are asked for as JSON: what is asked, what comes back, and servers that will not have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest

from llm.errors import Refused
from llm.protocol import Backend
from llm.types import BackendEvent, Delta, End, Finish, Request, Shape
from tests.support.model_backends import closed_after, cloud_at, listen, server_at, within
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer, Script, answering, say

pytestmark = pytest.mark.slow  # real sockets on a busy machine

SCHEMA = {"type": "object", "properties": {"utterance": {"type": "string"}, "mood": {"type": "integer"}}}
SHAPE = Shape("spoken_line", json.dumps(SCHEMA), guide="`mood` is what it stirs.")
SHAPED = replace(ask(1), shape=SHAPE)
BACKENDS = [
    pytest.param(lambda server, **options: closed_after(server_at(server, **options)), id="compatible"),
    pytest.param(lambda server, **options: closed_after(cloud_at(server, **options)), id="cloud"),
]
Opened = Callable[..., AbstractAsyncContextManager[Backend]]


def heard(
    opened: Opened, script: Script, *requests: Request, **options: Any
) -> tuple[list[Exchange], list[list[BackendEvent]]]:
    """What was asked by POST, and what came of each request."""
    seen: list[Exchange] = []
    answers: list[list[BackendEvent]] = []

    def noting(exchange: Exchange) -> None:
        seen.append(exchange)
        script(exchange)

    async def run() -> None:
        with ModelServer(answering(noting)) as server:
            async with opened(server, **options) as backend:
                answers.extend([await listen(backend, request) for request in requests])

    within(20, run)
    return seen, answers


def words_of(events: list[BackendEvent]) -> str:
    """What is said."""
    return "".join(event.text for event in events if isinstance(event, Delta))


def spoken(exchange: Exchange) -> None:
    """A server that does as it is asked."""
    shaped = "response_format" in exchange.body
    say('{"utter', 'ance": "Good', ' day."', ', "mood": 30}')(exchange) if shaped else say("Good", " day.")(
        exchange
    )


@pytest.mark.parametrize("opened", BACKENDS)
def test_only_the_words_are_said_and_the_rest_is_told_at_the_end(opened: Opened) -> None:
    """The schema is sent, JSON is asked for in words too, and there is room for it."""
    (exchange,), (events,) = heard(opened, spoken, SHAPED, model="tiny", structured=True)
    sent = exchange.body["response_format"]
    assert sent == {
        "type": "json_schema",
        "json_schema": {"name": "spoken_line", "strict": True, "schema": SCHEMA},
    }
    assert "Answer in JSON" in exchange.body["messages"][-1]["content"]
    assert words_of(events) == "Good day."
    end = events[-1]
    assert isinstance(end, End)
    assert (end.finish, end.fields) == (Finish.STOP, (("mood", 30),))
    limit = exchange.body.get("max_tokens") or exchange.body["max_completion_tokens"]
    assert limit > SHAPED.limits.most_tokens


@pytest.mark.parametrize("opened", BACKENDS)
@pytest.mark.parametrize(
    ("request_", "structured"), [(SHAPED, False), (ask(1), True)], ids=["not wanted", "no shape"]
)
def test_plain_words_are_asked_for_plainly(opened: Opened, request_: Request, structured: bool) -> None:
    """Where the setting is off, and for questions without a shape."""
    (exchange,), (events,) = heard(opened, spoken, request_, model="tiny", structured=structured)
    assert "response_format" not in exchange.body
    assert "JSON" not in exchange.body["messages"][-1]["content"]
    assert words_of(events) == "Good day."


def stubborn(exchange: Exchange) -> None:
    """A server that knows nothing of schemas."""
    if "response_format" in exchange.body:
        exchange.document({"error": {"message": "response_format is not supported"}}, 400)
    else:
        say("Good day.")(exchange)


@pytest.mark.parametrize("opened", BACKENDS)
def test_a_server_that_refuses_the_shape_is_asked_plainly_from_then_on(opened: Opened) -> None:
    """One question is asked twice, the next one only once."""
    seen, answers = heard(opened, stubborn, SHAPED, SHAPED, model="tiny", structured=True)
    assert ["response_format" in exchange.body for exchange in seen] == [True, False, False]
    assert [words_of(events) for events in answers] == ["Good day.", "Good day."]


@pytest.mark.parametrize("opened", BACKENDS)
def test_a_question_that_is_refused_anyway_says_nothing_of_shapes(opened: Opened) -> None:
    """It was something else; the next line is asked for in shape again."""
    seen: list[bool] = []

    def refusing(exchange: Exchange) -> None:
        seen.append("response_format" in exchange.body)
        if len(seen) < 3:
            exchange.document({"error": {"message": "no"}}, 400)
        else:
            spoken(exchange)

    async def run() -> None:
        with ModelServer(answering(refusing)) as server:
            async with opened(server, model="tiny", structured=True) as backend:
                with pytest.raises(Refused):
                    await listen(backend, SHAPED)
                assert words_of(await listen(backend, SHAPED)) == "Good day."

    within(20, run)
    assert seen == [True, False, True]


@pytest.mark.parametrize("opened", BACKENDS)
@pytest.mark.parametrize(
    "answer",
    [
        '{"utterance": "Good day.", "mood": "',
        '{"mood": [[[',
        "{'utterance': 'Good day.'}",
        "null",
        '{"other": 1}',
    ],
)
def test_a_broken_object_never_becomes_words(opened: Opened, answer: str) -> None:
    """What is no value of the spoken key is not said, and a damaged object tells nothing."""
    _, (events,) = heard(opened, say(answer), SHAPED, model="tiny", structured=True)
    assert words_of(events) in {"Good day.", "", "null"}
    end = events[-1]
    assert isinstance(end, End)
    assert end.fields in {(), (("other", 1),)}
