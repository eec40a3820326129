from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.conversation.talk import Conversation, Happening
from agents.planner import LOT
from agents.traits import AGREEABLENESS
from llm.types import NpcId
from sim.afterthoughts import Mark
from sim.columns import CROWD_FROM
from sim.events import Category, RelationshipChanged
from sim.inputs import Input, TieWanted
from sim.step import step
from sim.tie_columns import KINDS, NO_TIE, STRONGEST, Level, TieKind, Ties, levels, no_ties
from sim.ties import (
    after_talk,
    bonds,
    friend_of,
    history,
    pairs,
    shift,
    shift_many,
    strongest,
    tie,
    warmth,
)
from sim.world import World
from tests.support.small_town import small_world

ROWS = st.integers(0, 24)


@pytest.fixture
def world() -> World:
    """The small town, in which nobody knows anybody."""
    return of_strangers(small_world())


def of_strangers(world: World) -> World:
    """The same people, who have forgotten each other."""
    world.ties = no_ties(len(world))
    return world


def row_of(world: World, persona_id: str) -> int:
    """Whose row."""
    found = world.roster.row_of(persona_id)
    assert found is not None
    return found


def deltas(**kinds: int) -> NDArray[np.int64]:
    """One change, by the names of its kinds."""
    return np.array([kinds.get(kind.name.lower(), 0) for kind in TieKind], dtype=np.int64)


# -- how it begins


def test_a_file_says_what_somebody_is_to_another() -> None:
    """In its own kind and strength; trust and friendship come with it."""
    world = small_world()
    alice, george, clara = (row_of(world, name) for name in ("alice", "george", "clara"))
    found = tie(world, alice, george)
    assert found is not None
    assert found.strengths[TieKind.FAMILY] == 800
    assert 0 < found.strengths[TieKind.TRUST] < 800
    friendship = pairs(world, np.array([alice]), np.array([clara]))[0, TieKind.FRIENDSHIP]
    assert friendship == 700
    best = strongest(world, alice, TieKind.FAMILY)
    assert best is not None
    assert best.other == george


def test_who_says_nothing_of_another_still_feels_an_echo() -> None:
    """Weaker than what the other's file says."""
    world = small_world()
    for one, persona in world.roster.residents():
        for relation in persona.relations:
            other = row_of(world, relation.to)
            if world.roster.persona(other).relation_to(persona.id) is None:
                kind = TieKind[relation.kind.upper()]
                both = pairs(world, np.array([one, other]), np.array([other, one]))[:, kind]
                assert 0 < both[1] < both[0]


def test_a_crowd_knows_those_next_to_them() -> None:
    """Colleagues and housemates, and never themselves."""
    world = small_world(people=60)
    ties, made_up = world.ties, np.arange(25, 60)
    for one in made_up.tolist():
        for known in bonds(world, one):
            assert known.other != one
    colleagues = ties.strength[made_up, :, TieKind.PROFESSIONAL].max(axis=1)
    assert (colleagues > 0).sum() > made_up.size // 2
    assert (ties.other[made_up] != NO_TIE).any(axis=1).all()


def test_in_a_large_town_each_knows_fewer() -> None:
    """What everybody has must stay small; newcomers have as many slots as the others."""
    assert no_ties(1000).other.shape == (1000, 32)
    large = no_ties(1001)
    assert large.other.shape == (1001, 8)
    assert no_ties(1, like=large).other.shape == (1, 8)


# -- how it changes


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(ROWS, ROWS, st.lists(st.integers(-1500, 1500), min_size=KINDS, max_size=KINDS)),
        max_size=60,
    ),
    st.booleans(),
)
def test_strengths_stay_within_bounds_and_nobody_is_known_twice(
    changes: list[tuple[int, int, list[int]]], small: bool
) -> None:
    """Whatever happens in whatever order, also where there are few slots and one row comes often."""
    world = of_strangers(_WORLD)
    if small:
        world.ties = no_ties(len(world), like=narrow(3))
    rows, others = (np.array([change[at] for change in changes], dtype=np.intp) for at in (0, 1))
    wanted = np.array([change[2] for change in changes], dtype=np.int64).reshape(-1, KINDS)
    shift_many(world, rows, others, wanted, ["chance"] * rows.size)
    strength, other = world.ties.strength, world.ties.other
    assert 0 <= strength.min() <= strength.max() <= STRONGEST
    assert not strength[other == NO_TIE].any()
    for one in range(len(world)):
        known = other[one][other[one] != NO_TIE].tolist()
        assert len(known) == len(set(known))
        assert one not in known


_WORLD = small_world()


def narrow(width: int) -> Ties:
    """Of one who can know so few."""
    wide = no_ties(1)
    return Ties(wide.other[:, :width], wide.strength[:, :width], wide.last[:, :width])


def test_a_tie_goes_one_way(world: World) -> None:
    """What one is to another need not be returned."""
    shift(world, 1, 2, TieKind.FRIENDSHIP, 300, "a kind word")
    assert warmth(world, 1, 2) == 300
    assert tie(world, 2, 1) is None
    assert warmth(world, 2, 1) == 0


def test_a_shift_is_exactly_one_event(world: World) -> None:
    """One of note that has another name afterwards too; a small one that changes nothing of the name is none."""
    shift(world, 1, 2, TieKind.FRIENDSHIP, 400, "a rescue")
    shift(world, 1, 2, TieKind.FRIENDSHIP, 3, "a nod")
    shift(world, 1, 2, TieKind.TRUST, 24, "a loan")
    shift(world, 1, 2, TieKind.TRUST, -25, "a debt")  # there were but 24 of it
    told = world.events.select(Category.RELATIONSHIP)
    assert told == [RelationshipChanged(world.tick, 1, 2, "friendship", 400, 400, "a rescue")]
    assert [one.delta for one in history(world, 1, 2)] == [400, 3, 24, -24]


def test_another_name_is_an_event_however_small_the_step(world: World) -> None:
    """From acquaintance to friend is told; and it gladdens."""
    shift(world, 1, 2, TieKind.FRIENDSHIP, 349, "the years")
    before = len(world.events.kept)
    shift(world, 1, 2, TieKind.FRIENDSHIP, 2, "a song")
    assert len(world.events.kept) == before + 1
    found = tie(world, 1, 2)
    assert found is not None
    assert found.level is Level.FRIEND


def test_the_crowd_changes_without_events() -> None:
    """Its columns follow the same rules; nothing is told or kept in words."""
    world = of_strangers(small_world(people=CROWD_FROM + 5))
    one = CROWD_FROM + 1
    shift(world, one, 2, TieKind.FRIENDSHIP, 400, "a rescue")
    assert warmth(world, one, 2) == 400
    assert not world.events.select(Category.RELATIONSHIP)
    assert not history(world, one, 2)


def test_the_weakest_and_oldest_tie_gives_way_but_never_family() -> None:
    """Who knows as many as one can, forgets; blood is not forgotten."""
    ties = no_ties(1, like=narrow(3))
    me = np.array([0])
    for other, kinds in ((5, deltas(family=10)), (6, deltas(trust=80)), (7, deltas(trust=80))):
        assert ties.put(me, np.array([other]), kinds[np.newaxis], tick=other).all()
    assert ties.put(me, np.array([8]), deltas(rivalry=30)[np.newaxis], tick=9).all()
    assert sorted(ties.other[0].tolist()) == [5, 7, 8]
    for other in (10, 11):
        assert ties.put(me, np.array([other]), deltas(family=100)[np.newaxis], tick=10).all()
    assert not ties.put(me, np.array([12]), deltas(trust=900)[np.newaxis], tick=11).any()


def test_what_is_strong_grows_less(world: World) -> None:
    """So that a thousand kindnesses are not ten thousand; but a person outside gets what they ask for."""
    for _ in range(200):
        shift_many(world, np.array([1]), np.array([2]), deltas(friendship=20)[np.newaxis], ["a kindness"])
    assert 800 < warmth(world, 1, 2) < STRONGEST
    step(world, (Input(1, world.tick + 1, TieWanted(NpcId(1), NpcId(2), TieKind.FRIENDSHIP, 1000)),))
    assert warmth(world, 1, 2) == STRONGEST


@pytest.mark.parametrize(("row", "other"), [(1, 1), (1, 999), (-1, 2)])
def test_a_wish_about_nobody_changes_nothing(world: World, row: int, other: int) -> None:
    """It may come from a recording of another town."""
    wish = TieWanted(NpcId(row), NpcId(other), TieKind.TRUST, 9)
    step(world, (Input(1, world.tick + 1, wish),))
    assert not world.ties.strength[:, :, TieKind.TRUST].any()


def test_names_follow_strengths() -> None:
    """From enemy to close friend."""
    called = levels(
        np.array(
            [
                deltas(rivalry=600),
                deltas(rivalry=200),
                deltas(trust=20),
                deltas(professional=300),
                deltas(friendship=300, trust=100),
                deltas(friendship=700, trust=300),
            ]
        )
    )
    assert called.tolist() == list(Level)


# -- whom one means to see


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ROWS, ROWS, st.integers(1, 1000)), max_size=40), st.integers(0, LOT - 1))
def test_one_means_to_see_only_whom_one_is_glad_of(changes: list[tuple[int, int, int]], draw: int) -> None:
    """Somebody in town with a warm tie, or nobody."""
    world = of_strangers(_WORLD)
    world.people.present[7] = False
    for one, other, strength in changes:
        if one != other:
            shift(world, one, other, TieKind.FRIENDSHIP, strength, "chance")
    chosen = friend_of(world, np.arange(25), np.full(25, draw))
    for one, other in enumerate(chosen.tolist()):
        if other < 0:
            assert all(
                known.other == 7 or warmth(world, one, known.other) < 250 for known in bonds(world, one)
            )
        else:
            assert other not in (one, 7)
            assert warmth(world, one, other) >= 250


def test_every_friend_may_be_chosen(world: World) -> None:
    """By the draw alone."""
    for other in (3, 8, 12):
        shift(world, 1, other, TieKind.FRIENDSHIP, 600, "chance")
    seen = {int(friend_of(world, np.array([1]), np.array([draw]))[0]) for draw in range(LOT)}
    assert seen == {3, 8, 12}


# -- talks


def talked(world: World, first: int, second: int, ended: Happening = Happening.SAID_FAREWELL) -> None:
    """Both of them leave a talk."""
    talk = Conversation(1, (first, second), 6, 0)
    for row in talk.participants:
        after_talk(world, Mark(row, ended, other=talk.others(row)[0]))


def test_people_of_one_mind_grow_close_and_others_apart(world: World) -> None:
    """Temper decides in the long run; chance only how soon."""
    traits = world.folk.traits
    traits[[1, 2]], traits[3], traits[4] = 60, 10, 95
    traits[[3, 4], AGREEABLENESS] = 20
    for _ in range(40):
        talked(world, 1, 2)
        talked(world, 3, 4)
    assert warmth(world, 1, 2) > 300
    assert warmth(world, 2, 1) > 300
    assert warmth(world, 3, 4) < -300


def test_to_fall_silent_is_worse_than_to_take_leave(world: World) -> None:
    """How a talk ends is a part of how it went."""
    world.folk.traits[1:5] = 50
    for _ in range(30):
        talked(world, 1, 2)
        talked(world, 3, 4, Happening.FELL_SILENT)
    assert warmth(world, 1, 2) > warmth(world, 3, 4)
