from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.blocklist import Blocklist
from agents.conversation.repetition import Guard, fingerprint
from agents.known_names import KnownNames
from agents.publish import LineRules, Mode, PublishGate


def shown(text: str, *, cut: bool = False, max_length: int = 200) -> str:
    """What a gate lets through of a whole text."""
    gate = PublishGate("Mira Holt", ("Tomas",), LineRules(max_length))
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
        ("Bell\x07 and \x1b[31mred", "Bell and red."),
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


def test_a_long_line_ends_where_a_sentence_does() -> None:
    """Rather than in the middle of the next one; a line of our own is said whole."""
    first, second = (
        "It was so long ago that nobody remembers who began it. " * 2,
        "And then there was more of it.",
    )
    for written, said in (
        (False, f"{first}Such is the world."),
        (True, f"{first}Such is the world. {second}"),
    ):
        gate = PublishGate("Mira Holt", ("Tomas",), LineRules(200), written=written)
        assert gate.feed(f"{first}Such is the world. {second}") + gate.close(cut=False) == said


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


RULES = LineRules(
    blocklist=Blocklist(frozenset({"shit"}), ("fuck",)),
    names=KnownNames.of(("Ben and Mira live at Harbor House.", "God knows")),
)


def gated(text: str, *said: str, step: int = 3, **more: object) -> tuple[str, bool]:
    """What is shown of a text that comes in such pieces, and whether it is a repetition."""
    gate = PublishGate(
        "Mira Holt",
        ("Tomas",),
        RULES,
        guard=Guard(tuple(map(fingerprint, said))),
        **more,  # type: ignore[arg-type]  # keywords of the gate
    )
    shown = "".join(gate.feed(text[at : at + step]) for at in range(0, len(text), step))
    return shown + gate.close(cut=False), gate.repeats


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("I met Gandalf near the mill.", "I met somebody near the mill."),
        ("I went to London with Ben.", "I went to somebody with Ben."),
        ("That is John Smith's hat.", "That is somebody hat."),
        ("That is Gandalf's hat.", "That is somebody's hat."),
        ("She comes from London, I think.", "She comes from somewhere, I think."),
        ("Gandalf was here. Ben saw him.", "Gandalf was here. Ben saw him."),
        ("God knows, I said NO to Tomas.", "God knows, I said NO to Tomas."),
        ("Well, fuck that.", "Well, …"),
        ("Well, F.u.c.k.i.n.g sh1t happens.", "Well, …"),
        ("Shit!", ""),
        ("A shitake is a mushroom.", "A shitake is a mushroom."),
        ("Zalgo e\u0301\u0301\u0301\u0301\u0301\u0301 done", "Zalgo \u00e9\u0301\u0301 done."),
        ("A \x1b]0;title\x07red \x1b[1;31mword\x1b[0m.", "A red word."),
    ],
)
@pytest.mark.parametrize("step", [1, 4, 99])
def test_no_stranger_no_bad_word_and_no_order_to_a_terminal_passes(raw: str, visible: str, step: int) -> None:
    """However it is cut."""
    assert gated(raw, step=step)[0] == visible


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("As an AI language model, I cannot say that.", ""),
        ("Well, as an AI I have no feet.", "Well, …"),
        ("I am an aide to the mayor.", "I am an aide to the mayor."),
        ("I\u2019m an AI, you know.", ""),
        ("It was as an apple.", "It was as an apple."),
        ("My key is sk-proj-0123456789abcdefABCDEF, use it.", "My key is…"),
        ("Look at https://example.org/page now.", "Look at…"),
        ("Traceback (most recent call last):\n  MemoryError", ""),
        ("<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>", ""),
        ("as an", "As an."),
        ("A twenty-and-something-year-old goose.", "A twenty-and-something-year-old goose."),
    ],
)
@pytest.mark.parametrize("step", [1, 4, 99])
def test_nobody_speaks_as_a_machine(raw: str, visible: str, step: int) -> None:
    """Nor of its keys, its addresses and its errors; however it is cut."""
    assert gated(raw, step=step)[0] == visible


def test_a_line_of_our_own_knows_its_names() -> None:
    """A template may speak of anybody it is filled with; a bad word it may not."""
    assert gated("I met Gandalf.", written=True)[0] == "I met Gandalf."
    assert gated("Oh shit, Gandalf.", written=True)[0] == "Oh…"


SAID = "I have seen seven gulls on the roof of the mill this morning."


@pytest.mark.parametrize("step", [1, 7, 200])
def test_what_was_said_lately_is_not_said_again(step: int) -> None:
    """Nothing of it is shown, also when a word is another."""
    assert gated(SAID, SAID, step=step) == ("", True)
    assert gated("I have seen seven gulls on the roof of the mill, you know.", SAID, step=step) == ("", True)
    assert gated(SAID, SAID, step=step, written=True)[0] == SAID
    assert gated("I have lost my hat, and it was a good one.", SAID, step=step)[1] is False


@pytest.mark.parametrize("step", [5, 200])
def test_what_turns_into_a_repetition_ends_there(step: int) -> None:
    """It began otherwise, and what was shown stays shown, trailing off; what nobody saw yet is not shown."""
    long = (
        "I have seen seven gulls on the roof of the mill this morning and they looked at me just as if I owed them "
        "rent for the whole of the summer and for half of the winter too."
    )
    shown, repeats = gated(long.replace("seven", "sixty", 1), long, step=step)
    assert repeats
    assert shown == "" if step > len(long) else 40 < len(shown) < len(long)
    assert shown == "" or shown.endswith("…")


def test_a_word_without_end_is_cut_however_it_comes() -> None:
    """Forty characters of it, plain or not."""
    assert shown("é" * 90 + " ends.") == "É" + "é" * 39 + " ends."
    assert shown("e" * 90 + " ends.") == "E" + "e" * 39 + " ends."


@given(text=st.text(max_size=160), said=st.lists(st.text(max_size=60), max_size=4), cuts=st.integers(1, 9))
def test_cuts_carry_no_meaning_with_a_guard(text: str, said: list[str], cuts: int) -> None:
    """Word by word or whole, the same is shown of what is new; a repetition never becomes news by its cuts."""
    whole, again = gated(text, *said, step=1000)
    pieces, repeats = gated(text, *said, step=cuts)
    if not (again or repeats):
        assert whole == pieces


@given(st.text(max_size=120), st.integers(1, 7))
def test_a_sentence_is_shown_when_it_is_whole(text: str, step: int) -> None:
    """Between two pieces nothing stands that does not end as a sentence does; at the end it is the same line."""
    gate = PublishGate("Mira Holt", (), RULES, mode=Mode.SENTENCE)
    shown = ""
    for at in range(0, len(text), step):
        shown += gate.feed(text[at : at + step])
        assert not shown or gate.over or shown.endswith((".", "!", "?", "…"))
    assert shown + gate.close(cut=False) == gated(text, step=1000)[0]
