"""Sentences that a moderation endpoint must let pass, over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from llm.backends.http_door import Address
from llm.backends.moderated import Moderated
from llm.errors import Flagged
from llm.types import BackendEvent, Delta, End, Finish, Kind
from tests.support.model_backends import within
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer

pytestmark = pytest.mark.slow  # real sockets on a busy machine


class Chatty:
    """A fake backend that says these pieces to everybody."""

    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.closed = False

    async def stream(self, _request: object):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a fake
        """All of it."""
        try:
            for piece in self._pieces:
                yield Delta(piece)
            yield End(Finish.STOP)
        finally:
            self.closed = True


def heard(
    judge: Callable[[Exchange], None], *pieces: str, kind: Kind = Kind.LINE
) -> tuple[list[str], list[dict[str, object]], bool]:
    """What comes through, what the endpoint was shown, and whether the line was flagged."""
    said: list[BackendEvent] = []
    shown: list[dict[str, object]] = []
    flagged = False
    backend = Chatty(*pieces)

    def noting(exchange: Exchange) -> None:
        shown.append({"path": exchange.path, "key": exchange.headers.get("authorization"), **exchange.body})
        judge(exchange)

    async def run() -> None:
        nonlocal flagged
        with ModelServer(noting) as server:
            moderated = Moderated(backend, Address(f"{server.root}/v1", "canary"))  # type: ignore[arg-type]  # a fake
            try:
                said.extend([event async for event in moderated.stream(ask(1, kind=kind))])
            except Flagged:
                flagged = True

    within(20, run)
    assert backend.closed
    return [event.text for event in said if isinstance(event, Delta) and event.text], shown, flagged


def verdict(*bad: str) -> Callable[[Exchange], None]:
    """An endpoint that flags whatever holds one of these words."""

    def judge(exchange: Exchange) -> None:
        flagged = any(word in str(exchange.body["input"]) for word in bad)
        exchange.document({"results": [{"flagged": flagged}]})

    return judge


def test_whole_sentences_pass_when_they_were_judged() -> None:
    """Each with what was said before it; the key goes along."""
    said, shown, flagged = heard(verdict(), "Good d", "ay. How ", "are you? Fine", " weather")
    assert said == ["Good day.", " How are you?", " Fine weather"]
    assert [one["input"] for one in shown] == [
        "Good day.", "Good day. How are you?", "Good day. How are you? Fine weather",
    ]  # fmt: skip
    assert shown[0]["path"] == "/v1/moderations"
    assert shown[0]["key"] == "Bearer canary"
    assert not flagged


def test_nothing_of_a_flagged_sentence_passes() -> None:
    """The first is never seen; a later one breaks the line off."""
    assert heard(verdict("venom"), "Drink this ven", "om. Now.")[::2] == ([], True)


@pytest.mark.parametrize(
    "answer",
    [
        lambda exchange: exchange.document({"error": "no"}, 500),
        lambda exchange: exchange.document({"results": []}),
        lambda exchange: exchange.document({"results": [{"flagged": "no"}]}),
        lambda exchange: exchange.document({"results": "fine"}),
        lambda exchange: exchange.document(["fine"]),
        lambda exchange: exchange.document({}, 404),
        lambda exchange: exchange.send(b"HTTP/1.1 200 Said\r\nContent-Type: application/json\r\n\r\n{half"),
        lambda _: None,
    ],
    ids=["error", "no result", "no verdict", "words", "list", "no page", "half", "silence"],
)
def test_without_a_plain_yes_nothing_is_said(answer: Callable[[Exchange], None]) -> None:
    """It fails closed."""
    with suppress(ConnectionError):
        assert heard(answer, "Good day.")[::2] == ([], True)


def test_thoughts_are_nobodys_business() -> None:
    """They are published nowhere."""
    said, shown, _ = heard(verdict("day"), "A good", " day.", kind=Kind.SUMMARY)
    assert said == ["A good", " day."]
    assert shown == []
