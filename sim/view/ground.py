"""The map as pictures, in chunks: put together from tiles at load and when the season turns, enlarged when first seen.

A frame blits a handful of chunks; the layer over people's heads has chunks only where it has tiles. Districts share
one map, so they share its chunks: a town of hundreds costs the memory of one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import numpy as np
import pygame

from sim.calendar import SEASONS
from sim.town import Town
from sim.view.camera import Camera
from sim.view.tile_sheets import TileSheets

CHUNK_TILES: Final = 12
_KEPT: Final = 128  # scaled chunks of all zooms; the largest is half a mebibyte at zoom 2, two at zoom 4
_TURNED_A_FRAME: Final = 3  # chunks that are put together anew in one frame when the season has turned
_CUT_A_FRAME: Final = 1  # chunks that are enlarged in one frame; a millisecond each at zoom 4
_Place = tuple[bool, int, int]  # over people, column, row
_Key = tuple[bool, int, int, int, str]  # over people, zoom, column, row, season
_UNDER: Final = ("ground", "decor")
_OVER: Final = ("above",)


class Ground:
    """What lies under people, and what hangs over them."""

    def __init__(self, town: Town, season: str = SEASONS[0]) -> None:
        self._town = town
        self._side = CHUNK_TILES * town.tile_px
        self._sheets = TileSheets(town)
        self._season = season
        self._turns_left, self._cuts_left = 0, _CUT_A_FRAME
        self._bases: dict[_Place, tuple[str, pygame.Surface]] = {
            place: (season, self._composed(place, season)) for place in _places(town)
        }
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
        return self._town.width * self._town.tile_px, self._town.height * self._town.tile_px

    def turn(self, season: str) -> None:
        """Once a frame: which season it is; where it has turned, a few chunks follow in each frame."""
        self._season, self._turns_left = season, _TURNED_A_FRAME
        self._cuts_left = _CUT_A_FRAME

    def draw_under(self, target: pygame.Surface, camera: Camera) -> None:
        """Ground and decor."""
        target.blits(list(self._visible(camera, over=False)), doreturn=False)
        self._prepare(camera)

    def draw_over(self, target: pygame.Surface, camera: Camera) -> None:
        """Crowns, awnings and lintels."""
        target.blits(list(self._visible(camera, over=True)), doreturn=False)

    def seen_chunks(self, camera: Camera) -> Iterator[tuple[tuple[int, int], tuple[int, int, int]]]:
        """Corner in town, and zoom, column and row on the map, of each chunk that a camera sees."""
        for corner, (_, zoom, column, row, _season) in self._seen(camera, over=False):
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
            corner = camera.to_screen((x, y))
            if key[1] == 1 or key in self._chunks or self._cuts_left:
                yield self._chunk(key), corner
            else:
                yield self._glimpse(key, corner, camera.screen)

    def _seen(self, camera: Camera, *, over: bool) -> Iterator[tuple[tuple[int, int], _Key]]:
        """The chunks that a camera sees, and where in town their corners lie; a chunk once for each district."""
        width, height = self.district
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
        width, height = self.district
        for row in range(max(0, int(top) // self._side), -(-min(height, int(bottom) + 1) // self._side)):
            for column in range(
                max(0, int(left) // self._side), -(-min(width, int(right) + 1) // self._side)
            ):
                if (over, column, row) in self._bases:
                    yield over, zoom, column, row, self._season_at((over, column, row))

    def _season_at(self, place: _Place) -> str:
        """The season that a chunk shows: the new one as soon as its turn has come."""
        shown, _ = self._bases[place]
        if shown == self._season or not self._turns_left:
            return shown
        self._turns_left -= 1
        self._bases[place] = self._season, self._composed(place, self._season)
        return self._season

    def _chunk(self, key: _Key) -> pygame.Surface:
        if key[1] == 1:
            return self._bases[key[0], key[2], key[3]][1]
        found = self._chunks.get(key)
        if found is None:
            self._cuts_left -= 1
            found = self._chunks[key] = self._cut(key)
            if len(self._chunks) > _KEPT:
                self._chunks.popitem(last=False)
        self._chunks.move_to_end(key)
        return found

    def _cut(self, key: _Key) -> pygame.Surface:
        """A chunk as large as the zoom has it."""
        over, zoom, column, row, _ = key
        picture = pygame.transform.scale_by(self._bases[over, column, row][1], zoom)
        return _mostly_clear(picture) if over else picture

    def _glimpse(
        self, key: _Key, corner: tuple[int, int], screen: tuple[int, int]
    ) -> tuple[pygame.Surface, tuple[int, int]]:
        """Only what is seen of a chunk, for this frame alone: where the wheel was turned, others are cut first."""
        over, zoom, column, row, _ = key
        picture = self._bases[over, column, row][1]
        seen = pygame.Rect(
            -corner[0] // zoom, -corner[1] // zoom, screen[0] // zoom + 2, screen[1] // zoom + 2
        )
        part = seen.clip(picture.get_rect())
        at = corner[0] + part.left * zoom, corner[1] + part.top * zoom
        return pygame.transform.scale_by(picture.subsurface(part), zoom), at

    def _composed(self, place: _Place, season: str) -> pygame.Surface:
        """A chunk's tiles on one picture."""
        over, column, row = place
        town, tiles = self._town, self._sheets.of(season)
        left, top = column * CHUNK_TILES, row * CHUNK_TILES
        across, down = min(CHUNK_TILES, town.width - left), min(CHUNK_TILES, town.height - top)
        picture = pygame.Surface((across * town.tile_px, down * town.tile_px), pygame.SRCALPHA)
        for name in _OVER if over else _UNDER:
            part = town.layers[name][top : top + down, left : left + across]
            placed = zip(*(at.tolist() for at in np.nonzero(part >= 0)), strict=True)
            picture.blits(
                [(tiles[part[y, x]], (x * town.tile_px, y * town.tile_px)) for y, x in placed], doreturn=False
            )
        return _mostly_clear(picture.convert_alpha()) if over else picture.convert()


def _mostly_clear(picture: pygame.Surface) -> pygame.Surface:
    """The same, kept as runs of pixels: where most of it is nothing, it is drawn in a seventh of the time."""
    picture.set_alpha(255, pygame.RLEACCEL)
    return picture


def _districts_within(first: float, last: float, size: int) -> range:
    """The columns, or the lines, of districts that a stretch of pixels touches."""
    return range(int(first // size), int(last // size) + 1)


def _places(town: Town) -> Iterator[_Place]:
    """All chunks of a map; of those over people, the ones that have a tile."""
    for row in range(-(-town.height // CHUNK_TILES)):
        for column in range(-(-town.width // CHUNK_TILES)):
            yield False, column, row
            top, left = row * CHUNK_TILES, column * CHUNK_TILES
            if any(
                (town.layers[name][top : top + CHUNK_TILES, left : left + CHUNK_TILES] >= 0).any()
                for name in _OVER
            ):
                yield True, column, row
