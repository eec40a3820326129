"""Doing things: nothing is begun without what it needs, money and goods are never made of nothing, all of it is remembered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.planner import Kind
from agents.traits import CONSCIENTIOUSNESS
from sim.calendar import SEASONS
from sim.columns import FULL
from sim.doings import NOBODY, Phase
from sim.events import Category, NpcActionPerformed
from sim.state_hash import state_hash
from sim.step import step
from sim.systems import act as acting
from sim.systems.choose import choose
from sim.world import World
from tests.support.small_town import small_world

HOUR = 60 * 60


def lived(hours: float, seed: int = 7, people: int = 25) -> World:
    """A town after so many calendar hours in which nobody answers a question."""
    world = small_world(seed, people)
    for _ in range(int(hours * HOUR)):
        step(world, ())
    return world


def money(world: World) -> int:
    """All there is."""
    return int(world.livelihood.money.sum() + world.tills.money.sum()) + world.treasury


@pytest.fixture(scope="module")
def day() -> World:
    """One day of the small town."""
    return lived(24)


@pytest.mark.slow
def test_money_only_goes_from_hand_to_hand(day: World) -> None:
    """After a day as before it."""
    assert money(day) == money(small_world())


@pytest.mark.slow
def test_people_do_many_things_and_each_is_told(day: World) -> None:
    """Events name somebody, an action, a place and how it went; what went badly has a reason."""
    performed = day.events.select(Category.ACTION, last=1000)
    assert len(performed) > 150  # talks take time, most of all where nobody answers
    for event in performed:
        assert isinstance(event, NpcActionPerformed)
        assert event.action in day.lore.actions.index
        assert event.place in day.town.place_index
        assert bool(event.reason) == (event.grade != "average")
    assert len({event.action for event in performed if isinstance(event, NpcActionPerformed)}) >= 15


@pytest.mark.slow
def test_nothing_is_ever_below_nothing(day: World) -> None:
    """Purses, shelves, skills and needs."""
    assert (day.livelihood.money >= 0).all()
    assert (day.livelihood.goods >= 0).all()
    assert (day.tills.stock >= 0).all()
    assert (day.tills.money >= 0).all()
    assert ((day.livelihood.skill >= 0) & (day.livelihood.skill <= 1000)).all()
    assert ((day.wellbeing.needs >= 0) & (day.wellbeing.needs <= FULL)).all()


@pytest.mark.slow
def test_the_same_seed_is_the_same_day() -> None:
    """Bit for bit, over everything."""
    assert state_hash(lived(3)) == state_hash(lived(3)) != state_hash(lived(3, seed=8))


@given(
    minute=st.integers(0, 1439),
    weather=st.integers(0, 6),
    purse=st.integers(0, 300),
    shelf=st.integers(0, 3),
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_action_is_chosen_without_its_preconditions(
    minute: int, weather: int, purse: int, shelf: int
) -> None:
    """Hours, weather, season, trade, money and goods: whatever the moment is."""
    world = small_world()
    world.tick = (minute - 510) % 1440 * 60
    world.weather.now = weather
    world.livelihood.money[:] = purse
    world.livelihood.goods[:] = shelf
    world.tills.stock[:] = shelf
    rows = np.arange(len(world))
    choose(world, rows)
    table, moment = world.lore.actions, world.moment
    for row, action in enumerate(world.doings.action.tolist()):
        chosen = table.actions[action]
        assert table.hours[action, moment.minute // 60]
        assert table.weathers[action, weather]
        assert table.seasons[action, SEASONS.index(moment.season)]
        assert purse >= table.price[action]
        assert (table.buys[action] <= shelf).all()
        assert (table.uses[action] <= shelf).all()
        place = world.town.places[world.people.goal_place[row]].id
        if chosen.workplaces:
            assert world.roster.persona(row).workplace in chosen.workplaces
        if isinstance(chosen.place, tuple):
            assert place in chosen.place


def test_who_finds_the_till_shut_pays_nothing() -> None:
    """What changed while one walked is seen on arrival, and something else is done instead."""
    world = small_world()
    table = world.lore.actions
    priced = int(np.flatnonzero(table.price > 0)[0])
    world.doings.action[0], world.doings.phase[0], world.doings.due[0] = priced, Phase.TRAVEL, world.tick + 1
    world.people.talk[0] = -1
    world.livelihood.money[0] = 0
    before = money(world)
    world.next_due = 0
    step(world, ())
    assert world.doings.phase[0] != Phase.PERFORM or world.doings.action[0] != priced
    assert money(world) == before


def test_more_who_are_due_than_a_tick_has_room_for_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever because others stand before them."""
    monkeypatch.setattr(acting, "MOST_AT_ONCE", 4)
    world = small_world()
    world.doings.phase[:] = Phase.IDLE
    world.doings.due[:] = 0
    world.next_due = 0
    for _ in range(7):
        step(world, ())
    assert (world.doings.action >= 0).all()
    assert (world.doings.phase != Phase.IDLE).all()


def test_an_action_is_kept_until_it_is_done() -> None:
    """An intention is not thought over every tick."""
    world = lived(0.5)
    at_it = np.flatnonzero((world.doings.phase == Phase.PERFORM) & (world.doings.due > world.tick + 60))
    assert at_it.size
    before = world.doings.action[at_it].copy()
    for _ in range(60):
        step(world, ())
    assert (world.doings.action[at_it] == before).all()


def test_what_failed_is_tried_less() -> None:
    """The same person, the same moment: after a bad experience the action is worth less to them."""
    world = small_world()
    world.tick = (19 * 60 - 510) * 60  # an evening, when much can be done
    rows = np.zeros(1, dtype=np.intp)
    choose(world, rows)
    first = int(world.doings.action[0])
    world.doings.merit[0, first, :] = -100
    counts = []
    for merit in (-100, 100):
        world.doings.merit[0, first, :] = merit
        chosen = 0
        for _ in range(60):
            choose(world, rows)
            chosen += int(world.doings.action[0]) == first
        counts.append(chosen)
    assert counts[0] < counts[1]


def test_plans_bind_the_conscientious_more() -> None:
    """At the hour of work, who is conscientious does what they planned; others may not."""

    def at_work(conscientiousness: int) -> int:
        world = small_world()
        world.folk.traits[:, CONSCIENTIOUSNESS] = conscientiousness
        slot_kind = world.doings.plan_kind
        slot_kind[:] = Kind.WORK
        chosen = 0
        for _ in range(8):
            choose(world, np.arange(len(world)))
            chosen += int((world.lore.actions.kind[world.doings.action] == Kind.WORK).sum())
        return chosen

    assert at_work(100) >= at_work(0)


def test_company_is_somebody_who_is_there() -> None:
    """Nobody does with others what needs others, alone."""
    world = lived(2)
    table, doings = world.lore.actions, world.doings
    performing = np.flatnonzero(doings.phase == Phase.PERFORM)
    for row in performing.tolist():
        if table.needs_company[doings.action[row]]:
            assert doings.partner[row] != NOBODY
            assert doings.partner[row] != row
