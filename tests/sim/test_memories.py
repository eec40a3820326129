from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory import Category
from sim.columns import CROWD_FROM
from sim.memories import Memories, Noted
from sim.memory_rules import LEAST_EPISODES, MemoryRules

SMALL: Final = MemoryRules(episodes=4, long_term=6, keep_from=500)


def noted(tick: int, importance: int = 100, text: str = "") -> Noted:
    """Something that happened then."""
    return Noted(tick, Category.EVENT, importance=importance, text=text)


def row(*rows: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Rows as the columns want them."""
    return np.array(rows, dtype=np.intp)


def ticks(memories: Memories, of: int) -> list[int]:
    """When all that somebody remembers was."""
    return [episode.tick for episode in memories.episodes(of)]


def test_the_newest_are_remembered_in_their_order() -> None:
    """The oldest makes room, and only for its owner."""
    memories = Memories(3, SMALL)
    for tick in range(6):
        memories.note(row(0, 2), noted(tick))
    memories.note(row(2), noted(9))
    assert ticks(memories, 0) == [2, 3, 4, 5]
    assert ticks(memories, 1) == []
    assert ticks(memories, 2) == [3, 4, 5, 9]
    assert memories.rows() == 8


def test_what_is_important_outlasts_the_ring() -> None:
    """From the threshold on; the rest is forgotten."""
    memories = Memories(1, SMALL)
    for tick, importance in enumerate((500, 499, 900, 10, 10, 10, 10)):
        memories.note(row(0), noted(tick, importance, f"at {tick}"))
    assert ticks(memories, 0) == [0, 2, 3, 4, 5, 6]
    assert [episode.text for episode in memories.episodes(0)][:3] == ["at 0", "at 2", "at 3"]


def test_where_memory_is_full_the_least_of_the_oldest_goes() -> None:
    """A life of great days is bounded too."""
    memories = Memories(1, MemoryRules(episodes=1, long_term=8, keep_from=500))
    for tick, importance in enumerate((900, 600, 800, 700, 700, 700, 700, 700, 700, 700)):
        memories.note(row(0), noted(tick, importance))
    assert ticks(memories, 0) == [0, 2, 3, 4, 5, 6, 7, 8, 9]


def test_values_are_one_for_all_or_one_for_each() -> None:
    """And bounded: what is beyond the scale is the end of the scale."""
    memories = Memories(3, SMALL)
    each = np.array((7, 8), dtype=np.int64)
    memories.note(
        row(0, 2), Noted(5, Category.ACTION, action=each, impact=-(10**6), importance=each * 10**6, place=3)
    )
    first, last = memories.episodes(0)[0], memories.episodes(2)[0]
    assert (first.action, last.action) == (7, 8)
    assert (first.impact, first.importance, first.place, first.other) == (-1000, 1000, 3, -1)


def test_somebody_may_be_there_twice_and_in_any_order() -> None:
    """Each time counts, in the order given."""
    memories = Memories(3, SMALL)
    actions = np.array((1, 2, 3, 4), dtype=np.int64)
    memories.note(row(2, 0, 2, 2), Noted(1, Category.ACTION, action=actions, importance=10))
    assert [episode.action for episode in memories.episodes(2)] == [1, 3, 4]
    assert [episode.action for episode in memories.episodes(0)] == [2]
    assert memories.gathered.tolist() == [10, 0, 30]


def test_thoughts_do_not_call_for_further_thought() -> None:
    """Else one reflection would be the reason for the next."""
    memories = Memories(1, SMALL)
    memories.note(row(0), Noted(1, Category.REFLECTION, importance=900))
    memories.note(row(0), Noted(1, Category.PATTERN, importance=900))
    assert memories.gathered.tolist() == [0]


def test_the_crowd_has_shorter_memories_and_no_words() -> None:
    """Bounded for the town, not only for each; nothing of the crowd outlasts its ring."""
    rules = MemoryRules()
    assert rules.episodes_each(25) == 100
    assert rules.episodes_each(100_000) == 20
    assert rules.episodes_each(10**9) == LEAST_EPISODES
    memories = Memories(CROWD_FROM + 1, SMALL)
    for tick in range(5):
        memories.note(row(CROWD_FROM - 1, CROWD_FROM), noted(tick, 900, "all hear it"))
    assert ticks(memories, CROWD_FROM) == [1, 2, 3, 4]
    assert {episode.text for episode in memories.episodes(CROWD_FROM)} == {""}
    assert len(memories.episodes(CROWD_FROM - 1)) == 5


def test_newcomers_remember_nothing_and_take_nothing_from_others() -> None:
    """Unless the town becomes a crowd: then only the newest stay, and what is important outlasts."""
    memories = Memories(2, MemoryRules(keep_from=500))
    for tick in range(30):
        memories.note(row(1), noted(tick, 600 if tick == 3 else 10, f"at {tick}"))
    memories.append(3)
    assert len(memories) == 5
    assert ticks(memories, 1) == list(range(30))
    assert ticks(memories, 4) == []
    memories.append(99_995)
    assert memories.capacity == 20
    assert ticks(memories, 1) == [3, *range(10, 30)]
    assert memories.episodes(1)[-1].text == "at 29"
    memories.note(row(1, 90_000), noted(31))
    assert ticks(memories, 1) == [3, *range(11, 30), 31]


def test_a_row_may_become_somebody_else() -> None:
    """Who remembers nothing of the one before."""
    memories = Memories(2, SMALL)
    for tick in range(9):
        memories.note(row(0, 1), noted(tick, 900, "seen"))
    memories.forget(row(0))
    assert memories.episodes(0) == []
    assert len(memories.episodes(1)) == 9


steps = st.lists(
    st.tuples(
        st.lists(st.integers(0, 4), min_size=1, max_size=6),
        st.integers(0, 1000),
        st.sampled_from(("", "seen")),
    ),
    max_size=40,
)


@pytest.mark.slow
@settings(max_examples=60)
@given(steps)
def test_bounds_order_and_ownership_hold(history: list[tuple[list[int], int, str]]) -> None:
    """As a plain list of lists would have it: each one's own newest, and the important of what went before."""
    memories, plain = Memories(5, SMALL), [list[tuple[int, int]]() for _ in range(5)]
    for tick, (rows, importance, text) in enumerate(history):
        memories.note(np.array(rows), noted(tick, importance, text))
        for one in rows:
            plain[one].append((tick, importance))
    for one, lived in enumerate(plain):
        found = [(episode.tick, episode.importance) for episode in memories.episodes(one)]
        assert len(found) <= SMALL.episodes + SMALL.long_term
        assert found[-4:] == lived[-4:]
        lasting = found[: -min(4, len(lived))] if lived else found
        outlasting = [entry for entry in lived[:-4] if entry[1] >= SMALL.keep_from]
        assert len(lasting) == min(len(outlasting), SMALL.long_term)
        assert set(lasting) <= set(outlasting)
        assert [episode.number for episode in memories.episodes(one)] == memories.numbers(one)


@pytest.mark.slow
@settings(max_examples=40)
@given(steps)
def test_the_same_notes_make_the_same_columns(history: list[tuple[list[int], int, str]]) -> None:
    """Bit for bit, and in the plain parts too."""
    first, second = Memories(5, SMALL), Memories(5, SMALL)
    for memories in (first, second):
        for tick, (rows, importance, text) in enumerate(history):
            memories.note(np.array(rows), noted(tick, importance, text))
    ours, theirs = first.columns(), second.columns()
    assert ours.keys() == theirs.keys()
    assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
    assert repr(first.plain_parts()) == repr(second.plain_parts())
