"""From one district into the next: over the edge of the map, where both sides are free, sideways first.

The districts' last line may be shorter than the others. Who is there and must go farther to the side than it reaches
goes up first; all lines above it are whole, so nobody is ever led to where there is no town.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.distances import Ints, Tile, cost_fields, directions
from sim.town import MapError, Town

_DOWN, _LEFT, _RIGHT, _UP = range(4)  # a border is numbered as the heading that leads over it
_EDGES: Final = {_DOWN: "lower and upper", _RIGHT: "left and right"}


class Borders:
    """From anywhere in a district the way over each of its borders; one table for all districts."""

    def __init__(self, town: Town, cost: NDArray[np.int32], connected: NDArray[np.bool_]) -> None:
        self._across, self._districts = town.districts_across, town.districts
        crossings = _crossings(town, connected)
        _check(town, crossings)
        self._to_border = directions(cost_fields(town.walkable, cost, crossings))
        for border, tiles in enumerate(crossings):
            for x, y in tiles:
                self._to_border[border, y, x] = border

    def lead_over(self, heading: Ints, tile: Ints, district: Ints, goal: Ints) -> None:
        """Write the headings of those whose goal lies in another district than their (column, line); tiles are local."""
        down, right = np.divmod(goal, self._across)
        to_right, to_down = right - district[:, 0], down - district[:, 1]
        away = np.flatnonzero((to_right != 0) | (to_down != 0))
        if away.size:
            border = self._next_border(district[away], to_right[away], to_down[away])
            heading[away] = self._to_border[border, tile[away, 1], tile[away, 0]]

    def heading(self, x: int, y: int, district: tuple[int, int], goal: int) -> int:
        """The same for one of them."""
        (right, down), (goal_down, goal_right) = district, divmod(goal, self._across)
        if goal_right < right:
            border = _LEFT
        elif goal_right > right and down * self._across + right + 1 < self._districts:
            border = _RIGHT
        else:
            border = _DOWN if goal_down > down else _UP
        return int(self._to_border[border, y, x])

    def _next_border(self, district: Ints, to_right: Ints, to_down: Ints) -> Ints:
        beside = district[:, 1] * self._across + district[:, 0] + 1 < self._districts
        along = np.where(to_down > 0, _DOWN, _UP)
        return np.where(to_right < 0, _LEFT, np.where((to_right > 0) & beside, _RIGHT, along))


def _crossings(town: Town, connected: NDArray[np.bool_]) -> tuple[tuple[Tile, ...], ...]:
    """The edge tiles from which one steps on to a tile of the next district, by border."""
    last_x, last_y = town.width - 1, town.height - 1
    free = connected & town.walkable
    columns = np.flatnonzero(free[0] & free[last_y]).tolist()
    lines = np.flatnonzero(free[:, 0] & free[:, last_x]).tolist()
    return (
        tuple((x, last_y) for x in columns),
        tuple((0, y) for y in lines),
        tuple((last_x, y) for y in lines),
        tuple((x, 0) for x in columns),
    )


def _check(town: Town, crossings: tuple[tuple[Tile, ...], ...]) -> None:
    needed = [_RIGHT] if town.districts_across > 1 else []
    needed += [_DOWN] if town.districts > town.districts_across else []
    for border in needed:
        if not crossings[border]:
            raise MapError(
                f"{town.path}: nobody can walk over its {_EDGES[border]} edges, which {town.districts} districts need"
            )
