from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.memory import Category, Memory
from agents.persona import load_personas
from agents.reflection import (
    is_true_to,
    number,
    reflection,
    reflections,
    summary,
    thought_prompt,
    times,
    told,
)
from llm.prompt_forms import estimated_tokens
from sim.app.settings import ASSETS


def action(doing: str, did: str, grade: int, *, importance: int = 60, text: str = "") -> Memory:
    """Something that was done."""
    kind = Category.FAILURE if grade == 0 else Category.ACTION
    impact = (-400, -160, 80, 240, 400)[grade]
    return Memory(
        1, kind, text or did, grade=grade, did=did, doing=doing, impact=impact, importance=importance
    )


def talk(who: str, impact: int, importance: int = 100) -> Memory:
    """A talk with somebody."""
    text = f"quarrelled with {who} about the boat"
    return Memory(
        1, Category.TALK, text, people=(ord(who[0]),), names=(who,), impact=impact, importance=importance
    )


def sold(grade: int = 3) -> Memory:
    """A day at the market."""
    return action("selling at the market", "sold at the market", grade)


def test_a_summary_counts_what_is_the_same_and_tells_what_weighs_most() -> None:
    """In one sentence, the weightiest first."""
    bread = action(
        "baking bread",
        "baked bread",
        0,
        importance=420,
        text="baked bread with Mira; it failed because the oven went cold",
    )
    made = summary([*(sold() for _ in range(6)), talk("Bram", -300), bread, *(sold(2) for _ in range(2))])
    assert made is not None
    assert made.text == (
        "Baked bread with Mira, and it failed because the oven went cold; "
        "quarrelled with Bram about the boat; sold at the market eight times, mostly well."
    )
    assert made.importance == 420


def test_there_is_nothing_to_sum_up_but_what_was_lived() -> None:
    """Thoughts are not thought over again."""
    assert summary([]) is None
    assert reflection([]) is None
    assert summary([Memory(1, Category.PATTERN, "all was well", importance=900)]) is None
    assert reflection([Memory(1, Category.REFLECTION, "all was well", importance=900)]) is None


def test_what_keeps_going_wrong_or_well_is_seen() -> None:
    """Three times, and at least half of all times: less is an accident."""
    bad, good = action("baking bread", "baked bread", 0), action("fishing", "fished", 4)
    texts = [one.text for one in reflections([bad, bad, bad, sold(2), sold(2), sold(2), good, good])]
    assert texts == ["baking bread keeps going wrong, three times out of three"]
    mixed = [action("fishing", "fished", grade) for grade in (4, 4, 3, 2)]
    assert [one.text for one in reflections(mixed)] == ["fishing goes well, three times out of four"]
    assert reflections([good, good, *(action("fishing", "fished", 2) for _ in range(5))]) == []


def test_who_does_one_good_or_ill_is_seen() -> None:
    """By what they left behind on the whole."""
    texts = [one.text for one in reflections([*(talk("Bram", -300) for _ in range(3)), talk("Mira", 500)])]
    assert texts == ["nothing good comes of Bram, three times now"]
    warm = reflections([talk("Mira", 500), talk("Mira", 500), talk("Mira", -100)])
    assert [one.text for one in warm] == ["Mira is good company, three times now"]
    assert reflections([talk("Mira", 500), talk("Mira", -500), talk("Mira", 10)]) == []


def test_without_a_pattern_the_weightiest_stays() -> None:
    """Somebody who has lived through something thinks something of it."""
    made = reflection([sold(2), talk("Bram", -300, importance=300)])
    assert made is not None
    assert made.text == "What stays with me: quarrelled with Bram about the boat."


def test_numbers_are_words_as_far_as_people_write_them() -> None:
    """Then they are digits."""
    assert [times(count) for count in (1, 2, 3, 12, 13)] == [
        "once",
        "twice",
        "three times",
        "twelve times",
        "13 times",
    ]
    assert number(5) == "five"


FACTS = (
    "baked bread at the bakery with Mira, and it failed because the oven went cold",
    "sold at the market six times, mostly well",
    "quarrelled with Bram about the boat",
)


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("I sold well at the market, but my bread failed when the oven went cold.", True),
        ("I am glad of the market, but I must make peace with Bram.", True),
        ("Mira's Pasta is a favorite among those who are good to eat.", False),
        ("I will always remember my friend Mira. In 1920 she saved me from a fire.", False),
        ("I'm going to give you a recipe for your own bread sometime in the future.", False),
        ("I am very sorry, I do not know how to answer that question.", False),
        ("I sold at the market and quarrelled with…", False),
        ("", False),
    ],
)
def test_what_a_model_makes_of_it_must_be_of_it(text: str, is_true: bool) -> None:
    """The false ones were said by a model of 135 million parameters that was asked for a summary."""
    assert is_true_to(text, FACTS) is is_true


DONE = ("fished at the docks", "baked bread", "prayed at the chapel", "slept", "drank ale", "drew water")
doings = st.builds(
    lambda did, grade, importance: action(f"having {did}", did, grade, importance=importance),
    st.sampled_from(DONE),
    st.integers(0, 4),
    st.integers(0, 1000),
)
WORDIEST = max(load_personas(ASSETS / "personas"), key=lambda one: len(one.core_identity))


@pytest.mark.slow
@given(st.lists(doings, min_size=1, max_size=50))
def test_compression_keeps_what_was_important(memories: list[Memory]) -> None:
    """The most important thing is named, and its importance is the whole's."""
    made = summary(memories)
    assert made is not None
    assert made.importance == max(memory.importance for memory in memories)
    heaviest = {one.did for one in memories if one.importance == made.importance}
    assert any(did.lower() in made.text.lower() for did in heaviest)
    assert summary(memories) == made


@pytest.mark.slow
@given(st.lists(doings, max_size=50), st.booleans())
def test_a_question_is_short(memories: list[Memory], sums_up: bool) -> None:
    """Under 300 tokens, whoever asks."""
    prompt = thought_prompt(WORDIEST, told(memories, 6), sums_up=sums_up)
    assert estimated_tokens(prompt) < 300
    assert WORDIEST.first_name in prompt.nudge
