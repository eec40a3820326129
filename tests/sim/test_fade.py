from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.conversation.talk import Conversation, Happening
from sim.afterthoughts import Mark
from sim.chance import Chance
from sim.clock import TICKS_PER_SECOND
from sim.systems.fade import fade
from sim.tie_columns import KINDS, NO_TIE, TieKind, no_ties
from sim.ties import after_talk, history, shift, tie
from sim.world import World
from tests.support.small_town import small_world

PHASE = 41  # of the system, in ticks


def pass_days(world: World, days: int) -> None:
    """Nothing happens for so long but that ties fade."""
    end = world.tick + days * world.rules.calendar.day_length_s * TICKS_PER_SECOND
    for tick in range(world.tick + PHASE, end, TICKS_PER_SECOND):
        world.tick = tick
        fade(world)
    world.tick = end


def pass_one_day_at_once(world: World) -> None:
    """The same, for a town in which only the first 25 seconds of a day matter."""
    day = world.rules.calendar.day_length_s * TICKS_PER_SECOND
    start = world.tick // day * day + day
    for second in range(len(world)):
        world.tick = start + second * TICKS_PER_SECOND
        fade(world)


def test_each_fades_once_a_day() -> None:
    """Whoever they are, at whatever second."""
    world = small_world()
    world.ties = no_ties(len(world))
    for row in range(len(world)):
        shift(world, row, (row + 1) % len(world), TieKind.FRIENDSHIP, 500, "chance")
    pass_days(world, 1)
    assert set(world.ties.strength[:, 0, TieKind.FRIENDSHIP].tolist()) == {494}


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=KINDS, max_size=KINDS), st.integers(1, 12))
def test_nothing_falls_below_nothing_and_family_holds(strengths: list[int], days: int) -> None:
    """Work fades less than friendship, and blood not at all; what is nothing is no tie."""
    world = _WORLD
    world.ties = no_ties(len(world))
    world.ties.put(np.array([3]), np.array([4]), np.array([strengths], dtype=np.int64), 0)
    for _ in range(days):
        pass_one_day_at_once(world)
    left = tie(world, 3, 4)
    now = (0,) * KINDS if left is None else left.strengths
    assert all(0 <= after <= before for after, before in zip(now, strengths, strict=True))
    assert now[TieKind.FAMILY] == strengths[TieKind.FAMILY]
    assert (left is None) == (not any(now))
    lost = [before - after for before, after in zip(strengths, now, strict=True)]
    if min(strengths) > 500:
        assert lost[TieKind.FAMILY] < lost[TieKind.PROFESSIONAL] < lost[TieKind.FRIENDSHIP]


_WORLD = small_world()


def test_who_is_forgotten_leaves_room() -> None:
    """The slot is free again, and the history with it."""
    world = small_world()
    world.ties = no_ties(len(world))
    shift(world, 1, 2, TieKind.TRUST, 2, "a nod")
    for _ in range(3):
        pass_one_day_at_once(world)
    assert (world.ties.other[1] == NO_TIE).all()
    assert history(world, 1, 2) == []


@pytest.mark.slow
def test_in_a_month_people_neither_all_become_friends_nor_all_strangers() -> None:
    """Some pairs grow close and some apart; neither fading nor growing wins everywhere."""
    world = small_world()
    chance = Chance(5)
    for _ in range(30):
        for _ in range(90):  # talks a day
            _talk(world, chance.below(25), chance.below(25))
        pass_one_day_at_once(world)
    held = world.ties.other != NO_TIE
    friendship = world.ties.strength[held][:, TieKind.FRIENDSHIP]
    rivalry = world.ties.strength[held][:, TieKind.RIVALRY]
    assert (friendship > 950).mean() < 0.02
    assert (friendship > 150).mean() > 0.1
    assert (friendship < 30).mean() > 0.1
    assert (rivalry > 40).any()


def _talk(world: World, first: int, second: int) -> None:
    if first != second:
        talk = Conversation(1, (first, second), 6, 0)
        for row in talk.participants:
            after_talk(world, Mark(row, Happening.SAID_FAREWELL, other=talk.others(row)[0]))
