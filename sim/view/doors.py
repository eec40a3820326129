"""Doors stand open while somebody is on the threshold or a step from it, and are shut else."""

from __future__ import annotations

import numpy as np
import pygame
from numpy.typing import NDArray

from sim.calendar import SEASONS
from sim.town import Town
from sim.view.camera import Camera
from sim.view.tile_sheets import TileSheets


class Doors:
    """All doors of a town, as often as its map lies side by side."""

    def __init__(self, town: Town) -> None:
        self._town = town
        leaf = None if town.door_leaf is None else TileSheets(town).of(SEASONS[0])[town.door_leaf]
        self._leaves = [] if leaf is None else [pygame.transform.scale_by(leaf, zoom) for zoom in range(1, 5)]

    def draw(self, target: pygame.Surface, camera: Camera, feet: NDArray[np.float64]) -> None:
        """Those that are shut; `feet` of all who are near enough to be seen."""
        if not self._leaves:
            return
        side, leaf = self._town.tile_px, self._leaves[camera.zoom - 1]
        trodden = set(map(tuple, (feet // side).astype(np.int64).tolist()))
        shut = [door for door in self._seen(camera) if trodden.isdisjoint(_threshold(*door))]
        target.blits([(leaf, camera.to_screen((x * side, y * side))) for x, y in shut], doreturn=False)

    def _seen(self, camera: Camera) -> list[tuple[int, int]]:
        """The doors on the screen, in tiles of the whole town."""
        town, side = self._town, self._town.tile_px
        left, top = (int(edge) // side - 1 for edge in camera.to_map((0, 0)))
        right, bottom = (int(edge) // side for edge in camera.to_map(camera.screen))
        return [
            (x, y)
            for across in range(left // town.width, right // town.width + 1)
            for down in range(top // town.height, bottom // town.height + 1)
            if town.has_district(across, down)
            for x, y in ((door[0] + across * town.width, door[1] + down * town.height) for door in town.doors)
            if left <= x <= right and top <= y <= bottom
        ]


def _threshold(x: int, y: int) -> tuple[tuple[int, int], ...]:
    return (x, y - 1), (x, y), (x, y + 1)
