from __future__ import annotations

from agents.memory import Category, Memory, about, by_category, by_impact, by_outcome, failures, recent

MEMORIES = (
    Memory(1, Category.ACTION, "baked bread", grade=3, impact=240, importance=140),
    Memory(2, Category.FAILURE, "forged a nail", grade=0, impact=-400, importance=420),
    Memory(3, Category.TALK, "talked with Mira", people=(4,), names=("Mira",), impact=100),
    Memory(4, Category.FAILURE, "fished", grade=0, impact=-900, importance=420),
    Memory(5, Category.ACTION, "sold cloth to Mira", people=(4,), names=("Mira",), grade=3),
)


def ticks(memories: list[Memory]) -> list[int]:
    """When they were."""
    return [memory.tick for memory in memories]


def test_the_newest_come_first_and_no_more_than_are_wanted() -> None:
    """Also where more are wanted than there are, or none."""
    assert ticks(recent(MEMORIES, 2)) == [5, 4]
    assert ticks(recent(MEMORIES, 99)) == [5, 4, 3, 2, 1]
    assert recent(MEMORIES, 0) == []


def test_memories_are_found_by_kind_outcome_and_person() -> None:
    """Each newest first."""
    assert ticks(by_category(MEMORIES, Category.FAILURE, 9)) == [4, 2]
    assert ticks(by_outcome(MEMORIES, 3, 9)) == [5, 1]
    assert ticks(about(MEMORIES, 4, 1)) == [5]
    assert about(MEMORIES, 3, 9) == []


def test_the_worst_failure_and_the_strongest_feeling_come_first() -> None:
    """What weighs more is remembered first, for good or ill."""
    assert ticks(failures(MEMORIES, 9)) == [4, 2]
    assert ticks(by_impact(MEMORIES, 3)) == [4, 2, 1]


def test_a_memory_without_a_grade_went_neither_well_nor_badly() -> None:
    """Talk has no outcome."""
    assert not MEMORIES[2].went_well
    assert not MEMORIES[2].went_badly
    assert MEMORIES[0].went_well
    assert MEMORIES[1].went_badly
