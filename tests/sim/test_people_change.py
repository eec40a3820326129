from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.conversation.talk import Phase
from agents.persona import Persona, PersonaError
from agents.villagers import villager_from_seed
from llm.types import NpcId
from sim.census import CensusError, who
from sim.columns import NEVER
from sim.inputs import Input, PersonChange, PersonCreated, PersonRemoved, PersonUpdated, TalkWanted
from sim.state_hash import state_hash
from sim.step import step
from sim.systems.people_change import change_people, newcomer, person_changed
from sim.world import World
from tests.support.running import running
from tests.support.small_town import small_world

NEWCOMER = villager_from_seed(3, 11)


def whole(persona: Persona, **changed: object) -> dict[str, Any]:
    """Somebody's file, with some keys changed."""
    return persona.model_dump(mode="json") | changed


def live(world: World, changes: Mapping[int, PersonChange], ticks: int) -> World:
    """Let time pass; each change enters at its tick."""
    for _ in range(ticks):
        what = changes.get(world.tick + 1)
        step(world, () if what is None else (Input(world.tick + 1, world.tick + 1, what),))
    return world


def row_of(world: World, persona_id: str) -> int:
    """Somebody who is known."""
    row = world.roster.row_of(persona_id)
    assert row is not None
    return row


def changed_at(world: World, change: PersonChange) -> World:
    """One tick that takes one change."""
    return live(world, {world.tick + 1: change}, 1)


def test_who_comes_has_a_row_in_every_table_and_a_life() -> None:
    """All columns grow by one row, and what the row does is decided as for everybody."""
    world = changed_at(small_world(), PersonCreated(whole(NEWCOMER)))
    row = row_of(world, NEWCOMER.id)
    assert row == 25
    assert {len(table) for table in world.tables()} == {26}
    assert len(world.minds) == len(world) == 26
    assert world.folk.home[row] == world.town.place_index[NEWCOMER.home]
    assert world.minds[row].persona == NEWCOMER
    live(world, {}, 600)
    assert world.doings.action[row] >= 0
    assert world.snapshot().present[row]


def test_who_is_changed_is_that_from_the_same_tick_on() -> None:
    """Persona, mind and columns; what is not named stays; a day that no longer fits is another day."""
    world = small_world()
    row = row_of(world, "mira")
    before = world.doings.plan_place[row].copy()
    changed_at(
        world, PersonUpdated(NpcId(row), {"age": 42, "traits": {"piety": 1.0}, "workplace": "library"})
    )
    mira = world.minds[row].persona
    assert (mira.age, mira.traits.piety, mira.traits.openness) == (42, 1.0, 0.6)
    assert mira is world.roster.persona(row)
    assert world.folk.traits[row, 8] == 100
    assert world.folk.work[row] == world.town.place_index["library"]
    assert not np.array_equal(world.doings.plan_place[row], before)


def test_who_leaves_is_nobody_for_the_systems() -> None:
    """Not there, not on the way, not due, and never again in a talk, while the row stays."""
    world = live(small_world(), {}, 300)
    row = row_of(world, "mira")
    changed_at(world, PersonRemoved(NpcId(row)))
    position = world.people.position[row].copy()
    live(world, {}, 1200)
    people = world.people
    assert not people.present[row]
    assert not people.moving[row]
    assert people.reach_at[row] == world.doings.due[row] == NEVER
    assert np.array_equal(people.position[row], position)
    assert all(row not in talk.participants for talk in world.talks.values())
    assert row not in who(world).tolist()
    assert len(world) == 25


@pytest.mark.slow
@pytest.mark.parametrize("phase", [Phase.FORMING, Phase.OPEN])
def test_who_leaves_leaves_their_talk(phase: Phase) -> None:
    """The other one is free and walks on; a question that nobody waits for is given up."""
    loop = running()
    world = loop.world
    while not (found := [talk for talk in world.talks.values() if talk.phase is phase]):
        loop.tick()
    talk = found[0]
    gone, other = talk.participants
    loop.inbox.put(PersonRemoved(NpcId(gone)))
    loop.tick()
    assert talk.phase is Phase.OVER
    assert talk.id not in world.talks
    assert world.people.talk[other] == -1
    assert not world.people.held[other]
    assert gone not in world.walks
    for _ in range(1500):
        loop.tick()
    assert world.minds[gone].awaits is None


def test_who_comes_back_finds_their_own_row() -> None:
    """No second row, and the purse is as it was."""
    world = live(small_world(), {}, 200)
    row = row_of(world, "mira")
    mira, money = world.roster.persona(row), int(world.livelihood.money[row])
    changed_at(world, PersonRemoved(NpcId(row)))
    live(world, {}, 100)
    changed_at(world, PersonCreated(whole(mira, age=43)))
    assert len(world) == 25
    assert world.people.present[row]
    assert world.minds[row].persona.age == 43
    assert int(world.livelihood.money[row]) == money
    live(world, {}, 60)
    assert world.doings.action[row] >= 0


@pytest.mark.slow
def test_changes_of_people_replay() -> None:
    """Two worlds that take the same changes at the same ticks are the same, whoever looked at whom between."""
    changes: dict[int, PersonChange] = {
        50: PersonCreated(whole(NEWCOMER)),
        120: PersonUpdated(NpcId(4), {"traits": {"extraversion": 1.0}, "routine": {"sleep": "23:50"}}),
        300: PersonRemoved(NpcId(7)),
        400: PersonRemoved(NpcId(25)),
        700: PersonCreated(whole(NEWCOMER, age=70)),
    }
    first, second = small_world(people=40), small_world(people=40)
    for row in range(40):
        second.roster.persona(row)
    assert state_hash(live(first, changes, 1500)) == state_hash(live(second, changes, 1500))
    assert state_hash(first) != state_hash(live(small_world(people=40), {}, 1500))


ROWS = st.integers(0, 27).map(NpcId)
ANY_CHANGE = st.one_of(
    st.builds(PersonRemoved, ROWS),
    st.builds(PersonUpdated, ROWS, st.sampled_from(({"age": 30}, {"workplace": ""}, {"traits": {"courage": 1.0}}))),
    st.builds(PersonCreated, st.sampled_from([whole(villager_from_seed(index, 11)) for index in range(3, 6)])),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(changes=st.dictionaries(st.integers(1, 240), ANY_CHANGE, max_size=24))
def test_whoever_comes_and_goes_the_town_holds_together(changes: dict[int, PersonChange]) -> None:
    """Tables of one length, nobody talks with who has left, nobody who has left moves, and it all replays."""
    world = small_world()
    for _ in range(260):
        live(world, changes, 1)
        gone = np.flatnonzero(~world.people.present)
        assert {len(table) for table in world.tables()} == {len(world.roster)}
        assert not world.people.moving[gone].any()
        assert (world.people.talk[gone] == -1).all()
        talking = {row for talk in world.talks.values() for row in (*talk.participants, *talk.coming)}
        assert talking == set(np.flatnonzero(world.people.talk >= 0).tolist())
    assert state_hash(world) == state_hash(live(small_world(), changes, 260))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (whole(NEWCOMER, age=400), "age"),
        (whole(NEWCOMER, home="manor"), "home"),
        (whole(NEWCOMER, name="Mira Brook"), "'Mira' is taken by mira"),
        (whole(NEWCOMER, id="mira"), "lives here already"),
        (whole(NEWCOMER, relations=[{"to": "nobody", "kind": "trust", "strength": 0.5, "note": "x y"}] * 2), "'nobody'"),
        ({}, "missing"),
        ({"id": [1]}, "id"),
    ],
)  # fmt: skip
def test_who_cannot_be_does_not_come(table: dict[str, Any], told: str) -> None:
    """The door says why in one line; a tick that gets such a thing all the same leaves the world alone."""
    world = small_world()
    before = state_hash(world)
    with pytest.raises(PersonaError, match=told) as caught:
        newcomer(world, table)
    assert "\n" not in str(caught.value)
    change_people(world, PersonCreated(table))
    assert state_hash(world) == before


@pytest.mark.parametrize(
    "change", [{"id": "mirabel"}, {"name": "Tomas Holt"}, {"haunt": "nowhere"}, {"ag": 1}]
)
def test_who_cannot_become_so_stays(change: dict[str, Any]) -> None:
    """An id is for life; a name, a place and a key are checked as in a file."""
    world = small_world()
    row = row_of(world, "mira")
    with pytest.raises(PersonaError):
        person_changed(world, row, change)
    before = world.roster.persona(row)
    changed_at(world, PersonUpdated(NpcId(row), change))
    assert world.roster.persona(row) is before


def test_nobody_can_be_removed_twice_or_asked_to_talk_when_gone() -> None:
    """Rows that nobody lives in are refused, whatever their number."""
    world = small_world()
    for row in (3, 3, 99, -1):
        changed_at(world, PersonRemoved(NpcId(row)))
    assert int(world.people.present.sum()) == 24
    step(world, (Input(1, world.tick + 1, TalkWanted((NpcId(3), NpcId(4)))),))
    assert not world.talks


def test_the_census_finds_people_by_place_and_by_trait() -> None:
    """Those who left are in no answer, and a wrong name is told with the nearest right one."""
    world = small_world()
    row = row_of(world, "simon")
    assert row in who(world, trait="piety", at_least=95).tolist()
    assert who(world, place="school", trait="courage", at_least=101).size == 0
    at_school = who(world, place="school")
    assert (world.people.goal_place[at_school] == world.town.place_index["school"]).all()
    changed_at(world, PersonRemoved(NpcId(row)))
    assert row not in who(world, trait="piety", at_least=95).tolist()
    with pytest.raises(CensusError, match="'tavern'"):
        who(world, place="taverm")
    with pytest.raises(CensusError, match="'piety'"):
        who(world, trait="pieti")
