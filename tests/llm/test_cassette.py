"""Reading cassettes: which answer a question gets, and what becomes of damaged ones."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.backends.cassette import Cassette
from llm.cassette import CassetteBook, CassetteWriter, Entry, prompt_hash
from llm.errors import ModelFileError, NotRecorded
from llm.tick_models import TickModels
from llm.types import (
    Finish,
    Kind,
    Priority,
    Request,
    Tier,
    Turn,
    Usage,
    Why,
)
from tests.support.canned_answers import events_of
from tests.support.cassettes import LINES, about, record
from tests.support.model_backends import listen, within
from tests.support.model_requests import OpenGate, end_of, prompt_of

LONG_AFTER = 86_400 * 60 + 100  # ticks: no answer takes a day


def entry(text: str, topic: object, **more: object) -> Entry:
    """An answer to the question about this topic."""
    facts: dict[str, object] = {
        "tier": Tier.LOCAL,
        "kind": Kind.LINE,
        "prompt_hash": prompt_hash(about(0, topic).prompt),
        "speaker": "Mira",
        "request_id": 0,
        "backend": "lm_studio",
        "model": "m",
        "pieces": [(0.1, text)] if text else [],
        "finish": Finish.STOP,
        "end_s": 0.2,
        "usage": Usage(),
        "error": Why.NONE,
    }
    return Entry.model_validate(facts | more)


def text_of(book: CassetteBook, request: Request) -> str | None:
    """What the book answers."""
    answer = book.answer(request)
    return None if answer is None else "".join(text for _, text in answer.pieces)


def test_a_cassette_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    """For writing and for reading."""
    for attempt in (CassetteWriter, CassetteBook.load):
        with pytest.raises(ModelFileError, match=r"^cannot \w+ the cassette .*: \D+$"):
            attempt(tmp_path / "none" / "tape")


def change(**facts: object) -> Callable[[bytes], bytes]:
    """A cassette line with other facts."""
    return lambda line: json.dumps(json.loads(line) | facts).encode()


@pytest.mark.parametrize(
    ("number", "damage", "says"),
    [
        (1, lambda _: b"", "line 1 is damaged: it is not JSON"),
        (1, change(cassette=2), "line 1: cassette: Input should be 1"),
        (1, change(version=2), "line 1: version: Input should be 1"),
        (1, lambda _: b"[]", "line 1: Input should be an object"),
        (2, lambda line: line[:-9], "line 2 is damaged: it is not JSON"),
        (3, lambda line: line[:20] + b"\xff" + line[20:], "line 3 is damaged: it is not JSON"),
        (3, lambda _: b"", "line 3 is damaged: it is not JSON"),
        (2, change(tier="moon"), "line 2: tier: Input should be"),
        (2, change(end_s=-1), "line 2: end_s: Input should be greater"),
        (2, change(end_s=1e300), "line 2: end_s: Input should be less"),
        (2, change(pieces=[[0.5, "a"], [0.1, "b"]]), "line 2: Value error, its times run backwards"),
        (3, change(pieces=[[0.5]]), "line 3: pieces.0.1: Field required"),
    ],
)
def test_a_damaged_cassette_is_one_clear_line(
    tmp_path: Path, number: int, damage: Callable[[bytes], bytes], says: str
) -> None:
    """It names the file and the line; nobody sees a traceback."""
    path = tmp_path / "tape"
    record(path, [about(1), about(2)], *LINES)
    lines = path.read_bytes().splitlines()
    lines[number - 1] = damage(lines[number - 1])
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(ModelFileError) as failed:
        CassetteBook.load(path)
    assert str(failed.value).startswith(f"{path}: {says}")
    assert "\n" not in str(failed.value)


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A whole cassette, and a place for damaged ones."""
    path = tmp_path_factory.mktemp("tapes") / "tape"
    record(path, [about(1), about(2), about(3)], *LINES)
    return path, path.read_bytes()


@given(where=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_byte_may_be_wrong(tape: tuple[Path, bytes], where: int, byte: int, cut: bool) -> None:
    """A cassette is read or refused in one line, whatever happened to it."""
    path, whole = tape
    where %= len(whole)
    path.write_bytes(whole[:where] + (b"" if cut else bytes([byte]) + whole[where + 1 :]))
    says = read_or_refused(path)
    assert not says or (says.startswith(f"{path}: line ") and "\n" not in says)


def read_or_refused(path: Path) -> str:
    """Why a cassette is refused; if it is not, it answers in time."""
    try:
        book = CassetteBook.load(path)
    except ModelFileError as error:
        return str(error)
    models = TickModels(OpenGate, book)
    models.submit(about(1))
    assert end_of([event for _ in range(3) for event in models.drain(LONG_AFTER)])
    return ""


A, B, C = entry("A", "a"), entry("B", "b"), entry("C", "c", tier=Tier.CLOUD)
A2, COLD = entry("A2", "a"), entry("", "a", error=Why.UNREACHABLE)
SPOT = Priority.SPOTLIGHT


@pytest.mark.parametrize(
    ("entries", "questions", "answers", "counted"),
    [
        ([A, B], ["b", "a"], ["B", "A"], (2, 0, 0)),
        ([A, B, A2], ["a", "a", "a"], ["A", "A2", "A2"], (3, 0, 0)),
        ([A, B, A2], ["x", "a", "x", "a"], ["A", "A2", "B", "A2"], (2, 2, 0)),
        ([C, A, B], ["x", "x", "x", "x"], ["A", "B", "B", "A"], (0, 2, 2)),
        ([A, C], [("x", SPOT), "x", ("c", SPOT)], ["C", "A", "C"], (1, 2, 0)),
        ([A, B], [("x", SPOT), ("x", SPOT)], ["A", "B"], (0, 2, 0)),
        ([C], ["x", "x"], ["C", "C"], (0, 1, 1)),
        ([COLD, B, A2], ["a", "x"], ["A2", "B"], (1, 1, 0)),
        ([COLD, B], ["a", "a"], ["", ""], (2, 0, 0)),
        ([], ["a"], [None], (0, 0, 0)),
    ],
    ids=[
        "the same question",
        "asked more often",
        "any unused",
        "round and round",
        "tiers",
        "no cloud",
        "no local",
        "a later attempt spoke",
        "nobody spoke",
        "empty",
    ],
)
def test_which_answer_a_question_gets(
    entries: list[Entry],
    questions: list[str | tuple[str, Priority]],
    answers: list[str | None],
    counted: tuple[int, int, int],
) -> None:
    """That of the same question; else an unused one of its tier; else a used one, from the seed's on."""
    book = CassetteBook(entries, seed=3)
    asked = [(one, Priority.VISIBLE) if isinstance(one, str) else one for one in questions]
    heard = [text_of(book, about(0, topic, priority=priority)) for topic, priority in asked]
    assert heard == answers
    assert (book.matched, book.next_unused, book.cycled) == counted


def test_a_strict_cassette_answers_only_what_it_knows() -> None:
    """The question is named, for people who look for it."""
    book = CassetteBook([A, B], strict=True)
    assert text_of(book, about(1, "b")) == "B"
    says = "the cassette holds no answer to request 5 of Mira at tick 77"
    with pytest.raises(NotRecorded, match=f"^{says}$"):
        book.answer(about(5, "x", tick=77))

    async def run() -> None:
        with pytest.raises(NotRecorded):
            await listen(Cassette(book), about(5, "x"))

    within(10, run)
    models = TickModels(OpenGate, book)
    models.submit(about(5, "x", tick=77))
    with pytest.raises(NotRecorded, match=says):
        events_of(models, 5)


@given(
    st.lists(st.tuples(st.sampled_from("abcxyz"), st.sampled_from(list(Priority))), max_size=30),
    st.integers(),
)
def test_the_same_questions_have_the_same_answers(questions: list[tuple[str, Priority]], seed: int) -> None:
    """Whatever they are; and no question stays without one."""

    def run() -> list[str | None]:
        book = CassetteBook([A, B, C, A2], seed)
        return [text_of(book, about(0, topic, priority=priority)) for topic, priority in questions]

    assert run() == run()
    assert None not in run()


def test_every_part_of_a_prompt_counts() -> None:
    """And where one part ends and the next begins."""
    prompt = prompt_of()
    values: dict[str, Any] = {part.name: "other" for part in dataclasses.fields(prompt)}
    values |= {"history": (Turn("Tomas", "Hm."),), "listeners": ("Rosa",)}
    others = [dataclasses.replace(prompt, **{name: value}) for name, value in values.items()]
    others.append(
        dataclasses.replace(prompt, rules=prompt.rules + prompt.persona[0], persona=prompt.persona[1:])
    )
    others.append(dataclasses.replace(prompt, history=(), listeners=()))
    hashes = {prompt_hash(one) for one in (prompt, *others)}
    assert len(hashes) == len(others) + 1
    assert {len(one) for one in hashes} == {32}
    assert prompt_hash(prompt_of()) == prompt_hash(prompt)
