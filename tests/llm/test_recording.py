"""Recording what models say, and hearing the same again."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from llm.backends.cassette import Cassette, Recorded
from llm.backends.scripted import Scripted
from llm.canned import CannedAnswer
from llm.cassette import CassetteBook, CassetteWriter, Tape, prompt_hash
from llm.errors import ModelError, Refused
from llm.script_book import ScriptBook
from llm.tick_models import TickModels
from llm.types import (
    BackendEvent,
    Delta,
    End,
    Finish,
    Finished,
    Kind,
    Priority,
    Request,
    Started,
    Tier,
    Why,
)
from tests.support.canned_answers import Answers, drain_all
from tests.support.cassettes import LINES, about, objects, record
from tests.support.model_backends import first_word, listen, within
from tests.support.model_requests import OpenGate, ask, end_of, prompt_of

CANARY = "sk-canary-0123456789"


def test_what_is_recorded_is_all_that_is_needed(tmp_path: Path) -> None:
    """Who, what, when and how it ended."""
    path = tmp_path / "tape"
    record(path, [about(1, priority=Priority.SPOTLIGHT)], LINES[0])
    assert objects(path) == [
        {
            "tier": "local",
            "kind": "line",
            "prompt_hash": prompt_hash(about(1).prompt),
            "speaker": "Mira",
            "request_id": 1,
            "backend": "scripted",
            "model": "",
            "pieces": [[0.01, "Good morr"], [0.02, "ow to you"], [0.03, ", Tomas."]],
            "finish": "stop",
            "end_s": 0.04,
            "usage": {"tokens_in": 0, "tokens_out": 6, "cached_tokens_in": 0},
            "error": "",
        }
    ]


def test_a_recording_says_the_same_again_through_a_backend(tmp_path: Path) -> None:
    """The same pieces, the same end, the same error; only what hung is over when it was given up."""
    path = tmp_path / "tape"
    requests = [about(number) for number in range(1, 7)]
    record(path, requests, *LINES)

    async def heard(backend: Scripted, request: Request) -> list[object]:
        events: list[object] = []
        try:
            async with asyncio.timeout(0.2):
                async for event in backend.stream(request):
                    events.append(event)  # noqa: PERF401 - what came before an error is wanted too
        except (ModelError, TimeoutError) as error:
            events.append((type(error), getattr(error, "why", None)))
        return events

    async def run() -> None:
        script, again = Scripted(ScriptBook(LINES)), Cassette(CassetteBook.load(path))
        assert again.name == "cassette"
        first = [await heard(script, request) for request in requests]
        second = [await heard(again, request) for request in requests]
        assert second[:5] == first[:5]
        assert first[5] == [Delta("It hangs in"), (TimeoutError, None)]
        assert second[5] == [Delta("It hangs in"), End(Finish.CUT)]

    within(10, run)


def test_a_recording_says_the_same_again_tick_by_tick(tmp_path: Path) -> None:
    """Whoever has the same questions hears the same words, and who said them then."""
    path = tmp_path / "tape"
    requests = [about(number) for number in range(1, 7)]
    record(path, requests, *LINES)
    book = CassetteBook.load(path, strict=True)
    models = TickModels(OpenGate, book)
    for request in requests:
        models.submit(request)
    heard = [event for _, event in drain_all(models)]
    ends = [end_of([event for event in heard if event.request_id == one.id]) for one in requests]
    assert [end.text for end in ends if isinstance(end, Finished)] == [
        LINES[0].text,
        LINES[1].text,
        "Half of th…",
        "Fine weather today.",
        "Too long by far…",
        "It hangs in…",
    ]
    assert book.matched == 6
    started = next(event for event in heard if isinstance(event, Started))
    assert (started.backend, started.recorded_backend) == ("cassette", "scripted")


@pytest.mark.parametrize("why", sorted(set(Why) - {Why.NONE, Why.FIRST_CONTENT, Why.STALL, Why.TOTAL}))
def test_every_error_comes_back_as_itself(why: Why) -> None:
    """So that whoever asks decides as they would have then; what ran out of time only never ends."""

    async def run() -> None:
        backend = Scripted(Answers(CannedAnswer(error=why)), tier=Tier.CLOUD)
        assert (backend.name, backend.tier) == ("cassette", Tier.CLOUD)
        with pytest.raises(ModelError) as failed:
            await listen(backend, ask(1))
        assert failed.value.why is why

    within(10, run)


def test_whoever_stops_listening_is_recorded_until_then(tmp_path: Path) -> None:
    """What was heard, and that it was cut."""
    path = tmp_path / "tape"

    async def run() -> None:
        writer = CassetteWriter(path, {"seed": 7})
        assert await first_word(Recorded(Scripted(ScriptBook([LINES[0]])), writer), about(1)) == "Good morr"
        writer.close()

    within(10, run)
    (line,) = objects(path)
    assert [text for _, text in line["pieces"]] == ["Good morr"]
    assert (line["finish"], line["error"]) == ("cut", "")


class Leaky:
    """A backend that knows a key and says it in its error."""

    name, tier, model, in_flight = "openai", Tier.CLOUD, "half \ud83d a character", 3

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """One piece, and the error."""
        yield Delta("")
        yield Delta(f"Hm \ud83d{request.id}")
        raise Refused(f"the key {CANARY} is refused", 401, Why.BAD_KEY)

    def reading_s(self, request: Request) -> float:
        """A while."""
        return 1.5 + request.id

    async def warm(self, request: Request) -> None:
        """Noted."""
        self.calls.append(f"warm {request.id}")

    async def check(self) -> None:
        """Noted."""
        self.calls.append("check")

    async def close(self) -> None:
        """Noted."""
        self.calls.append("close")


def test_no_key_is_on_a_cassette_and_half_a_character_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the surroundings, nor of the question, nor of an error text."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    path = tmp_path / "tape"
    prompt = dataclasses.replace(prompt_of(), rules=CANARY, nudge="\ud83d")

    async def run() -> None:
        writer = CassetteWriter(path, {"seed": 7})
        with pytest.raises(Refused):
            await listen(Recorded(Leaky(), writer), dataclasses.replace(ask(1), prompt=prompt))
        writer.close()

    within(10, run)
    assert CANARY not in path.read_text(encoding="utf-8")
    (line,) = objects(path)
    assert (line["error"], line["tier"], line["model"]) == ("bad_key", "cloud", "half ? a character")
    assert [text for _, text in line["pieces"]] == ["Hm ?1"]
    assert CassetteBook.load(path).answer(about(9)) is not None


def test_a_recorded_backend_is_its_backend_in_all_else(tmp_path: Path) -> None:
    """Names, places, checks; and a warm-up leaves no mark."""
    path, leaky = tmp_path / "tape", Leaky()

    async def run() -> None:
        writer = CassetteWriter(path, {"seed": 7})
        backend = Recorded(leaky, writer)
        assert (backend.name, backend.tier, backend.in_flight) == ("openai", Tier.CLOUD, 3)
        assert backend.reading_s(ask(1)) == 2.5
        await backend.warm(ask(1, kind=Kind.WARM))
        with pytest.raises(Refused):
            await listen(backend, ask(1, kind=Kind.WARM))
        await backend.check()
        await backend.close()
        writer.close()

    within(10, run)
    assert leaky.calls == ["warm 1", "check", "close"]
    assert objects(path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe to break")
def test_a_disk_that_fails_costs_the_recording_and_no_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once."""
    path = tmp_path / "tape"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = CassetteWriter(path)
    os.close(reader)

    async def run() -> None:
        backend = Recorded(Scripted(ScriptBook(["Good morrow."])), writer)
        for number in range(3):
            assert isinstance((await listen(backend, about(number)))[-1], End)

    within(10, run)
    assert [record.message for record in caplog.records] == ["cassette.stopped"]
    writer.close()


def test_a_tape_says_that_it_was_cut_until_it_is_told_better() -> None:
    """An answer whose end nobody heard has none."""
    assert Tape(about(1), Tier.LOCAL, "x", "").facts()["finish"] == "cut"
