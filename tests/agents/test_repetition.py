from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.blocklist import Blocklist, BlocklistError, folded
from agents.conversation.repetition import (
    Guard,
    PhraseLedger,
    RepetitionCounter,
    fingerprint,
    nearest,
    similarity,
)
from agents.known_names import KnownNames
from agents.publish import PublishGate
from sim.app.settings import ASSETS


@given(st.text(), st.text())
def test_similarity_is_mutual_and_bounded(one: str, other: str) -> None:
    """0 to 1000, the same both ways, all of it for the same line."""
    first, second = fingerprint(one), fingerprint(other)
    assert similarity(first, second) == similarity(second, first)
    assert 0 <= similarity(first, second) <= 1000
    if first:
        assert similarity(first, first) == 1000


def test_marks_and_case_make_no_other_line() -> None:
    """A word here or there hardly does."""
    line = fingerprint("The bread is still warm, and so am I.")
    assert similarity(line, fingerprint("the BREAD is still warm... and so am I!")) == 1000
    assert similarity(line, fingerprint("The bread is still warm, and so are we.")) > 700
    assert similarity(line, fingerprint("I lost my hat in the river yesterday.")) < 200
    assert nearest(line, ()) == 0


def test_the_rate_counts_lines_of_the_speaker_and_of_the_group() -> None:
    """What somebody else said elsewhere is no repetition."""
    counter = RepetitionCounter()
    counter.heard(1, 1, "The bread is still warm.")
    counter.heard(2, 2, "The bread is still warm.")
    assert counter.rate == 0
    counter.heard(1, 3, "The bread is still warm!")
    counter.heard(3, 2, "The bread is still warm?")
    assert counter.rate == 0.5
    for number in range(60):
        counter.heard(1, 100 + number, f"Line number {number} is about {number * 7919} other things.")
    counter.heard(1, 999, "The bread is still warm.")
    assert counter.repeated == 2


def test_a_phrase_that_many_lines_share_is_worn_and_recovers() -> None:
    """Wherever it stands in them; forgotten with the lines that had it."""
    ledger = PhraseLedger()
    tail = "if I stay any longer today"
    for number in range(3):
        ledger.heard(f"Number {number}, goodbye, {tail} {number}")
    assert ledger.worn() == frozenset()
    ledger.heard(f"Well, {tail.upper()}!")
    assert ledger.worn() == {"if i stay any longer today"}
    for number in range(200):
        ledger.heard(f"Line {number} of {number * 7} is not like {number * 13} others at {number}")
    assert ledger.worn() == frozenset()
    assert len(ledger.lines) == 150


@pytest.mark.parametrize("step", [1, 5, 99])
def test_no_line_begins_with_a_worn_phrase(step: int) -> None:
    """It is asked for anew before a word was seen; further on in a line it may stand."""
    worn = frozenset({"if i stay any longer today"})
    for text, passes in (
        ("If I stay any longer today, I shall take root.", False),
        ("My chair is so fond of me by now that if I stay any longer today I shall take root.", True),
    ):
        gate = PublishGate("Mira", ("Tomas",), guard=Guard((), worn))
        shown = "".join(gate.feed(text[at : at + step]) for at in range(0, len(text), step))
        shown += gate.close(cut=False)
        assert (bool(shown), gate.repeats) == (passes, not passes)


def test_the_bundled_list_blocks_and_lets_live() -> None:
    """Dressed up or not; words that only look like it pass."""
    listed = Blocklist.load(ASSETS / "publish" / "blocklist.txt")
    assert all(
        listed.holds(word)
        for word in ("fuck", "FUCKING,", "f*u*c*k", "sh1t", "b!tch", "Ni66er".replace("66", "gg"))
    )
    assert not any(
        listed.holds(word)
        for word in ("duck", "class", "Scunthorpe", "therapist", "cockle", "hello", "!!", "")
    )


@pytest.mark.parametrize("line", ["two words", "!!!", "x" * 90])
def test_a_list_that_cannot_be_used_is_one_line(tmp_path: Path, line: str) -> None:
    """It names the file and the line."""
    path = tmp_path / "list.txt"
    path.write_text(f"# ours\nfine\n{line}\n")
    with pytest.raises(BlocklistError) as refused:
        Blocklist.load(path)
    assert f"{path}:3" in str(refused.value)
    with pytest.raises(BlocklistError, match="cannot be read"):
        Blocklist.load(tmp_path / "none.txt")


@given(st.text())
def test_folding_leaves_letters_alone(word: str) -> None:
    """And does so once and for all."""
    letters = folded(word)
    assert all(character.isalpha() for character in letters)


def test_names_are_known_with_what_is_joined_on() -> None:
    """And a town that knows no names takes nobody for a stranger."""
    names = KnownNames.of(["Ben walks to Harbor House."])
    assert all(map(names.knows, ("Ben", "Ben's", "Ben,", "(Ben)", "Harbor", "NO", "I", "42", "hat")))
    assert not names.knows("Gandalf")
    assert names.with_people(["Gandalf Grey"]).knows("Grey")
    assert KnownNames().knows("Gandalf")
