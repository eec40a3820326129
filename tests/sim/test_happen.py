"""Sky and town events: the same seed has the same year, and people know only what reached them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory import Category as Of
from agents.template_files import WEATHERS
from sim.activity import Activity
from sim.events import Category, WorldEventTriggered
from sim.inputs import EventWanted, Input, WeatherWanted
from sim.sensing import EVERYWHERE, who_senses
from sim.state_hash import state_hash
from sim.step import step
from sim.systems.happen import begin, happen
from sim.systems.sky import sky
from sim.world import World
from tests.support.small_town import small_world

HOUR = 3600
DAY = 24 * HOUR


def skies(world: World, days: int) -> list[int]:
    """The weather of each hour, when nothing else goes on."""
    seen = []
    for hour in range(days * 24):
        world.tick = hour * HOUR + HOUR // 2  # the day begins at half past eight
        sky(world)
        seen.append(world.weather.now)
    return seen


def told(world: World) -> list[str]:
    """Which town events were fired."""
    fired = world.events.select(Category.WORLD, last=1000)
    return [event.event for event in fired if isinstance(event, WorldEventTriggered)]


def test_the_same_seed_has_the_same_sky_whatever_people_do() -> None:
    """Its chance is its own."""
    busy = small_world()
    for _ in range(50):
        busy.chance.below(10)
    assert skies(small_world(), 30) == skies(busy, 30) != skies(small_world(seed=8), 30)


def test_the_sky_changes_on_the_hour_only() -> None:
    """However often it is looked at."""
    world = small_world()
    before = world.weather.chance.state()
    for tick in range(60, HOUR // 2, 60):  # half past eight to nine
        world.tick = tick
        sky(world)
    assert world.weather.chance.state() == before
    world.tick = HOUR // 2
    sky(world)
    assert world.weather.chance.state() != before


def test_a_market_day_comes_on_its_day_and_ends() -> None:
    """Every seventh day, the third of them, at eight."""
    world = small_world()
    days = []
    for minute in range(10 * 24 * 60):
        world.tick = minute * 60
        happen(world)
        if any(one.what.id == "market_day" for one in world.happenings.active):
            days.append(world.moment.day)
    assert sorted(set(days)) == [3, 10]
    assert days.count(3) == 420
    assert any(one.what.id == "market_day" for one in world.happenings.past)


def test_in_a_year_almost_everything_happens() -> None:
    """Chance is chance, but a year is long."""
    world = small_world()
    for hour in range(4 * 7 * 24 * 3):
        world.tick = hour * HOUR + HOUR // 2
        sky(world)
        happen(world)
    assert len(set(told(world))) >= len(world.lore.happenings.happenings) - 2
    assert len(world.happenings.past) <= 50


@pytest.mark.parametrize("event", ["theft", "travelling_musicians", "wedding"])
def test_a_wish_from_outside_is_an_input(event: str) -> None:
    """It happens in the tick that consumes it, and is part of the history."""
    world, other = small_world(), small_world()
    step(world, (Input(1, 1, EventWanted(event)),))
    step(other, ())
    assert told(world) == [event]
    assert state_hash(world) != state_hash(other)
    step(world, (Input(2, 2, EventWanted(event)), Input(3, 2, EventWanted("no_such_thing"))))
    assert told(world) == [event]  # it goes on already, and what nobody knows does not happen


def test_wanted_weather_holds_until_the_next_hour_at_least() -> None:
    """By its place in the list of weathers."""
    world = small_world()
    step(world, (Input(1, 1, WeatherWanted(WEATHERS.index("snow"))),))
    assert world.weather.word == "snow"
    assert world.weather.since == 1


@given(
    x=st.integers(0, 37), y=st.integers(0, 37), radius=st.integers(1, 30), asleep=st.sets(st.integers(0, 24))
)
@settings(max_examples=60, deadline=None)
def test_nobody_senses_what_is_too_far_or_while_asleep(x: int, y: int, radius: int, asleep: set[int]) -> None:
    """Whatever the place and the radius; a bell wakes nobody either."""
    world = SHARED
    world.people.activity[:] = Activity.WORKING
    world.people.activity[sorted(asleep)] = Activity.SLEEPING
    rows = set(who_senses(world, (x, y), radius).tolist())
    apart = np.abs(world.people.tile - np.array((x, y))).max(axis=1)
    assert not rows & asleep
    assert all(apart[row] <= radius for row in rows)
    everybody = set(who_senses(world, (x, y), EVERYWHERE).tolist())
    assert everybody == set(range(len(world))) - asleep


SHARED = small_world()


def test_only_who_sensed_it_remembers_it() -> None:
    """A purse is stolen; those out of earshot know nothing of it."""
    world = small_world()
    theft = world.lore.happenings.happenings[world.lore.happenings.index["theft"]]
    begin(world, theft)
    [going_on] = world.happenings.active
    spot = world.navigation.spot_tiles(np.array([going_on.place]), np.array([0]))[0]
    near = set(who_senses(world, (int(spot[0]), int(spot[1])), theft.radius).tolist())
    knowing = {
        row
        for row in range(len(world))
        if any(one.category == Of.EVENT for one in world.memories.episodes(row))
    }
    assert knowing == near
    assert 0 < len(near) < len(world)
