"""Books of lines: who gets which, how they are read, and what each says of itself as an answer."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from llm.canned import CannedAnswer
from llm.errors import ModelFileError
from llm.script_book import ScriptBook, ScriptedLine, load
from llm.types import Finish, Priority, Tier, Usage, Why
from tests.support.model_requests import ask

ASSETS = Path(__file__).parents[2] / "assets"


def texts(book: ScriptBook, *priorities: Priority) -> list[str | None]:
    """What a speaker (Mira) is dealt, one line for each priority."""
    lines = [book.next_line(ask(number, priority=one)) for number, one in enumerate(priorities)]
    return [None if line is None else line.text for line in lines]


def test_a_speaker_with_lines_of_their_own_says_those() -> None:
    """Each list is dealt out in order, over and over."""
    book = ScriptBook([ScriptedLine(text="Mine.", speaker="Mira"), "Anybody's."])
    assert texts(book, Priority.VISIBLE, Priority.VISIBLE) == ["Mine.", "Mine."]
    assert ScriptBook([]).next_line(ask(1)) is None
    assert ScriptBook([]).answer(ask(1)) is None


def test_the_spotlight_gets_the_clouds_lines() -> None:
    """And nobody else does."""
    book = ScriptBook(["Local.", ScriptedLine(text="Cloud.", tier="cloud")])
    assert texts(book, Priority.SPOTLIGHT, Priority.VISIBLE, Priority.SPOTLIGHT) == [
        "Cloud.",
        "Local.",
        "Cloud.",
    ]


@pytest.mark.parametrize("tier", ["local", "cloud"])
def test_a_book_of_one_tier_serves_all(tier: str) -> None:
    """Dealt out in one order, whoever asks."""
    book = ScriptBook(
        [ScriptedLine.model_validate({"text": text, "tier": tier}) for text in ("One.", "Two.")]
    )
    assert texts(book, Priority.SPOTLIGHT, Priority.VISIBLE) == ["One.", "Two."]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            {"text": "Hello there", "delay": 0.5, "pause": 0.25, "chunk": 6, "tier": "cloud"},
            CannedAnswer(
                ((0.5, "Hello "), (0.75, "there")), Finish.STOP, 1.0, Usage(0, 2, 0), tier=Tier.CLOUD
            ),
        ),
        ({"text": "Hello", "mishap": "silence"}, CannedAnswer(error=Why.FIRST_CONTENT, usage=Usage(0, 0, 0))),
        (
            {"text": "Hello", "mishap": "refused", "delay": 2},
            CannedAnswer(end_s=2.0, error=Why.REFUSED, usage=Usage(0, 0, 0)),
        ),
        (
            {"text": "Hell", "mishap": "stall"},
            CannedAnswer(((0.0, "He"),), error=Why.STALL, usage=Usage(0, 0, 0)),
        ),
        (
            {"text": "Hell", "mishap": "length"},
            CannedAnswer(((0.0, "Hell"),), Finish.LENGTH, usage=Usage(0, 1, 0)),
        ),
    ],
    ids=["whole", "silence", "refused", "stall", "length"],
)
def test_a_line_as_an_answer(line: dict[str, object], answer: CannedAnswer) -> None:
    """Every piece at its time, and what goes wrong at the end."""
    assert ScriptBook([ScriptedLine.model_validate(line)]).answer(ask(1)) == answer


def test_books_are_read_from_toml_and_json(tmp_path: Path) -> None:
    """Both forms say the same."""
    toml, json = tmp_path / "book.toml", tmp_path / "book.json"
    toml.write_text('[[line]]\ntext = "Hello."\ndelay = 0.5\n')
    json.write_text('[{"text": "Hello.", "delay": 0.5}, "Bye."]')
    for path in (toml, json):
        assert load(path).next_line(ask(1)) == ScriptedLine(text="Hello.", delay=0.5)


@pytest.mark.parametrize("text", ['[[line]]\ntxt = "x"\n', "[[line]\n", "line = 4\n"])
def test_a_bad_book_is_one_clear_line(tmp_path: Path, text: str) -> None:
    """It names the file; nobody sees a traceback."""
    path = tmp_path / "book.toml"
    path.write_text(text)
    with pytest.raises(ModelFileError, match=r"book\.toml"):
        load(path)
    with pytest.raises(ModelFileError, match="cannot read"):
        load(tmp_path / "missing.json")


def test_the_shipped_book_is_for_this_town() -> None:
    """Enough lines, no two alike, none too long for the gate, and for speakers who live here."""
    path = ASSETS / "scripts" / "town.toml"
    assert load(path).answer(ask(1)) is not None
    lines = [ScriptedLine.model_validate(line) for line in tomllib.loads(path.read_text())["line"]]
    assert len({line.text for line in lines}) == len(lines) >= 40
    assert max(len(line.text) for line in lines) < 160
    people = {
        tomllib.loads(one.read_text())["name"].split()[0] for one in (ASSETS / "personas").glob("*.toml")
    }
    assert {line.speaker for line in lines} - {None} <= people
    assert {line.tier for line in lines} == {"local", "cloud"}
