from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.publish import PublishGate


def shown(text: str, *, cut: bool = False, max_length: int = 200) -> str:
    """What a gate lets through of a whole text."""
    gate = PublishGate("Mira Holt", ("Tomas",), max_length)
    return gate.feed(text) + gate.close(cut=cut)


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("Good morning, Tomas.", "Good morning, Tomas."),
        ("  good   morning \t Tomas ", "Good morning Tomas."),
        ('"Quoted all round."', "Quoted all round."),
        ("Mira: The rye is dark.", "The rye is dark."),
        ("Mira Holt: The rye is dark.", "The rye is dark."),
        ("mira: and so on", "And so on."),
        ("<think>He is a smith.</think>Hello, smith!", "Hello, smith!"),
        ("<thinking type='x'>plan\n\nplan</thinking> Hello!", "Hello!"),
        ("Hello <b>you</b> there", "Hello you there."),
        ("*wipes her hands* Sit down.", "Sit down."),
        ("I *really* mean it.", "I really mean it."),
        ("**Bold** words", "Bold words."),
        ("Come in (smiling) and sit [pause] down.", "Come in and sit down."),
        ("Fish & chips: 3 < 4, you know.", "Fish & chips: 3 4, you know."),
        ("Bell\x07 and \x1b[31mred", "Bell and."),
        ("Right\u202eto left\u200b here", "Rightto left here."),
        ("One line.\nTomas: Another's line.", "One line."),
        ("\n\n  First text after breaks", "First text after breaks."),
        ("Tomas: I am not her.", ""),
        ("... !", ""),
        ("", ""),
        ("<think>never closed", ""),
        ("Well, {narration} yes.", "Well, yes."),
        ("Tomas is late.", "Tomas is late."),
    ],
)
def test_only_spoken_words_are_shown(raw: str, visible: str) -> None:
    """Thinking, tags, directions, mark-up, control characters and names in front never reach a bubble."""
    assert visible == shown(raw)


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("The bread is done. I wonder wheth", "The bread is done. I wonder…"),
        ("The bread is done. I", "The bread is done."),
        ("The bread is almo", "The bread is…"),
        ("The bread is done.", "The bread is done."),
        ("Breadbre", ""),
    ],
)
def test_a_line_that_was_cut_off_ends_at_a_whole_word(raw: str, visible: str) -> None:
    """A model stopped by its limit leaves no half word; what ends in mid-sentence trails off."""
    assert visible == shown(raw, cut=True)


def test_a_line_is_never_longer_than_the_limit() -> None:
    """The limit cuts at a whole word."""
    line = shown("word " * 100, max_length=50)
    assert len(line) <= 50
    assert line.endswith("word…")


_PIECES = [*'aB .:!\n<>/*()[]"…é\u202e', "think", "Mira", "Holt", "Tomas"]
_TRICKY = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


@given(_TRICKY, st.lists(st.integers(0, 80), max_size=6), st.booleans())
def test_the_pieces_do_not_matter(raw: str, cuts: list[int], cut: bool) -> None:
    """However the text is sliced, the same words come out, and what was shown is never taken back."""
    gate = PublishGate("Mira Holt", ("Tomas",))
    edges = [0, *sorted(min(at, len(raw)) for at in cuts), len(raw)]
    pieces = [gate.feed(raw[begin:end]) for begin, end in pairwise(edges)]
    assert shown(raw, cut=cut) == "".join(pieces) + gate.close(cut=cut)


@given(st.text(max_size=300))
def test_nothing_unspeakable_is_ever_shown(raw: str) -> None:
    """No control character, no tag, no double space, whatever comes in."""
    line = shown(raw)
    assert not any(ord(character) < 32 or character in "<>*`" for character in line)
    assert "  " not in line
    assert line == line.strip()
