"""Weather and lamps: where they are drawn, and where not."""

from __future__ import annotations

import numpy as np
import pygame
import pytest

from agents.template_files import WEATHERS
from sim.app.settings import ASSETS
from sim.town import load_town
from sim.view.camera import Camera
from sim.view.day_light import through, tint_at
from sim.view.ground import Ground
from sim.view.lamp_light import LampLight, glow_of
from sim.view.weather import WeatherLayer, dimmed_by, indoors

SIZE = (640, 360)
GREY = (120, 120, 120)


@pytest.fixture(scope="module")
def screen() -> pygame.Surface:
    """A screen that nobody sees."""
    pygame.display.init()
    return pygame.display.set_mode(SIZE)


@pytest.fixture(scope="module")
def camera(screen: pygame.Surface) -> Camera:
    """Over the middle of the town."""
    town = load_town(ASSETS / "maps" / "town.tmj")
    return Camera.over((town.width * town.tile_px, town.height * town.tile_px), screen.get_size(), 2)


TOWN = load_town(ASSETS / "maps" / "town.tmj")


def drawn(screen: pygame.Surface, camera: Camera, word: str, now_s: float) -> np.ndarray:
    """A grey screen with this weather over it, (width, height, RGB)."""
    screen.fill(GREY)
    WeatherLayer(TOWN).draw(screen, camera, WEATHERS.index(word), now_s)
    return pygame.surfarray.array3d(screen)


@pytest.mark.parametrize("word", WEATHERS)
def test_a_sky_is_drawn_alike_at_the_same_time(screen: pygame.Surface, camera: Camera, word: str) -> None:
    """Clear and cloudy skies drop nothing; all others are seen, and move."""
    first, again, later = (drawn(screen, camera, word, now_s) for now_s in (3.0, 3.0, 3.4))
    assert (first == again).all()
    falls = word not in ("clear", "cloudy")
    assert (first != np.array(GREY)).any() == falls
    if falls and word != "fog":
        assert (first != later).any()
    assert max(dimmed_by(WEATHERS.index(word))) <= 255


def test_it_does_not_snow_indoors(screen: pygame.Surface, camera: Camera) -> None:
    """Where a house is seen from above without its roof."""
    dry = indoors(TOWN)
    assert dry.any()
    seen = (drawn(screen, camera, "snow", 5.0) != np.array(GREY)).any(axis=2)
    side = TOWN.tile_px * camera.zoom
    for x, y in np.argwhere(dry).tolist():
        left, top = camera.to_screen((x * TOWN.tile_px, y * TOWN.tile_px))
        inner = seen[max(0, left + 8) : max(0, left + side), max(0, top + 8) : max(0, top + side)]
        assert not inner.any()  # what hangs over its wall by some pixels fell beside it


def test_lamps_shine_by_night_and_not_by_day(screen: pygame.Surface, camera: Camera) -> None:
    """The dark is dark, a lamp's light is lighter, and by day not a pixel changes."""
    light = LampLight(TOWN, Ground(TOWN))
    screen.fill(GREY)
    light.draw(screen, camera, tint_at(12 * 60))
    assert (pygame.surfarray.array3d(screen) == np.array(GREY)).all()
    night = tint_at(60)
    for _ in range(40):  # chunks are made a few a frame
        screen.fill(GREY)
        light.draw(screen, camera, night)
    shown = pygame.surfarray.array3d(screen).astype(int).sum(axis=2)
    assert shown.min() < 3 * 120 * 0.6
    assert shown.max() > shown.min() * 1.5


def test_the_first_frame_of_the_night_is_dark_already(screen: pygame.Surface, camera: Camera) -> None:
    """What is not made yet is plainly dark, not bright."""
    screen.fill(GREY)
    LampLight(TOWN, Ground(TOWN)).draw(screen, camera, tint_at(60))
    assert pygame.surfarray.array3d(screen).max(axis=2).mean() < 100


def test_light_is_brightest_at_its_lamp() -> None:
    """And ends where it is said to."""
    glow = glow_of(TOWN)
    assert 0 <= glow.min() <= glow.max() <= 1
    x, y, _ = TOWN.lights[0]
    assert glow[x * TOWN.tile_px + 8, y * TOWN.tile_px + 8] > 0.9


def test_a_sky_takes_from_the_light() -> None:
    """Both are multiplied."""
    assert through((255, 255, 255), (200, 210, 220)) == (200, 210, 220)
    assert through((100, 100, 100), (255, 128, 0)) == (100, 50, 0)
