"""Needs and health: always in range, the same for the same world, told of at thresholds only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.needs import BANDS, CRITICAL, LOW, MET
from agents.template_files import WEATHERS
from agents.traits import MIDDLE
from sim.activity import Activity
from sim.columns import FULL
from sim.events import Category, NeedsUpdated
from sim.systems.wear import EVERY, first_needs, wear
from sim.world import World
from tests.support.small_town import small_world

STEPS_AN_HOUR = 120


def indoors(world: World) -> World:
    """Nobody on the way, everybody middling, awake and under a roof, all needs half met."""
    world.people.moving[:] = False
    world.people.activity[:] = Activity.RESTING
    world.folk.traits[:] = MIDDLE
    world.wellbeing.needs[:] = FULL // 2
    return world


def pass_steps(world: World, steps: int = STEPS_AN_HOUR) -> None:
    """So many calls, each at its own tick."""
    for _ in range(steps):
        world.tick += EVERY
        wear(world)


def updates(world: World) -> list[NeedsUpdated]:
    """What was told of needs."""
    return [one for one in world.events.select(Category.NEEDS, last=1000) if isinstance(one, NeedsUpdated)]


def test_an_hour_costs_what_the_file_says() -> None:
    """To the millionth, though a step is a fraction that no whole number is."""
    world = indoors(small_world())
    pass_steps(world)
    lost = FULL // 2 - world.wellbeing.needs
    assert (lost == world.lore.needs.wear_awake).all()


def test_sleep_restores_rest_and_spares_the_others() -> None:
    """What the file says of an hour asleep, to a hundredth of an hour awake."""
    world = indoors(small_world())
    world.people.activity[:] = Activity.SLEEPING
    pass_steps(world)
    lost, table = FULL // 2 - world.wellbeing.needs[0], world.lore.needs
    assert (abs(lost - table.wear_asleep) <= table.wear_awake // 100 + 1).all()
    assert lost[table.index["rest"]] < 0


@pytest.mark.parametrize("weather", ["rain", "storm", "snow", "wind"])
def test_bad_weather_costs_warmth_to_those_outdoors(weather: str) -> None:
    """And nobody else more than a clear sky does."""
    world, clear = indoors(small_world()), indoors(small_world())
    world.weather.now = WEATHERS.index(weather)
    for one in (world, clear):
        one.people.moving[0] = True
        pass_steps(one, 10)
    warmth = world.lore.needs.index["warmth"]
    assert world.wellbeing.needs[0, warmth] < clear.wellbeing.needs[0, warmth]


def test_the_ill_and_the_exhausted_wear_faster() -> None:
    """All needs of theirs."""
    world = indoors(small_world())
    world.wellbeing.physical[0] = FULL // 10
    world.wellbeing.band[1, world.lore.needs.index["rest"]] = CRITICAL
    world.tick += EVERY
    wear(world)
    assert (world.wellbeing.needs[:2] < world.wellbeing.needs[2]).all()


def test_going_without_makes_ill_and_having_mends() -> None:
    """The body by what it lacks, the mind by whom it lacks."""
    world = indoors(small_world())
    wellbeing, index = world.wellbeing, world.lore.needs.index
    wellbeing.physical[:] = wellbeing.mental[:] = FULL // 2
    wellbeing.needs[0, index["hydration"]] = 0
    wellbeing.needs[1, index["friendship"]] = 0
    pass_steps(world, 30)
    assert wellbeing.physical[0] < FULL // 2 < wellbeing.mental[0]
    assert wellbeing.mental[1] < FULL // 2 < wellbeing.physical[1]
    assert min(wellbeing.physical[2], wellbeing.mental[2]) > FULL // 2


def test_a_threshold_is_told_of_when_it_is_crossed_and_then_no_more() -> None:
    """Down by both and up again; just above a threshold is not yet past it."""
    world = indoors(small_world())
    row, need = 3, world.lore.needs.index["play"]
    low, critical = int(world.lore.needs.low[need]), int(world.lore.needs.critical[need])
    levels = (low + 5000, low - 5000, low + 5000, critical - 5000, critical + 5000, low - 5000, low + 40_000)
    for level in levels:
        world.wellbeing.needs[row, need] = level
        pass_steps(world, 3)
    told = [(one.npc, one.need, one.before, one.band) for one in updates(world)]
    steps = ((MET, LOW), (LOW, CRITICAL), (CRITICAL, LOW), (LOW, MET))
    assert told == [(row, "play", BANDS[before], BANDS[now]) for before, now in steps]


def test_of_a_crowd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their bands change all the same."""
    monkeypatch.setattr("sim.systems.wear.CROWD_FROM", 5)
    world = indoors(small_world())
    world.wellbeing.needs[:] = 0
    pass_steps(world, 1)
    assert (world.wellbeing.band == CRITICAL).all()
    assert {one.npc for one in updates(world)} == set(range(5))


def test_who_is_away_stays_as_they_were() -> None:
    """Needs, bands and health."""
    world = indoors(small_world())
    wellbeing = world.wellbeing
    wellbeing.needs[4], wellbeing.physical[4] = 7, 9
    world.people.present[4] = False
    before = {name: column[4].copy() for name, column in wellbeing.columns().items()}
    pass_steps(world)
    for name, column in wellbeing.columns().items():
        assert np.array_equal(column[4], before[name]), name
    assert not [one for one in updates(world) if one.npc == 4]


def test_people_come_wanting_for_nothing() -> None:
    """Between a good half and everything, no two alike."""
    world = small_world()
    world.wellbeing.needs[:] = world.wellbeing.band[:] = world.wellbeing.physical[:] = 0
    first_needs(world, np.arange(10))
    needs = world.wellbeing.needs
    assert needs[:10].min() >= FULL * 55 // 100
    assert needs[:10].max() <= FULL
    assert len(np.unique(needs[:10])) > 150
    assert not needs[10:].any()
    wear(world)
    assert not world.wellbeing.band[:10].any()


Blow = tuple[int, int, int, int]


def blow(world: World, what: Blow) -> None:
    """Something sudden: a need of a row set to a level, and an activity with it."""
    row, need, level, activity = what
    world.wellbeing.needs[row, need] = level
    world.people.activity[row] = activity
    world.people.present[row] = (level + activity) % 5 > 0
    world.weather.now = level % len(WEATHERS)


def in_range(column: NDArray[np.int32]) -> bool:
    """Between nothing and all."""
    return bool(column.min() >= 0 and column.max() <= FULL)


BLOWS = st.lists(
    st.tuples(st.integers(0, 24), st.integers(0, 19), st.integers(0, FULL), st.integers(0, 7)), max_size=12
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 5), BLOWS)
def test_needs_and_health_stay_in_range(seed: int, blows: list[Blow]) -> None:
    """Whatever happens, and the same happening twice gives the same columns."""
    worlds = small_world(seed), small_world(seed)
    for what in blows:
        for world in worlds:
            blow(world, what)
            pass_steps(world, 40)
            assert in_range(world.wellbeing.needs)
            assert in_range(world.wellbeing.physical)
            assert in_range(world.wellbeing.mental)
            assert set(np.unique(world.wellbeing.band)) <= {MET, LOW, CRITICAL}
    one, other = (world.wellbeing.columns() for world in worlds)
    for name, column in one.items():
        assert np.array_equal(column, other[name]), name
