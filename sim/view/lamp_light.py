"""Windows, lamps and hearths by night: chunks of light that the finished picture is multiplied by.

By day nothing is drawn at all. By night the dark is laid over the town a chunk at a time, with holes in it where light
falls; a chunk is made when it is first seen and when the colour of the hour has changed, never more than two a frame.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from sim.town import Town
from sim.view.camera import Camera
from sim.view.ground import CHUNK_TILES, Ground

Rgb = tuple[int, int, int]
_WARM: Final = np.array((255, 222, 166), dtype=np.float32)  # what a lit spot is multiplied by
_BRIGHT: Final = 0.96  # of it, in the middle of the light
_LIT_FROM: Final = 212.0  # of 255: when it is darker, lamps are lit
_LIT_OVER: Final = 70.0  # and this much darker, they are bright
_STEP: Final = 6  # shades: the colour of the hour is taken in steps, so that chunks stay for a while
_A_FRAME: Final = 2  # chunks that are made anew in one frame
_Key = tuple[int, int, int]  # zoom, column, row
Glow = NDArray[np.float32]


class LampLight:
    """The dark of one town, and what is lit in it."""

    def __init__(self, town: Town, ground: Ground) -> None:
        self._ground = ground
        self._side = CHUNK_TILES * town.tile_px
        self._glow = glow_of(town)
        self._chunks: dict[_Key, tuple[Rgb, pygame.Surface]] = {}
        self._plain: pygame.Surface | None = None

    def draw(self, target: pygame.Surface, camera: Camera, tint: Rgb) -> None:
        """Lay the dark over what has been drawn so far."""
        colour: Rgb = (_stepped(tint[0]), _stepped(tint[1]), _stepped(tint[2]))
        if min(colour) >= 255 - _STEP:
            return
        made = 0
        for corner, (zoom, column, row) in self._ground.seen_chunks(camera):
            key = zoom, column, row
            found = self._chunks.get(key)
            if (found is None or found[0] != colour) and made < _A_FRAME:
                made += 1
                found = self._chunks[key] = colour, self._made(key, colour, target)
            dark = self._unlit(zoom, colour, target) if found is None else found[1]
            target.blit(dark, camera.to_screen(corner), special_flags=pygame.BLEND_RGB_MULT)
        self._forget(camera.zoom)

    def _made(self, key: _Key, colour: Rgb, like: pygame.Surface) -> pygame.Surface:
        zoom, column, row = key
        left, top = column * self._side, row * self._side
        glow = self._glow[left : left + self._side, top : top + self._side, np.newaxis]
        dark = np.array(colour, dtype=np.float32)
        share = float(np.clip((_LIT_FROM - dark.mean()) / _LIT_OVER, 0.0, 1.0))
        lit = dark + (np.maximum(_WARM, dark) - dark) * glow * (_BRIGHT * share)
        picture = pygame.Surface(glow.shape[:2]).convert(like)
        pygame.surfarray.blit_array(picture, lit.astype(np.uint8))
        return picture if zoom == 1 else pygame.transform.scale_by(picture, zoom)

    def _unlit(self, zoom: int, colour: Rgb, like: pygame.Surface) -> pygame.Surface:
        """What stands for a chunk for the few frames until it is made."""
        side = self._side * zoom
        if self._plain is None or self._plain.get_width() != side:
            self._plain = pygame.Surface((side, side)).convert(like)
        self._plain.fill(colour)
        return self._plain

    def _forget(self, zoom: int) -> None:
        """Chunks of other zooms are made again when they are wanted: each may be a mebibyte."""
        if any(key[0] != zoom for key in self._chunks):
            self._chunks = {key: chunk for key, chunk in self._chunks.items() if key[0] == zoom}


def glow_of(town: Town) -> Glow:
    """How lit each pixel of the map is by night, (width, height), 0 to 1: all of it at a lamp, softly less around it."""
    side = town.tile_px
    glow = np.zeros((town.width * side, town.height * side), dtype=np.float32)
    for x, y, radius in town.lights:
        middle = x * side + side // 2, y * side + side // 2
        left, top = max(0, middle[0] - radius), max(0, middle[1] - radius)
        part = glow[left : middle[0] + radius + 1, top : middle[1] + radius + 1]
        across = np.arange(left, left + part.shape[0], dtype=np.float32)[:, np.newaxis] - middle[0]
        down = np.arange(top, top + part.shape[1], dtype=np.float32)[np.newaxis, :] - middle[1]
        fall = np.clip(1.0 - (across * across + down * down) / np.float32(radius * radius), 0.0, 1.0)
        np.maximum(part, fall * fall, out=part)
    return glow


def _stepped(shade: int) -> int:
    return min(255, shade // _STEP * _STEP + _STEP)
