from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agents.actions import Grade
from agents.memory import Category, by_category
from sim.memories import Memories, Noted
from sim.memory_rules import MemoryRules
from sim.recall import memories_of, retrieve
from sim.world import World
from tests.support.small_town import small_world


@pytest.fixture
def world() -> World:
    """The small town on its first morning."""
    return small_world()


def note(world: World, row: int, what: Noted) -> None:
    """Let one remember."""
    world.memories.note(np.array([row]), what)


def test_a_deed_is_told_with_where_whom_and_why(world: World) -> None:
    """In the words of the tables."""
    action = world.lore.actions.actions[0]
    place = world.town.places[2].title
    what = Noted(5, Category.FAILURE, action=0, grade=Grade.FAILURE, place=2, other=4, impact=-400, reason=0)
    note(world, 1, what)
    (memory,) = memories_of(world, 1)
    name = world.roster.persona(4).first_name
    reason = action.reasons.failure[0]
    assert memory.text == f"{action.did} at {place} with {name}; it failed because {reason}"
    assert (memory.did, memory.doing) == (f"{action.did} at {place}", f"{action.doing} at {place}")
    assert (memory.people, memory.names, memory.place) == ((4,), (name,), place)


def test_an_ordinary_deed_needs_no_reason(world: World) -> None:
    """Nor does it have one."""
    note(world, 1, Noted(5, Category.ACTION, action=0, grade=Grade.AVERAGE))
    (memory,) = memories_of(world, 1)
    assert memory.text == world.lore.actions.actions[0].did


def test_what_has_words_is_told_in_them(world: World) -> None:
    """And what has neither deed nor words still is something."""
    note(world, 1, Noted(5, Category.EVENT, text="saw a comet"))
    note(world, 1, Noted(6, Category.EVENT))
    texts = [memory.text for memory in memories_of(world, 1)]
    assert texts == ["saw a comet", "saw something happen"]


def test_a_talk_is_told_with_what_the_other_said(world: World) -> None:
    """Talking with the same person is the same thing done again, wherever it was."""
    note(world, 1, Noted(5, Category.TALK, other=2, place=0, text="The boat leaks."))
    note(world, 1, Noted(6, Category.TALK, other=2, place=1))
    name, place, elsewhere = world.roster.persona(2).first_name, *(one.title for one in world.town.places[:2])
    first, second = memories_of(world, 1)
    assert first.text == f"talked at {place} with {name}, who said 'The boat leaks.'"
    assert second.text == f"talked at {elsewhere} with {name}"
    assert first.did == second.did == f"talked with {name}"


def test_nobody_knows_what_another_has_lived_through(world: World) -> None:
    """Whatever is asked for."""
    note(world, 1, Noted(5, Category.EVENT, importance=900, text="found a silver ring in the well"))
    assert retrieve(world, 2, "silver ring in the well", 10) == []
    assert [memory.text for memory in retrieve(world, 1, "the ring", 10)] == [
        "found a silver ring in the well"
    ]


def test_what_is_kept_for_the_search_follows_what_is_remembered(world: World) -> None:
    """What falls out of memory comes to mind no more, and what is new does."""
    for number in range(world.memories.capacity + 5):
        text = "saw a comet" if number == 0 else f"counted {number} sheep"
        note(world, 1, Noted(number, Category.EVENT, text=text))
        if number == 0:
            assert retrieve(world, 1, "comet", 1)[0].text == "saw a comet"
    assert all(memory.text != "saw a comet" for memory in retrieve(world, 1, "comet", 99))
    assert len(memories_of(world, 1)) == world.memories.capacity
    assert by_category(memories_of(world, 1), Category.EVENT, 1)[0].text == "counted 104 sheep"


TOWN = small_world()
notes = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(("ring", "boat", "storm")), st.integers(0, 1000)),
    max_size=30,
)


@pytest.mark.slow
@hypothesis_settings(max_examples=50)
@given(notes, st.sampled_from(("ring", "the boat in the storm", "")))
def test_only_ones_own_comes_to_mind(history: list[tuple[int, str, int]], about: str) -> None:
    """However many share a word or a day, and however often one is asked on the way."""
    TOWN.memories = Memories(len(TOWN), MemoryRules(episodes=4, long_term=3, keep_from=500))
    for tick, (row, word, importance) in enumerate(history):
        what = Noted(tick, Category.EVENT, importance=importance, text=f"{word} seen by number {row}")
        note(TOWN, row, what)
        found = retrieve(TOWN, row, about, 99)
        assert all(memory.text.endswith(f"number {row}") for memory in found)
        assert len(found) == len(TOWN.memories.numbers(row)) <= 7
        assert {memory.tick for memory in found} == {one.tick for one in TOWN.memories.episodes(row)}
    assert retrieve(TOWN, 4, about, 99) == []
