"""Where to put the next foot: tables made once at load, so that walking is a look-up and never a search.

For each place there is a field of costs over the whole map (a relaxation in NumPy, all places at once), and
from it the direction of the cheapest next step. Inside a place a second table leads to each single spot.
Districts share these tables, for they share the map; four more lead from anywhere in one over each of its borders.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.borders import Borders
from sim.distances import FAR, STAY, STEPS, Ints, Tile, cost_fields, directions
from sim.town import MapError, Place, Town

_OFF_ROAD_COST: Final = 3  # a step over grass, when one along a road costs 2: people keep to the streets
_ROAD_COST: Final = 2

__all__ = ["STAY", "STEPS", "Navigation", "Tile"]


class Navigation:
    """Direction tables for one town. Read-only after construction."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.spots = tuple(_connected_spots(place) for place in town.places)
        cost = np.where(town.road, _ROAD_COST, _OFF_ROAD_COST).astype(np.int32)
        fields = cost_fields(town.walkable, cost, self.spots)
        self._to_place = directions(fields)
        self._ways = _ways(fields, self.spots)
        self._inside = _inside_mask(town, self.spots)
        self._local, self._offset = _local_tables(town, self.spots)
        self._corner = np.array([(p.left, p.top) for p in town.places], dtype=np.int64)
        self._size = np.array([(p.width, p.height) for p in town.places], dtype=np.int64)
        self._tiles = np.concatenate([np.array(tiles, dtype=np.int64) for tiles in self.spots])
        self._first_tile = np.cumsum([0, *map(len, self.spots)])
        self._check_reachable()
        self._borders = Borders(town, cost, fields[0, 1:-1, 1:-1] < FAR) if town.districts > 1 else None

    def headings(self, tile: Ints, place: Ints, spot: Ints) -> Ints:
        """The next heading of walkers, shapes (k, 2), (k,), (k,) -> (k,): 0..3, or STAY at the goal."""
        if self._borders is None:
            return self._headings_here(tile, place, spot)
        goal, place = np.divmod(place, len(self.town.places))
        district, local = np.divmod(tile, (self.town.width, self.town.height))
        heading = self._headings_here(local, place, spot)
        self._borders.lead_over(heading, local, district, goal)
        return heading

    def heading(self, x: int, y: int, place: int, spot: int) -> int:
        """The next heading of one walker, as `headings` gives it."""
        if self._borders is not None:
            town = self.town
            goal, place = divmod(place, len(town.places))
            (right, x), (down, y) = divmod(x, town.width), divmod(y, town.height)
            if goal != down * town.districts_across + right:
                return self._borders.heading(x, y, (right, down), goal)
        if not self._inside[place, y, x]:
            return int(self._to_place[place, y, x])
        rectangle = self.town.places[place]
        row = spot * rectangle.height + y - rectangle.top
        return int(self._local[self._offset[place] + row * rectangle.width + x - rectangle.left])

    def _headings_here(self, tile: Ints, place: Ints, spot: Ints) -> Ints:
        """The same within one district."""
        x, y = tile[:, 0], tile[:, 1]
        heading = self._to_place[place, y, x].astype(np.int64)
        inside = self._inside[place, y, x]
        if inside.any():
            heading[inside] = self._headings_inside(tile[inside], place[inside], spot[inside])
        return heading

    def _headings_inside(self, tile: Ints, place: Ints, spot: Ints) -> Ints:
        local = tile - self._corner[place]
        width, height = self._size[place, 0], self._size[place, 1]
        index = self._offset[place] + (spot * height + local[:, 1]) * width + local[:, 0]
        heading: Ints = self._local[index].astype(np.int64)
        return heading

    def ways(self) -> Ints:
        """What it costs to walk from each place of a district to each, (places, places); a step on a road is 2."""
        return self._ways

    def spot_tiles(self, place: Ints, spot: Ints) -> Ints:
        """The tiles of these spots, (k, 2)."""
        town = self.town
        district, place = np.divmod(place, len(town.places))
        down, right = np.divmod(district, town.districts_across)
        corner = np.stack((right * town.width, down * town.height), axis=1)
        tiles: Ints = self._tiles[self._first_tile[place] + spot] + corner
        return tiles

    def path(self, start: Tile, wanted: Callable[[Tile], bool], reach: int) -> tuple[Tile, ...] | None:
        """The shortest walk of at most `reach` steps to a wanted tile; for the last few steps up to somebody."""
        came_from: dict[Tile, Tile | None] = {start: None}
        frontier = deque([(start, 0)])
        while frontier:
            tile, steps = frontier.popleft()
            if wanted(tile):
                return _trace(tile, came_from)
            if steps < reach:
                for neighbour in self._neighbours(tile):
                    if neighbour not in came_from:
                        came_from[neighbour] = tile
                        frontier.append((neighbour, steps + 1))
        return None

    def _neighbours(self, tile: Tile) -> list[Tile]:
        x, y = tile
        around = ((x, y + 1), (x - 1, y), (x + 1, y), (x, y - 1))
        if self._borders is not None:
            return [(i, j) for i, j in around if self.town.is_free(i, j)]
        width, height, free = self.town.width, self.town.height, self.town.free_lines
        return [(i, j) for i, j in around if 0 <= i < width and 0 <= j < height and free[j][i]]

    def _check_reachable(self) -> None:
        """Every place must be reachable from every other."""
        here = self.spots[0][0]
        for place, field in zip(self.town.places, self._to_place, strict=True):
            if place is not self.town.places[0] and field[here[1], here[0]] == STAY:
                raise MapError(
                    f"{self.town.path}: nobody can walk from {self.town.places[0].id} to {place.id}"
                )


def _trace(tile: Tile, came_from: dict[Tile, Tile | None]) -> tuple[Tile, ...]:
    walk = [tile]
    while (before := came_from[walk[-1]]) is not None:
        walk.append(before)
    return tuple(reversed(walk))


def _flood(start: Tile, free: set[Tile]) -> dict[Tile, int]:
    """Steps from `start` to every tile of `free` that can be reached inside it."""
    steps = {start: 0}
    frontier = deque([start])
    while frontier:
        x, y = tile = frontier.popleft()
        for neighbour in ((x, y + 1), (x - 1, y), (x + 1, y), (x, y - 1)):
            if neighbour in free and neighbour not in steps:
                steps[neighbour] = steps[tile] + 1
                frontier.append(neighbour)
    return steps


def _connected_spots(place: Place) -> tuple[Tile, ...]:
    """The spots of a place that hang together inside it: the largest such part."""
    free = set(place.spots)
    largest: dict[Tile, int] = {}
    for spot in place.spots:
        if spot not in largest:
            part = _flood(spot, free)
            largest = max(largest, part, key=len)
    return tuple(spot for spot in place.spots if spot in largest)


def _ways(fields: NDArray[np.int32], spots: tuple[tuple[Tile, ...], ...]) -> NDArray[np.int64]:
    first = np.array([tiles[0] for tiles in spots]) + 1  # the fields have a border
    return fields[:, first[:, 1], first[:, 0]].T.astype(np.int64)


def _inside_mask(town: Town, spots: tuple[tuple[Tile, ...], ...]) -> NDArray[np.bool_]:
    mask = np.zeros((len(spots), town.height, town.width), dtype=np.bool_)
    for index, tiles in enumerate(spots):
        for x, y in tiles:
            mask[index, y, x] = True
    return mask


def _local_tables(
    town: Town, spots: tuple[tuple[Tile, ...], ...]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Inside each place, the heading from each tile to each spot; one flat table and where each place begins."""
    tables, offsets, length = [], [], 0
    for place, tiles in zip(town.places, spots, strict=True):
        table = np.full((len(tiles), place.height, place.width), STAY, dtype=np.int8)
        free = set(tiles)
        for index, spot in enumerate(tiles):
            _fill_local(table[index], place, _flood(spot, free))
        offsets.append(length)
        length += table.size
        tables.append(table.ravel())
    return np.concatenate(tables), np.array(offsets, dtype=np.int64)


def _fill_local(table: NDArray[np.int8], place: Place, steps: dict[Tile, int]) -> None:
    for (x, y), distance in steps.items():
        if distance == 0:
            continue
        for heading, (dx, dy) in enumerate(STEPS.tolist()):
            if steps.get((x + dx, y + dy), distance) < distance:
                table[y - place.top, x - place.left] = heading
                break
