"""What falls from the sky and hangs in the air: rain, snow, fog and what the wind carries. Pixels only, and few of them.

Each drop has a place and a pace of its own, made once; where it is now follows from the time, so nothing is kept from
frame to frame. They move with the ground when the camera does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from agents.template_files import WEATHERS
from sim.chance import Chance
from sim.town import Town
from sim.view.camera import Camera

Rgb = tuple[int, int, int]

_SEED: Final = 2026
_AREA: Final = 640 * 360  # screen pixels at zoom 1 for which the numbers below are meant
_RAIN: Final = (170, 200, 232)
_SNOW: Final = (246, 248, 255)
_LEAF: Final = (214, 168, 84)
_FOG: Final = (206, 212, 214)
_FOG_ALPHA: Final = 96
_LARGE: Final = 3  # one speck in so many is nearer, and looks larger
_MOST: Final = 400  # of anything at once


@dataclass(frozen=True, slots=True)
class Falling:
    """What falls in one kind of weather, in map pixels and seconds."""

    count: int  # on _AREA
    velocity: tuple[float, float]
    sway: float = 0.0  # sideways, and back
    streak: float = 0.0  # seconds of its way that are seen at once; 0: a speck
    colour: Rgb = _RAIN


_FALLING: Final = {
    "rain": Falling(110, (-36.0, 330.0), streak=0.028),
    "storm": Falling(190, (-150.0, 400.0), streak=0.032),
    "snow": Falling(150, (-8.0, 34.0), sway=7.0, colour=_SNOW),
    "wind": Falling(16, (-190.0, 46.0), sway=12.0, colour=_LEAF),
}
_TINTS: Final = {  # by how much the light is less, of 255
    "cloudy": (240, 243, 248),
    "rain": (216, 224, 238),
    "storm": (188, 196, 216),
    "fog": (232, 234, 236),
    "snow": (236, 241, 250),
}
_CLEAR: Final = (255, 255, 255)


def dimmed_by(weather: int) -> Rgb:
    """What the sky takes from the daylight."""
    return _TINTS.get(WEATHERS[weather], _CLEAR)


class WeatherLayer:
    """Drawn over the town and under all that is written. Houses are seen from above without their roofs: it is dry there."""

    def __init__(self, town: Town) -> None:
        self._tile_px = town.tile_px
        self._dry = indoors(town)
        chance = Chance(_SEED)
        self._start: NDArray[np.float64] = chance.below_each(1 << 16, 2 * _MOST).reshape(_MOST, 2) / (1 << 16)
        self._pace: NDArray[np.float64] = 0.75 + chance.below_each(1000, _MOST) / 2000
        self._fog: pygame.Surface | None = None

    def draw(self, target: pygame.Surface, camera: Camera, weather: int, now_s: float) -> None:
        """One frame of it."""
        word = WEATHERS[weather]
        if word == "fog":
            self._draw_fog(target)
        falling = _FALLING.get(word)
        if falling is not None:
            self._draw_falling(target, camera, falling, now_s)

    def _draw_fog(self, target: pygame.Surface) -> None:
        if self._fog is None or self._fog.get_size() != target.get_size():
            self._fog = pygame.Surface(target.get_size()).convert(target)
            self._fog.fill(_FOG)
            self._fog.set_alpha(_FOG_ALPHA)
        target.blit(self._fog, (0, 0))

    def _draw_falling(self, target: pygame.Surface, camera: Camera, falling: Falling, now_s: float) -> None:
        points = self._points(camera, falling, now_s)
        zoom = camera.zoom
        if falling.streak:
            way = np.array(falling.velocity) * falling.streak * zoom
            ends = (points - way).astype(np.int64).tolist()
            draw_line: Callable[..., pygame.Rect] = pygame.draw.line
            for start, end in zip(points.astype(np.int64).tolist(), ends, strict=True):
                draw_line(target, falling.colour, start, end, max(1, zoom // 2))
        else:
            for number, (x, y) in enumerate(points.astype(np.int64).tolist()):
                side = zoom * (2 if number % _LARGE == 0 else 1) + 1
                target.fill(falling.colour, (x, y, side, side))

    def _points(self, camera: Camera, falling: Falling, now_s: float) -> NDArray[np.float64]:
        """Where everything is on the screen, (n, 2): the screen is as a window on a pattern that repeats itself."""
        width, height = camera.screen
        count = min(_MOST, round(falling.count * width * height / camera.zoom**2 / _AREA) + 1)
        size = np.array([width, height], dtype=np.float64)
        moved = self._start[:count] * size
        moved += np.outer(self._pace[:count] * now_s, falling.velocity) * camera.zoom
        if falling.sway:
            moved[:, 0] += np.sin(now_s * 1.7 + self._start[:count, 1] * 40) * falling.sway * camera.zoom
        held: NDArray[np.float64] = (moved - np.array(camera.origin)) % size
        tiles = ((held + np.array(camera.origin)) // (camera.zoom * self._tile_px)).astype(np.int64)
        outside = ~self._dry[tiles[:, 0] % self._dry.shape[0], tiles[:, 1] % self._dry.shape[1]]
        falls: NDArray[np.float64] = held[outside]
        return falls


def indoors(town: Town) -> NDArray[np.bool_]:
    """Tiles within a house, (width, height) of one district."""
    dry = np.zeros((town.width, town.height), dtype=np.bool_)
    for place in town.places:
        if place.indoor:
            dry[place.left : place.left + place.width, place.top : place.top + place.height] = True
    return dry
