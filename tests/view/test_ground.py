from __future__ import annotations

from collections.abc import Iterator

import pygame
import pytest

from sim.app.settings import BUNDLED_TOWN
from sim.town import Town, load_town, with_districts
from sim.view.camera import Camera
from sim.view.ground import Ground

SCREEN = (320, 240)


@pytest.fixture(scope="module")
def town() -> Town:
    """The bundled map."""
    return load_town(BUNDLED_TOWN)


@pytest.fixture(scope="module", autouse=True)
def _display() -> Iterator[None]:
    """What a picture is converted for."""
    pygame.display.init()
    pygame.display.set_mode(SCREEN, pygame.HIDDEN)
    yield
    pygame.display.quit()


def seen(ground: Ground, camera: Camera) -> bytes:
    """A picture of what a camera sees."""
    screen = pygame.Surface(SCREEN)
    screen.fill((255, 0, 255))
    ground.draw_under(screen, camera)
    ground.draw_over(screen, camera)
    return pygame.image.tobytes(screen, "RGB")


@pytest.mark.parametrize("zoom", [1, 2, 3])
@pytest.mark.slow
def test_every_district_looks_like_the_first(town: Town, zoom: int) -> None:
    """The same picture, as far from the corner of its own map."""
    ground = Ground(with_districts(town, 3))
    width, height = town.width * town.tile_px, town.height * town.tile_px
    first = Camera(0.0, 0.0, zoom, SCREEN, ground.size).at(300, 200)
    for right, down in ((1, 0), (0, 1)):
        other = first.at(300 + right * width, 200 + down * height)
        assert seen(ground, other) == seen(ground, first)
        assert len(set(seen(ground, first))) > 8


@pytest.mark.slow
def test_over_a_border_both_districts_are_seen_and_where_none_is_nothing(town: Town) -> None:
    """The right edge of one and the left edge of the next side by side; the corner that is missing stays bare."""
    ground = Ground(with_districts(town, 3))
    width, height = town.width * town.tile_px, town.height * town.tile_px
    over_border = Camera(0.0, 0.0, 1, SCREEN, ground.size).at(width - 160, 100)
    alone = Camera(0.0, 0.0, 1, SCREEN, ground.size).at(0, 100)
    both = pygame.image.frombytes(seen(ground, over_border), SCREEN, "RGB")
    first = pygame.image.frombytes(seen(ground, alone), SCREEN, "RGB")
    assert both.get_at((160, 50)) == first.get_at((0, 50))
    assert (255, 0, 255) not in {tuple(both.get_at((x, 50)))[:3] for x in range(0, 320, 7)}
    nowhere = over_border.at(width + 200, height + 200)
    assert set(seen(ground, nowhere)) == {0, 255}


@pytest.mark.slow
def test_many_districts_need_the_memory_of_one(town: Town) -> None:
    """Wherever the camera has been, a chunk is cut once."""
    ground = Ground(with_districts(town, 100))
    camera = Camera(0.0, 0.0, 2, SCREEN, ground.size)
    for _ in range(12):  # one chunk is enlarged in each frame
        ground.turn("spring")
        seen(ground, camera.at(100, 100))
    once = sum(key[1] == 2 for key in ground._chunks)
    for right in range(10):
        seen(ground, camera.at(100 + right * town.width * town.tile_px, 100))
    assert sum(key[1] == 2 for key in ground._chunks) == once


def test_when_the_season_turns_the_town_follows_a_few_chunks_a_frame(town: Town) -> None:
    """No frame makes more than it may, and in the end all is as if it had begun in that season."""
    camera = Camera(0.0, 0.0, 1, SCREEN, (town.width * town.tile_px, town.height * town.tile_px)).at(300, 200)
    ground, winter = Ground(town, "spring"), Ground(town, "winter")
    spring = seen(ground, camera)
    pictures = []
    for _ in range(12):
        ground.turn("winter")
        pictures.append(seen(ground, camera))
    winter.turn("winter")
    assert pictures[0] != spring
    assert pictures[0] != pictures[-1]
    assert pictures[-1] == pictures[-2] == seen(winter, camera)


def test_what_was_not_yet_enlarged_is_seen_all_the_same(town: Town) -> None:
    """The first frame at another zoom enlarges one chunk and only glimpses of the rest: pixel for pixel the same."""
    for zoom in (2, 3, 4):
        camera = Camera(0.0, 0.0, zoom, SCREEN, (town.width * town.tile_px, town.height * town.tile_px))
        for left, top in ((300, 200), (181.5, 190.25), (0, 0)):
            ground, there = Ground(town), camera.at(left, top)
            first = seen(ground, there)
            for _ in range(12):
                ground.turn("spring")
                last = seen(ground, there)
            assert first == last
