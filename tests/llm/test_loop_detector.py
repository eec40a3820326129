from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.loop_detector import MOST_WORD_CHARACTERS, LoopDetector

NATURAL = [
    "no, no, no",
    "No. No, no! No...",
    "very very very good",
    "ha ha ha",
    "Ha ha ha ha, that is rich!",
    "well, well, well, what have we here? Well well.",
    "it's fine, it's fine, it's fine, really",
    "bye bye, bye bye",
    "Row, row, row your boat, gently down the stream. Row, row, row your boat, gently down the stream.",
    "I love the sea, I love the sea, and I always will. I love the sea!",
    "day by day by day by day we bake",
    "the bread and the butter and the jam and the tea and the cake and the milk",
    "one two one two one two, the march goes on",
    "...",
    "— — —",
    "",
]
LOOPS = [
    "no no no no no ",
    "No, no! NO no... no? ",
    "ha. " * 5,
    "so it so it so it so it so it ",
    "I am here. " * 3,
    "And then she said: " + "I will go to the market today. " * 3 + "And",
    (" ".join(map(str, range(20))) + " ") * 3,
    "... " * 5,
    "a" * (MOST_WORD_CHARACTERS + 1),
    "hahaha" * 30 + " ",
]
spoken = st.lists(
    st.sampled_from(["ha", "Ha,", "no ", " the", "sea", "\n", " ", "x" * 50, ". ", "İ"]), max_size=60
).map("".join)


def loops(*pieces: str) -> bool:
    """Whether somebody who said this would be stopped."""
    detector = LoopDetector()
    return [detector.feed(piece) for piece in pieces][-1]


@pytest.mark.parametrize("text", NATURAL)
def test_people_may_repeat_themselves(text: str) -> None:
    """A word four times, a pair of words four times, a phrase twice: that is how people talk."""
    assert not loops(text + " ")


@pytest.mark.parametrize("text", LOOPS)
def test_a_model_that_cannot_stop_is_heard(text: str) -> None:
    """A word or two five times in a row, a phrase three times, or a word without end."""
    assert loops(text)


@pytest.mark.parametrize("text", LOOPS)
def test_a_loop_is_heard_at_its_end_and_no_sooner(text: str) -> None:
    """One repetition less is none, and what comes later does not unsay it."""
    detector = LoopDetector()
    heard = [detector.feed(character) for character in text + " and so on."]
    first = heard.index(True)
    assert first >= len(text) / 2
    assert all(heard[first:])


@given(spoken, st.data())
def test_the_boundaries_of_pieces_carry_no_meaning(text: str, data: st.DataObject) -> None:
    """However the text was cut, the verdict on all of it is the same."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert loops(*pieces) == loops(text)


@given(st.lists(st.sampled_from("abc"), max_size=40))
def test_the_verdict_is_what_looking_back_would_say(letters: list[str]) -> None:
    """Any phrase of up to twenty words that fills the end of what was said too often."""
    assert loops("".join(f"{letter} " for letter in letters), "") == any(
        ends_in_loop(letters[:end]) for end in range(len(letters) + 1)
    )


def ends_in_loop(words: list[str]) -> bool:
    """The rule, as one would say it."""
    for period in range(1, 21):
        times = 5 if period <= 2 else 3
        if len(words) >= times * period and words[-times * period :] == words[-period:] * times:
            return True
    return False


def test_its_memory_does_not_grow() -> None:
    """A reply may be as long as it likes."""
    detector = LoopDetector()
    sizes = set()
    for number in range(2_000):
        assert not detector.feed(f"word{number:05} ")
        if number > 40:
            sizes.add(sys.getsizeof(detector._latest) + sys.getsizeof(detector._repeated))
    assert len(detector._latest) == 20
    assert len(sizes) <= 2
