"""A town can be put away and taken out again: it goes on bit for bit, and nothing else can be made of a file."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.plain import Arrays, PlainError, from_plain, to_plain
from sim.saved_state import photograph, plain_of, restore, state_of
from sim.state_hash import state_hash
from tests.support.running import running


class Kind(StrEnum):
    """One of a few."""

    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Part:
    """A frozen one."""

    number: int
    share: float = 0.5


@dataclass(slots=True)
class Whole:
    """One of every kind."""

    kind: Kind
    part: Part | None
    names: dict[tuple[int, int], str]
    marks: frozenset[str]
    several: tuple[Part, ...]
    column: NDArray[np.int64]
    counts: Counter[str]
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=3))


WHOLE = Whole(
    Kind.GOOD,
    Part(3),
    {(1, 2): "ä", (0, 1): ""},
    frozenset({"b", "a"}),
    (Part(1, 1.25),),
    np.array([1, 2], dtype=np.int64),
    Counter("aab"),
    deque((1, 2), maxlen=3),
)


def _through_json(value: Any, arrays: Arrays) -> Any:
    return json.loads(json.dumps(to_plain(value, arrays)))


def test_every_kind_of_value_comes_back() -> None:
    """With its types, its order, and how long it may get."""
    arrays: Arrays = []
    back = from_plain(Whole, _through_json(WHOLE, arrays), arrays)
    assert back.column is arrays[0]
    assert {**vars_of(back), "column": 0} == {**vars_of(WHOLE), "column": 0}
    assert list(back.names) == list(WHOLE.names)
    assert back.recent.maxlen == 3
    assert isinstance(back.counts, Counter)


def vars_of(whole: Whole) -> dict[str, Any]:
    """Its fields."""
    return {name: getattr(whole, name) for name in Whole.__slots__}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"kind": "bad"}, ".kind: expected one of Kind"),
        ({"part": {"number": "3", "share": 0.5}}, ".part.number: expected int"),
        ({"part": {"number": 3}}, ".part: expected a Part"),
        ({"names": [[[1], "x"]]}, ".names: expected 2 values"),
        ({"column": {"array": 7}}, ".column: expected the number of an array"),
        ({"several": 5}, ".several: expected a list"),
        ({"recent": [1, True]}, ".recent[1]: expected int"),
        ({"more": 1}, "expected a Whole"),
    ],
)
def test_what_does_not_fit_is_told_by_place(changed: dict[str, Any], told: str) -> None:
    """One line: where, what was expected, what was there."""
    arrays: Arrays = []
    plain = _through_json(WHOLE, arrays) | changed
    with pytest.raises(PlainError) as raised:
        from_plain(Whole, plain, arrays)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


@given(JSON)
def test_no_plain_data_makes_anything_else(plain: Any) -> None:
    """Whatever a file holds, it is a value of the type that was asked for, or an error."""
    for kind in (Whole, Part, dict[str, int], list[Part], tuple[int, str]):
        try:
            value = from_plain(kind, plain, [])
        except PlainError:
            continue
        assert value is not None or plain is None


@pytest.mark.slow
@pytest.mark.parametrize("ticks", [1, 700, 9000])
def test_a_town_that_was_put_back_goes_on_bit_for_bit(ticks: int) -> None:
    """At once the same state, and the same a while later."""
    lived = running()
    for _ in range(ticks):
        lived.tick()
    state, arrays = state_of(lived.world)
    again = running()
    restore(again.world, json.loads(json.dumps(state)), arrays)
    assert state_hash(again.world) == state_hash(lived.world)
    for _ in range(1500):
        lived.tick()
        again.tick()
    assert state_hash(again.world) == state_hash(lived.world)


@pytest.mark.slow
def test_a_photograph_does_not_change_when_the_town_goes_on() -> None:
    """It is written down by another thread, while the world goes on."""
    loop = running()
    for _ in range(900):
        loop.tick()
    arrays: Arrays = []
    photo = photograph(loop.world)
    before = json.dumps(plain_of(photo, arrays))
    columns = [column.copy() for column in arrays]
    for _ in range(600):
        loop.tick()
    later: Arrays = []
    assert json.dumps(plain_of(photo, later)) == before
    assert all(np.array_equal(one, other) for one, other in zip(columns, later, strict=True))


def test_a_state_of_another_town_is_refused() -> None:
    """In one line."""
    world = running().world
    state, arrays = state_of(world)
    del state["minds"]
    with pytest.raises(PlainError, match="expected a whole state"):
        restore(world, state, arrays)
