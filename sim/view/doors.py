"""Doors stand open while somebody is on the threshold or a step from it, and are shut else."""

from __future__ import annotations

from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from sim.calendar import SEASONS
from sim.town import Town
from sim.view.camera import Camera
from sim.view.tile_sheets import TileSheets

_STRIDE: Final = 1 << 20  # tiles; wider is no town
_Door = tuple[tuple[float, float], tuple[int, int, int]]  # corner in map pixels; the tiles that open it


class Doors:
    """All doors of a town, as often as its map lies side by side."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._window: tuple[int, int, int, int] | None = None
        self._within: list[_Door] = []
        leaf = None if town.door_leaf is None else TileSheets(town).of(SEASONS[0])[town.door_leaf]
        self._leaves = (
            [] if leaf is None else [pygame.transform.scale_by(leaf, zoom).convert() for zoom in range(1, 5)]
        )

    def draw(self, target: pygame.Surface, camera: Camera, feet: NDArray[np.float64]) -> None:
        """Those that are shut; `feet` of all who are near enough to be seen."""
        if not self._leaves:
            return
        side, leaf = self._town.tile_px, self._leaves[camera.zoom - 1]
        tiles = (feet // side).astype(np.int64)
        trodden = set((tiles[:, 1] * _STRIDE + tiles[:, 0]).tolist())
        shut = [corner for corner, threshold in self._seen(camera) if trodden.isdisjoint(threshold)]
        if shut:
            target.blits([(leaf, at) for at in camera.to_screen_many(np.array(shut))], doreturn=False)

    def _seen(self, camera: Camera) -> list[_Door]:
        """The doors on the screen; found anew when the camera has moved by a tile."""
        side = self._town.tile_px
        left, top = (int(edge) // side - 1 for edge in camera.to_map((0, 0)))
        right, bottom = (int(edge) // side for edge in camera.to_map(camera.screen))
        window = left, top, right, bottom
        if window != self._window:
            self._window, self._within = window, self._doors_within(*window)
        return self._within

    def _doors_within(self, left: int, top: int, right: int, bottom: int) -> list[_Door]:
        town, side = self._town, self._town.tile_px
        return [
            ((float(x * side), float(y * side)), _threshold(x, y))
            for across in range(left // town.width, right // town.width + 1)
            for down in range(top // town.height, bottom // town.height + 1)
            if town.has_district(across, down)
            for x, y in ((door[0] + across * town.width, door[1] + down * town.height) for door in town.doors)
            if left <= x <= right and top <= y <= bottom
        ]


def _threshold(x: int, y: int) -> tuple[int, int, int]:
    """The doorstep, and the tiles before and behind it."""
    middle = y * _STRIDE + x
    return middle - _STRIDE, middle, middle + _STRIDE
