from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.persona import load_personas
from agents.templates import TemplateBook
from agents.villagers import villager_from_seed
from sim.app.settings import ASSETS, BUNDLED_TOWN
from sim.chance import Chance
from sim.columns import CROWD_FROM
from sim.founding import found_world
from sim.navigation import STAY, STEPS, Navigation
from sim.roster import Roster
from sim.rules import Rules
from sim.sensing import EVERYWHERE, who_senses
from sim.settlers import write_person
from sim.step import step
from sim.systems.happen import begin as happen
from sim.town import Ints, MapError, Town, districts_for, load_town, with_districts
from sim.world import World
from tests.support.small_town import small_town, world_lore

SEED = 7
PEOPLE = 450
COUNTS = (1, 2, 3, 4, 5, 7, 9, 11)


@pytest.fixture(scope="module")
def navigations() -> dict[int, Navigation]:
    """The small town in so many districts."""
    return {count: Navigation(with_districts(small_town(), count)) for count in COUNTS}


@pytest.fixture(scope="module")
def crowd() -> World:
    """A crowd that no test lets live."""
    return crowd_world()


def crowd_world() -> World:
    """Three districts of the small town, the last of them not full."""
    town = with_districts(small_town(), districts_for(PEOPLE))
    roster = Roster(load_personas(ASSETS / "personas"), PEOPLE, SEED)
    book = TemplateBook.load(ASSETS / "templates")
    return found_world(Rules(seed=SEED), world_lore(), town, roster, book)


def walked(navigation: Navigation, tile: Ints, place: Ints, spot: Ints) -> Ints:
    """Everybody follows the headings until all say stay; no step may leave the town or go through a wall."""
    tile, town = tile.copy(), navigation.town
    for _ in range(sum(town.size) * 3):
        heading = navigation.headings(tile, place, spot)
        going = heading != STAY
        if not going.any():
            return tile
        tile[going] += STEPS[heading[going]]
        assert all(town.is_free(x, y) for x, y in tile[going].tolist())
    raise AssertionError("walked in circles")


@given(st.sampled_from(COUNTS), st.data())
@settings(max_examples=40, deadline=None)
def test_every_place_of_every_district_is_reached(
    navigations: dict[int, Navigation], count: int, data: st.DataObject
) -> None:
    """From any spot to any other, however many districts lie between, also where the last line is short."""
    navigation = navigations[count]
    places = st.integers(0, count * len(navigation.town.places) - 1)
    start, goal = (np.array([data.draw(places)]) for _ in range(2))
    spots = navigation.spots[int(goal[0]) % len(navigation.town.places)]
    spot = np.array([data.draw(st.integers(0, len(spots) - 1))])
    begin = navigation.spot_tiles(start, np.array([0]))
    assert walked(navigation, begin, goal, spot).tolist() == navigation.spot_tiles(goal, spot).tolist()


@given(st.sampled_from(COUNTS), st.data())
@settings(max_examples=60, deadline=None)
def test_one_walker_is_led_as_many_are(
    navigations: dict[int, Navigation], count: int, data: st.DataObject
) -> None:
    """The look-up for a single one gives what the look-up for all gives."""
    navigation = navigations[count]
    places = st.integers(0, count * len(navigation.town.places) - 1)
    start, goal = data.draw(places), data.draw(places)
    x, y = navigation.spot_tiles(np.array([start]), np.array([0]))[0].tolist()
    many = navigation.headings(np.array([[x, y]]), np.array([goal]), np.array([0]))
    assert navigation.heading(x, y, goal, 0) == many[0]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1 << 32))
@pytest.mark.slow
def test_everybody_reaches_a_goal_in_another_district(crowd: World, seed: int) -> None:
    """All of 450 people at once, each to anywhere."""
    navigation, size = crowd.navigation, len(crowd.town.places)
    goals = Chance(seed).below_each(3 * size, PEOPLE)
    spots = np.zeros(PEOPLE, dtype=np.int64)
    end = walked(navigation, crowd.people.tile, goals, spots)
    assert (end == navigation.spot_tiles(goals, spots)).all()


def test_one_district_leads_as_it_always_did(navigations: dict[int, Navigation]) -> None:
    """Within a district of many the headings are those of a town that has only one."""
    one, many = navigations[1], navigations[5]
    town = one.town
    y, x = np.nonzero(town.walkable)
    here = np.stack((x, y), axis=1)
    right, down = 1, 1  # the last of five districts, in a grid of three across
    for place in range(len(town.places)):
        place_here, spot = np.full(len(here), place), np.zeros(len(here), dtype=np.int64)
        moved = here + np.array((right * town.width, down * town.height))
        there = place_here + 4 * len(town.places)
        assert (one.headings(here, place_here, spot) == many.headings(moved, there, spot)).all()


def test_a_district_that_is_not_there_is_nowhere() -> None:
    """Two districts above, one below: beside it there is no town."""
    town = with_districts(small_town(), 3)
    width, height = town.width, town.height
    assert (town.districts_across, town.size) == (2, (2 * width, 2 * height))
    assert town.is_free(0, height)
    assert town.is_free(width, height - 1)
    assert not town.is_free(width, height)
    assert not town.is_free(-1, 0)
    assert not town.is_free(0, -1)


@given(st.integers(1, 500), st.data())
def test_districts_lie_as_far_apart_as_one_walks(count: int, data: st.DataObject) -> None:
    """By streets, the same both ways, nothing to oneself and one to the next."""
    town = with_districts(small_town(), count)
    index = st.integers(0, count - 1)
    here, there = np.array([data.draw(index)]), np.array([data.draw(index)])
    between = town.districts_between(here, there)
    assert between == town.districts_between(there, here)
    assert (between == 0) == (here == there)
    assert between <= 2 * (town.districts_across - 1)


def test_two_hundred_live_in_each_district(crowd: World) -> None:
    """At home, and work and haunt in the district they live in; nobody is left over."""
    town, folk = crowd.town, crowd.folk
    district = np.arange(PEOPLE) // 200
    assert [districts_for(people) for people in (1, 200, 201, 450, 100_000)] == [1, 1, 2, 3, 500]
    assert [town.district_of_row(row) for row in (0, 199, 200, 449)] == [0, 0, 1, 2]
    for column in (folk.home, folk.work, folk.haunt, folk.leisure[:, 0], folk.leisure[:, 1]):
        assert (column // len(town.places) == district).all()
    assert town.districts_of_rows(np.arange(PEOPLE)).tolist() == district.tolist()


def test_the_crowd_is_written_as_the_people_it_would_be(crowd: World) -> None:
    """Columns at once, or person by person: the same rows, and no person was made for it."""
    assert all(row < CROWD_FROM for row, _ in crowd.roster.known())
    before = {name: column.copy() for name, column in crowd.folk.columns().items()}
    written = len(load_personas(ASSETS / "personas"))
    for row in range(CROWD_FROM, PEOPLE):
        write_person(crowd, row, villager_from_seed(row - written, SEED))
    for name, column in crowd.folk.columns().items():
        assert (column == before[name]).all(), name


@pytest.mark.slow
def test_the_bundled_town_can_be_laid_side_by_side() -> None:
    """It has streets and meadows over all four edges."""
    town = with_districts(load_town(BUNDLED_TOWN), 5)
    navigation, size = Navigation(town), len(town.places)
    start = navigation.spot_tiles(np.arange(size), np.zeros(size, dtype=np.int64))
    for district in (1, 3, 4):
        goal = np.arange(size)[::-1] + district * size
        end = walked(navigation, start, goal, np.zeros(size, dtype=np.int64))
        assert (end == navigation.spot_tiles(goal, np.zeros(size, dtype=np.int64))).all()


def test_a_map_with_a_wall_round_it_is_refused() -> None:
    """In more than one district nobody could get out; the line says where."""
    town: Town = small_town()
    walkable = town.walkable.copy()
    walkable[:, [0, -1]] = False
    walled = replace(town, walkable=walkable)
    assert Navigation(walled)
    with pytest.raises(MapError, match="left and right edges, which 2 districts need"):
        Navigation(with_districts(walled, 2))


@pytest.mark.slow
def test_a_town_of_districts_lives() -> None:
    """Some minutes with all systems on: everybody stays on free tiles, and every district has its walkers."""
    crowd = crowd_world()
    people, town = crowd.people, crowd.town
    for _ in range(600):
        step(crowd, ())
        crowd.take_questions()
    assert all(town.is_free(x, y) for x, y in people.tile.tolist())
    tiles = ((people.position - people.lane) / town.tile_px).astype(np.int64)
    assert all(town.is_free(x, y) for x, y in tiles.tolist())
    column, line = (people.tile // (town.width, town.height)).T
    assert set((line * town.districts_across + column).tolist()) == {0, 1, 2}


def test_what_happens_happens_in_every_district() -> None:
    """At the same place of each: people keep in mind the one of the district where they are, and may go to it."""
    crowd = crowd_world()
    storm = next(one for one in crowd.lore.happenings.happenings if one.radius == 0)
    happen(crowd, storm)
    [going_on] = crowd.happenings.active
    rows, count = who_senses(crowd, (0, 0), EVERYWHERE), len(crowd.town.places)
    district = crowd.people.goal_place[rows] // count
    remembered = [crowd.memories.episodes(row)[-1].place for row in rows.tolist()]
    assert remembered == (district * count + going_on.place).tolist()
    assert set(district.tolist()) == {0, 1, 2}
