"""Pictures of what is drawn without fonts, beside how they looked when somebody last looked at them.

To accept a change: `GOLDEN=write pytest tests/view/test_golden.py`, then look at what `git diff` shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pygame
import pytest

from agents.template_files import WEATHERS
from llm.types import RequestId, Tier
from sim.app.settings import ASSETS, BUNDLED_TOWN
from sim.bubbles import Bubble
from sim.calendar import SEASONS
from sim.town import Town, load_town
from sim.view.bubble_paper import Paper
from sim.view.camera import Camera
from sim.view.day_light import through, tint_at
from sim.view.doors import Doors
from sim.view.ground import Ground
from sim.view.lamp_light import LampLight
from sim.view.poses import Pose
from sim.view.sprites import load_sprites
from sim.view.ui import BEYOND, load_ui
from sim.view.weather import WeatherLayer, dimmed_by
from tests.support.running import running

GOLDEN: Final = Path(__file__).with_name("golden")
SIZE: Final = (320, 180)
LOOKED_AT: Final = (240, 130)  # the corner of the map where tavern, road and trees meet
_SHADES: Final = 24  # a channel may differ by so much
_PIXELS: Final = 0.01  # and this share of the pixels by more: another SDL may round another way


@pytest.fixture(scope="module")
def town() -> Town:
    """The bundled map."""
    return load_town(BUNDLED_TOWN)


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[pygame.Surface]:
    """What is drawn on."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.font.init()
    shown = pygame.display.set_mode(SIZE)
    shown.fill(BEYOND)
    yield shown
    pygame.quit()


def ground_in(town: Town, screen: pygame.Surface, season: str) -> Camera:
    """A corner of the town."""
    ground = Ground(town, season)
    ground.turn(season)
    camera = Camera(0.0, 0.0, 1, SIZE, ground.size).at(*LOOKED_AT)
    ground.draw_under(screen, camera)
    Doors(town).draw(screen, camera, np.zeros((0, 2)))
    ground.draw_over(screen, camera)
    return camera


def by_night(town: Town, screen: pygame.Surface) -> None:
    """Lamps lit, ten at night, rain."""
    camera = ground_in(town, screen, SEASONS[0])
    light, rain = LampLight(town, Ground(town)), WEATHERS.index("rain")
    tint = through(tint_at(22 * 60), dimmed_by(rain))
    plain = screen.copy()
    for _ in range(8):  # two chunks of light are made in each frame
        screen.blit(plain, (0, 0))
        light.draw(screen, camera, tint)
    WeatherLayer(town).draw(screen, camera, rain, 3.0)


def people(_town: Town, screen: pygame.Surface) -> None:
    """Ten of them, from four sides, walking and at rest."""
    library, roster = load_sprites(ASSETS), running().world.roster
    for row in range(10):
        sheet = library.person(roster.persona(row).appearance)
        for number, (heading, step) in enumerate(
            [(0, 0), (1, 1), (2, 2), (3, 3), (0, Pose.BREATHES), (0, Pose.SITS), (3, Pose.SITS_BEHIND)]
        ):
            screen.blit(sheet.frame(heading, step, 1), (8 + 30 * row, 2 + 25 * number))


def bubbles(_town: Town, screen: pygame.Surface) -> None:
    """Of every tier, in the spotlight and out of it, with their tails, and the dots of who thinks."""
    paper = Paper(load_ui(1.0))
    for number, tier in enumerate(Tier):
        for lit in (False, True):
            rect = pygame.Rect(10 + 100 * number, 8 + 85 * lit, 84, 40)
            bubble = Bubble(0, RequestId(1), tier, lit=lit)
            screen.blits(paper.pieces(rect, paper.sheet(rect.size), bubble))
            paper.draw_tail(screen, rect, pygame.Rect(rect.centerx - 6 + 30 * lit, rect.bottom + 12, 12, 18))
    screen.blit(paper.dots(1), (130, 140))


SCENES: Final[dict[str, Callable[[Town, pygame.Surface], object]]] = {
    **{season: partial(ground_in, season=season) for season in SEASONS},
    "night": by_night,
    "people": people,
    "bubbles": bubbles,
}


@pytest.mark.parametrize("name", SCENES)
def test_it_looks_as_it_did(town: Town, screen: pygame.Surface, name: str) -> None:
    """But for a shade here and there."""
    SCENES[name](town, screen)
    path = GOLDEN / f"{name}.png"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        pygame.image.save(screen, str(path))
    before = pygame.surfarray.array3d(pygame.image.load(str(path)).convert(screen)).astype(np.int16)
    now = pygame.surfarray.array3d(screen).astype(np.int16)
    others = (np.abs(now - before) > _SHADES).any(axis=2).mean()
    assert others <= _PIXELS, f"{others:.1%} of the pixels of {path.name} look different"


def test_a_golden_picture_of_another_scene_would_be_noticed(town: Town, screen: pygame.Surface) -> None:
    """The tolerance is not so wide that anything passes: spring is not summer."""
    ground_in(town, screen, "summer")
    spring = pygame.surfarray.array3d(pygame.image.load(str(GOLDEN / "spring.png")).convert(screen))
    now = pygame.surfarray.array3d(screen)
    assert (np.abs(now.astype(np.int16) - spring.astype(np.int16)) > 8).any(axis=2).mean() > _PIXELS
