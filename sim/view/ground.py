"""The map as pictures: drawn once at load, cut into chunks for each zoom when they are first seen.

A frame blits a handful of chunks; the layer over people's heads has chunks only where it has tiles. Districts share
one map, so they share its chunks: a town of hundreds costs the memory of one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import numpy as np
import pygame

from sim.town import Town
from sim.view.camera import Camera

CHUNK_TILES: Final = 12
_KEPT: Final = 128  # scaled chunks of all zooms; the largest is half a mebibyte at zoom 2, two at zoom 4
_Key = tuple[bool, int, int, int]  # over people, zoom, column, row


class Ground:
    """What lies under people, and what hangs over them."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._side = CHUNK_TILES * town.tile_px
        tiles = _tiles(town)
        self._under = _picture(town, tiles, ("ground", "decor")).convert()
        self._over = _picture(town, tiles, ("above",)).convert_alpha()
        self._has_over = _occupied_chunks(town)
        self._chunks: OrderedDict[_Key, pygame.Surface] = OrderedDict()
        self._prepared_for: tuple[object, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """The whole town in map pixels, all its districts."""
        width, height = self._town.size
        return width * self._town.tile_px, height * self._town.tile_px

    @property
    def district(self) -> tuple[int, int]:
        """One district in map pixels."""
        return self._under.get_size()

    def draw_under(self, target: pygame.Surface, camera: Camera) -> None:
        """Ground and decor."""
        target.blits(list(self._visible(camera, over=False)), doreturn=False)
        self._prepare(camera)

    def draw_over(self, target: pygame.Surface, camera: Camera) -> None:
        """Crowns, awnings and lintels."""
        target.blits(list(self._visible(camera, over=True)), doreturn=False)

    def seen_chunks(self, camera: Camera) -> Iterator[tuple[tuple[int, int], tuple[int, int, int]]]:
        """Corner in town, and zoom, column and row on the map, of each chunk that a camera sees."""
        for corner, (_, zoom, column, row) in self._seen(camera, over=False):
            yield corner, (zoom, column, row)

    def _prepare(self, camera: Camera) -> None:
        """Cut one chunk ahead for the neighbouring zooms, so that turning the wheel costs no long frame."""
        seen = camera.zoom, *(int(edge) // self._side for edge in camera.to_map((0, 0))), camera.screen
        if seen == self._prepared_for:
            return
        for step in (1, -1):
            other = camera.zoomed(step, (camera.screen[0] / 2, camera.screen[1] / 2))
            for over in (False, True):
                for _, key in self._seen(other, over=over):
                    if key not in self._chunks and key[1] > 1:
                        self._chunk(key)
                        return
        self._prepared_for = seen

    def _visible(self, camera: Camera, *, over: bool) -> Iterator[tuple[pygame.Surface, tuple[int, int]]]:
        for (x, y), key in self._seen(camera, over=over):
            yield self._chunk(key), camera.to_screen((x, y))

    def _seen(self, camera: Camera, *, over: bool) -> Iterator[tuple[tuple[int, int], _Key]]:
        """The chunks that a camera sees, and where in town their corners lie; a chunk once for each district."""
        width, height = self._under.get_size()
        left, top = camera.to_map((0, 0))
        right, bottom = camera.to_map(camera.screen)
        for x in _districts_within(left, right, width):
            for y in _districts_within(top, bottom, height):
                if self._town.has_district(x, y):
                    corner = x * width, y * height
                    seen = left - corner[0], top - corner[1], right - corner[0], bottom - corner[1]
                    for key in self._keys(seen, camera.zoom, over=over):
                        yield (corner[0] + key[2] * self._side, corner[1] + key[3] * self._side), key

    def _keys(self, seen: tuple[float, float, float, float], zoom: int, *, over: bool) -> Iterator[_Key]:
        """The chunks of one district within a rectangle of its own pixels."""
        left, top, right, bottom = seen
        width, height = self._under.get_size()
        for row in range(max(0, int(top) // self._side), -(-min(height, int(bottom) + 1) // self._side)):
            for column in range(
                max(0, int(left) // self._side), -(-min(width, int(right) + 1) // self._side)
            ):
                if not over or self._has_over[row, column]:
                    yield over, zoom, column, row

    def _chunk(self, key: _Key) -> pygame.Surface:
        found = self._chunks.get(key)
        if found is None:
            found = self._chunks[key] = self._cut(key)
            if len(self._chunks) > _KEPT:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(key)
        return found

    def _cut(self, key: _Key) -> pygame.Surface:
        over, zoom, column, row = key
        picture = self._over if over else self._under
        area = pygame.Rect(column * self._side, row * self._side, self._side, self._side)
        part = picture.subsurface(area.clip(picture.get_rect()))
        return part if zoom == 1 else pygame.transform.scale_by(part, zoom)


def _districts_within(first: float, last: float, size: int) -> range:
    """The columns, or the lines, of districts that a stretch of pixels touches."""
    return range(int(first // size), int(last // size) + 1)


def _tiles(town: Town) -> list[pygame.Surface]:
    """The tileset's image, cut into tiles."""
    sheet = pygame.image.load(str(town.tileset_image))
    side = town.tile_px
    rows = sheet.get_height() // side
    return [
        sheet.subsurface((column * side, row * side, side, side))
        for row in range(rows)
        for column in range(town.tile_columns)
    ]


def _picture(town: Town, tiles: list[pygame.Surface], layers: tuple[str, ...]) -> pygame.Surface:
    side = town.tile_px
    picture = pygame.Surface((town.width * side, town.height * side), pygame.SRCALPHA)
    for name in layers:
        layer = town.layers[name]
        for y, x in zip(*np.nonzero(layer >= 0), strict=True):
            picture.blit(tiles[int(layer[y, x])], (int(x) * side, int(y) * side))
    return picture


def _occupied_chunks(town: Town) -> np.typing.NDArray[np.bool_]:
    rows, columns = -(-town.height // CHUNK_TILES), -(-town.width // CHUNK_TILES)
    occupied = np.zeros((rows, columns), dtype=np.bool_)
    for y, x in zip(*np.nonzero(town.layers["above"] >= 0), strict=True):
        occupied[y // CHUNK_TILES, x // CHUNK_TILES] = True
    return occupied
