"""How a server is found out, and how it is asked once it is known."""

from __future__ import annotations

import logging
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from llm.backends.http_door import on_ipv4
from llm.errors import BadKey, Loading, ModelError, NoModel, RateLimited, Refused, ServerFault, Unreachable
from llm.types import BackendEvent, End
from tests.support.model_backends import closed_after, listen, llama_server, server_at, within
from tests.support.model_requests import ask
from tests.support.model_server import Exchange, ModelServer, Script, answering, pages, say, say_and_keep

pytestmark = pytest.mark.slow  # real sockets on a busy machine


def asked_of(script: Script, *npcs: int, warm: bool = False, **options: Any) -> list[Exchange]:
    """The questions that come to such a server when these people speak, or have their prompts read."""
    seen: list[Exchange] = []

    def noting(exchange: Exchange) -> None:
        if exchange.method == "POST":
            seen.append(exchange)
        script(exchange)

    async def run() -> None:
        with ModelServer(noting) as server:
            async with closed_after(server_at(server, **options)) as backend:
                await backend.check()
                for npc in npcs:
                    await (backend.warm(ask(1, npc)) if warm else listen(backend, ask(1, npc)))

    within(10, run)
    return seen


def test_the_question_is_as_servers_want_it() -> None:
    """A stream always, a positive limit always, the key, the model, the user's own fields, usage asked for."""
    extra = {"top_k": 5, "stream": False}
    (exchange,) = asked_of(say("Hm."), 1, model="mine", key="canary", extra_body=extra)
    body = exchange.body
    assert exchange.path == "/v1/chat/completions"
    assert exchange.headers["authorization"] == "Bearer canary"
    assert (body["model"], body["max_tokens"], body["stream"], body["top_k"]) == ("mine", 100, True, 5)
    assert body["stream_options"] == {"include_usage": True}
    assert body["messages"][0]["role"] == "system"


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


CATALOGUE = {"data": [{"id": "a/b", "canonical_slug": "a/b"}]}


def check_of(script: Script, **options: Any) -> None:
    """Find out what such a server is."""

    async def run() -> None:
        with ModelServer(script) as server:
            async with closed_after(server_at(server, **options)) as backend:
                await backend.check()

    within(10, run)


@pytest.mark.parametrize(
    ("found", "error", "words"),
    [
        ({"/api/v1/models": {"models": []}}, NoModel, "LM Studio .* no model loaded"),
        ({"/v1/models": CATALOGUE}, NoModel, r"OpenRouter .* llm\.local\.model"),
        ({}, Refused, "/v1"),
        ({"/v1/models": [1]}, Refused, "/v1"),
    ],
)
def test_a_server_without_a_model_says_what_to_do(
    found: dict[str, object], error: type[ModelError], words: str
) -> None:
    """One line for people, and not an outage."""
    with pytest.raises(error, match=words):
        check_of(pages(found))


def test_a_catalogue_is_asked_for_the_model_that_was_named() -> None:
    """It is only the first of the list that nobody chose."""
    check_of(pages({"/v1/models": CATALOGUE}), model="a/b")


def everywhere(status: int, error: str) -> Script:
    """A server that answers like this whatever is asked."""
    return lambda exchange: exchange.document({"error": {"message": error}}, status)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (everywhere(401, "who are you"), BadKey),
        (pages({"/api/v1/models": {"error": "who are you"}}, 401), BadKey),
        (everywhere(429, "slow down"), RateLimited),
        (everywhere(502, "gateway"), ServerFault),
        (everywhere(503, "Loading model"), Loading),
    ],
)
def test_what_keeps_a_server_from_answering_is_told(script: Script, error: type[ModelError]) -> None:
    """A key that is not accepted, say, is not hidden behind a missing page."""
    with pytest.raises(ModelError) as failed:
        check_of(script)
    assert type(failed.value) is error


def test_a_proxy_that_forbids_other_pages_is_no_bad_key() -> None:
    """What counts is whether the list of models is there."""

    def script(exchange: Exchange) -> None:
        if exchange.path.startswith("/v1/"):
            say("Hm.")(exchange)
        else:
            exchange.document({"error": "forbidden"}, 403)

    check_of(script)


def llama(exchange: Exchange) -> None:
    """llama.cpp's server with two slots, as its pages tell."""
    found: dict[str, object] = {
        "/v1/models": {"data": [{"id": "tiny", "owned_by": "llamacpp"}]},
        "/props": {"total_slots": 2},
    }
    (say("Hm.") if exchange.method == "POST" else pages(found))(exchange)


def test_a_server_that_keeps_prefixes_is_asked_by_slot() -> None:
    """Everybody has a slot, and the server is told to keep what it has read there."""
    bodies = [exchange.body for exchange in asked_of(llama, 4, 5, 6)]
    assert [body["id_slot"] for body in bodies] == [0, 1, 0]
    assert all(body["cache_prompt"] is True for body in bodies)


def test_a_prompt_is_read_ahead_where_it_is_kept() -> None:
    """By the question itself, for a single token; other servers are left alone."""
    (warmed,), (spoken,) = asked_of(llama, 1, warm=True), asked_of(llama, 1)
    assert warmed.body.pop("max_tokens") == 1
    assert spoken.body.pop("max_tokens") == 100
    assert warmed.body == spoken.body
    assert asked_of(say("Hm."), 1, warm=True) == []


def test_what_a_slot_has_read_need_not_be_read_again() -> None:
    """Until the server was gone: what comes back is another."""

    async def run() -> None:
        with ModelServer(llama) as server:
            async with closed_after(server_at(server)) as backend:
                assert backend.reading_s(ask(1)) == 0
                await backend.check()
                assert backend.reading_s(ask(1)) > 0
                await backend.warm(ask(1))
                await backend.check()
                assert backend.reading_s(ask(1)) == 0
                server.kill()
                with pytest.raises(Unreachable):
                    await backend.check()
                with ModelServer(llama, server.port):
                    await backend.check()
                    assert backend.reading_s(ask(1)) > 0

    within(10, run)


def test_a_server_that_hangs_up_after_each_stream_is_told_so() -> None:
    """llama.cpp closes connections that it said it would keep; nobody is caught by it."""
    (exchange,) = asked_of(llama, 1)
    assert exchange.headers["connection"] == "close"


def test_another_model_than_was_asked_for_is_noticed_once(caplog: pytest.LogCaptureFixture) -> None:
    """For whoever wonders why people talk strangely; the words of a variant's name are the same model's."""
    caplog.set_level(logging.INFO)

    def answer(exchange: Exchange) -> None:
        exchange.head()
        exchange.event({"model": names[0], "choices": [{"delta": {"content": "Hm."}}]})
        exchange.finish()

    for name in ("tiny-2026", "huge"):
        names = [name]
        asked_of(answering(answer), 1, 2, 3)
    told = [vars(record) for record in caplog.records if record.message == "backend.other_model"]
    assert [(record["asked"], record["answered"]) for record in told] == [("tiny", "huge")]


@pytest.mark.model
def test_a_real_server_is_known_and_reads_ahead(model_file: Path) -> None:
    """llama.cpp itself: its name, its slots, and nearly all of a warmed prompt comes from its cache."""

    async def run() -> None:
        async with llama_server(model_file, slots=3) as backend:
            await backend.check()
            assert (backend.label, backend.name, backend.in_flight) == ("llama.cpp", "openai_compatible", 3)
            await backend.warm(ask(1, 7))
            assert backend.reading_s(ask(1, 7)) == 0
            heard: list[BackendEvent] = await listen(backend, ask(1, 7))
        end = heard[-1]
        assert isinstance(end, End)
        usage = end.usage
        assert usage.tokens_in is not None
        assert usage.cached_tokens_in is not None
        assert usage.cached_tokens_in >= usage.tokens_in - 8

    within(60, run)


@pytest.mark.model
def test_a_real_server_tells_a_bad_key(model_file: Path) -> None:
    """And asks nothing of anybody who has none."""

    async def run() -> None:
        async with llama_server(model_file, key="another") as backend:
            with pytest.raises(BadKey):
                await backend.check()

    within(60, run)


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


def test_a_plain_stream_has_a_connection_of_its_own() -> None:
    """So there is none that could have died meanwhile."""

    async def run() -> None:
        with ModelServer(answering(say_and_keep)) as server:
            async with closed_after(server_at(server, model="tiny")) as backend:
                for number in range(3):
                    assert len(await listen(backend, ask(number))) == 2
            assert (server.requests, server.connections) == (3, 3)

    within(20, run)
