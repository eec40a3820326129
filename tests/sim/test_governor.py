"""The governor: sheds in its order, shows it, recovers; and what it sheds in the world is an input like any other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.governor import CALM_FRAMES, CALM_NS, LOOK_FRAMES, NEAR_NS, Governor, Shed
from sim.inputs import Input, PaceEased
from sim.state_hash import state_hash
from sim.step import step
from sim.systems import act
from tests.support.running import running

NEAR, BETWEEN, CALM = NEAR_NS + 1, CALM_NS + 1, CALM_NS


def _fed(governor: Governor, work_ns: int, frames: int) -> list[Shed]:
    changes = [governor.observe(work_ns) for _ in range(frames)]
    return [change for change in changes if change is not None]


def test_it_sheds_in_its_order_and_no_further_than_it_may() -> None:
    """A step every half second while frames come near the budget."""
    assert _fed(Governor(), NEAR, 10 * LOOK_FRAMES) == [
        Shed.ANIMATION,
        Shed.BUBBLES,
        Shed.DECISIONS,
        Shed.TALK,
    ]
    assert _fed(Governor(most=Shed.BUBBLES), NEAR, 10 * LOOK_FRAMES) == [Shed.ANIMATION, Shed.BUBBLES]


def test_a_few_long_frames_shed_nothing() -> None:
    """They are somebody else's moment on the machine."""
    governor = Governor()
    for _ in range(100):
        assert _fed(governor, NEAR, 9) + _fed(governor, CALM, 22) == []


def test_it_puts_back_one_thing_at_a_time_when_frames_are_calm() -> None:
    """Three seconds for each, and not while frames lie between calm and near."""
    governor = Governor()
    _fed(governor, NEAR, 2 * LOOK_FRAMES)
    assert _fed(governor, BETWEEN, 10 * CALM_FRAMES) == []
    assert _fed(governor, CALM, 3 * CALM_FRAMES) == [Shed.ANIMATION, Shed.NOTHING]
    assert governor.frames_eased > 0


@given(st.lists(st.integers(0, 40_000_000), max_size=2000))
def test_it_only_ever_moves_by_one_step(work: list[int]) -> None:
    """Whatever frames cost."""
    governor, before = Governor(), Shed.NOTHING
    for work_ns in work:
        change = governor.observe(work_ns)
        assert change is None or abs(change - before) == 1
        before = governor.shed
        assert change is None or change is before


def test_every_step_but_none_has_words_for_people() -> None:
    """What the screen shows."""
    assert [bool(shed.words) for shed in Shed] == [False, True, True, True, True]


def test_the_world_sheds_by_an_input() -> None:
    """Given the same inputs two worlds stay the same; given none they are another town."""
    hashes = []
    for inputs in ((), (Input(1, 1, PaceEased(Shed.TALK)),), (Input(1, 1, PaceEased(Shed.TALK)),)):
        world = running().world
        step(world, inputs)
        for _ in range(600):
            step(world, ())
        hashes.append(state_hash(world))
        assert (not world.talks) is bool(inputs)
    assert hashes[1] == hashes[2] != hashes[0]


def test_fewer_decide_at_once_when_that_is_shed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And those who did not are the next ones."""
    monkeypatch.setattr(act, "MOST_AT_ONCE", 16)
    world = running().world
    rows = np.arange(len(world))
    assert act._by_turns(world, rows).size == 16
    step(world, (Input(1, 1, PaceEased(Shed.DECISIONS)),))
    assert act._by_turns(world, rows).size == 2


def test_the_loop_tells_the_world_of_what_concerns_it_alone() -> None:
    """What the picture sheds is nothing that a recording should have."""
    loop = running()
    loop.governor = Governor()
    told = []
    for frame in range(4 * LOOK_FRAMES):
        loop._ease(NEAR)
        told += [(frame, entered.what) for entered in loop.inbox.take(frame)]
    assert [what for _, what in told] == [PaceEased(Shed.DECISIONS), PaceEased(Shed.TALK)]
