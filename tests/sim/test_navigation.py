from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.navigation import STAY, STEPS, Navigation
from sim.town import MapError
from tests.support.small_town import small_town


@pytest.fixture(scope="module")
def navigation() -> Navigation:
    """Tables of the small town."""
    return Navigation(small_town())


def walk_to(navigation: Navigation, start: tuple[int, int], place: int, spot: int) -> list[tuple[int, int]]:
    """Follow the headings until they say stay."""
    tiles = [start]
    for _ in range(500):
        heading = navigation.headings(np.array([tiles[-1]]), np.array([place]), np.array([spot]))[0]
        if heading == STAY:
            return tiles
        dx, dy = STEPS[heading].tolist()
        tiles.append((tiles[-1][0] + dx, tiles[-1][1] + dy))
    raise AssertionError("walked in circles")


def test_every_spot_is_reached_from_every_corner_without_a_wall_in_between(navigation: Navigation) -> None:
    """A look-up at each tile leads to the very spot, and never through what blocks."""
    town = navigation.town
    corners = [(0, 0), (town.width - 1, 0), (0, town.height - 1), (town.width - 1, town.height - 1)]
    for place in range(len(town.places)):
        for corner in corners:
            spot = (place * 5) % len(navigation.spots[place])
            tiles = walk_to(navigation, corner, place, spot)
            assert tiles[-1] == navigation.spots[place][spot]
            assert all(town.walkable[y, x] for x, y in tiles)


def test_people_keep_to_the_road_where_it_is_not_much_longer() -> None:
    """A paved way is preferred to the straight one over grass."""
    town = small_town()
    road = np.zeros_like(town.road)
    road[town.height - 1, :] = True
    navigation = Navigation(replace(town, road=road))
    last = len(town.places) - 1
    start = (town.places[last].left - 12, town.height - 1)
    tiles = walk_to(navigation, start, last, 0)
    assert sum(bool(road[y, x]) for x, y in tiles) >= 10


def test_a_short_way_up_to_somebody_is_found_and_a_long_one_is_not(navigation: Navigation) -> None:
    """The search is bounded in steps."""
    assert navigation.path((2, 2), lambda tile: tile == (4, 3), 9) is not None
    assert navigation.path((2, 2), lambda tile: tile == (20, 20), 9) is None


def test_a_place_that_nobody_can_reach_is_named() -> None:
    """A map with an island is refused, and says which."""
    town = small_town()
    walkable = town.walkable.copy()
    island = town.places[-1]
    walkable[island.top - 1 : island.top + 5, island.left - 1 : island.left + 5] = False
    walkable[island.top : island.top + 4, island.left : island.left + 4] = True
    with pytest.raises(MapError, match=island.id):
        Navigation(replace(town, walkable=walkable))
