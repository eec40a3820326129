"""What one sees indoors: people in bed and on chairs, doors that open; none of it known to the world."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pygame
import pytest

from sim.activity import Activity
from sim.app.settings import ASSETS, BUNDLED_TOWN
from sim.snapshot import Snapshot
from sim.town import Town, load_town, with_districts
from sim.view.camera import Camera
from sim.view.doors import Doors
from sim.view.furniture import Furniture
from sim.view.poses import Pose, posed
from sim.view.sprites import load_sprites
from tests.support.running import running


@pytest.fixture(scope="module")
def town() -> Town:
    """The bundled map."""
    return load_town(BUNDLED_TOWN)


@pytest.fixture(scope="module", autouse=True)
def _display() -> Iterator[None]:
    """What a picture is converted for."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    pygame.display.init()
    pygame.display.set_mode((320, 240))
    yield
    pygame.display.quit()


def in_house(town: Town, doing: list[Activity], house: str = "chapel_house", tick: int = 0) -> Snapshot:
    """As many people as are doing something, still, side by side in the middle of one house."""
    place = town.places[town.place_index[house]]
    middle = np.array((place.left + place.width / 2, place.top + place.height / 2)) * town.tile_px
    first = running().world.snapshot()
    count = len(doing)
    return replace(
        first,
        tick=tick,
        position=np.tile(middle, (count, 1)),
        activity=np.array(doing, dtype=np.int8),
        moving=np.zeros(count, dtype=np.bool_),
        present=np.ones(count, dtype=np.bool_),
        talk=np.full(count, -1, dtype=np.int32),
        heading=np.zeros(count, dtype=np.int8),
    )


def after(
    furniture: Furniture, snapshot: Snapshot, ticks: int
) -> tuple[np.typing.NDArray[np.float64], dict[int, Pose]]:
    """Where everybody is seen after so many ticks, and who lies or sits."""
    rows = range(len(snapshot.position))
    for tick in range(snapshot.tick, snapshot.tick + ticks):
        position = snapshot.position.copy()
        arrived = furniture.settle(position, replace(snapshot, tick=tick), list(rows))
    return position, {row: piece.pose for row, piece in arrived.items()}


def test_two_who_sleep_in_a_house_of_two_beds_lie_in_one_each_and_a_third_stands(town: Town) -> None:
    """Nobody shares, and nobody goes to another house for it."""
    position, poses = after(Furniture(town), in_house(town, [Activity.SLEEPING] * 3), 60)
    assert sorted(poses.values()) == [Pose.SLEEPS, Pose.SLEEPS]
    place = town.places[town.place_index["chapel_house"]]
    pillows = {(x * 16 + 8.0, y * 16 + 21.0) for x, y in town.beds if place.holds(x, y)}
    assert {tuple(position[row]) for row in poses} == pillows


def test_who_gets_up_goes_back_to_where_the_world_has_them(town: Town) -> None:
    """By degrees; and the bed is free for another."""
    furniture = Furniture(town)
    asleep = in_house(town, [Activity.SLEEPING])
    lying, _ = after(furniture, asleep, 60)
    awake = in_house(town, [Activity.WORKING], tick=60)
    half, poses = after(furniture, awake, 12)
    assert not poses
    assert 0 < np.abs(half - awake.position).sum() < np.abs(lying - awake.position).sum()
    up, _ = after(furniture, replace(awake, tick=72), 40)
    assert (up == awake.position).all()
    _, poses = after(furniture, replace(asleep, tick=200), 60)
    assert poses == {0: Pose.SLEEPS}


def test_the_same_in_every_district(town: Town) -> None:
    """A bed of one is not a bed of the next."""
    two = with_districts(town, 2)
    both = in_house(town, [Activity.SLEEPING] * 4)
    both.position[2:] += (town.width * town.tile_px, 0)
    position, poses = after(Furniture(two), both, 60)
    assert len(poses) == 4
    assert len({tuple(feet) for feet in position}) == 4


def test_who_eats_sits_down_and_who_walks_or_talks_does_not(town: Town) -> None:
    """One stays seated when somebody begins to talk with them."""
    furniture = Furniture(town)
    eating = in_house(town, [Activity.EATING] * 2, "tavern")
    eating.moving[1] = True
    seats = [(x, y) for x, y, _ in town.seats if town.places[town.place_index["tavern"]].holds(x, y)]
    eating.position[:] = (seats[0][0] * 16 + 8, seats[0][1] * 16 + 40)
    _, poses = after(furniture, eating, 60)
    assert list(poses) == [0]
    talking = replace(
        eating,
        tick=60,
        activity=np.array([Activity.TALKING] * 2, dtype=np.int8),
        talk=np.zeros(2, dtype=np.int32),
    )
    _, poses = after(furniture, talking, 10)
    assert list(poses) == [0]
    _, poses = after(Furniture(town), talking, 60)
    assert not poses


def test_poses_move_pixels_and_add_none() -> None:
    """Breathing, blinking and sitting keep the figure; asleep only a head is left, with its eyes shut."""
    look = running().world.roster.persona(0).appearance
    sheet = load_sprites(ASSETS).person(look)
    standing = sheet.pixels[0]
    drawn = {pose: posed(standing, pose) for pose in Pose}
    colours = {tuple(colour) for colour in standing.reshape(-1, 4).tolist()}
    for pose, picture in drawn.items():
        assert picture.shape == standing.shape
        assert (picture != standing).any(), pose
        assert {tuple(colour) for colour in picture.reshape(-1, 4).tolist()} <= colours | {(0, 0, 0, 0)}
    assert not drawn[Pose.SLEEPS][14:].any()
    assert drawn[Pose.SLEEPS][:14].any()
    assert sheet.frame(0, Pose.SITS, 2).get_size() == (32, 48)
    assert sheet.frame(0, Pose.SITS, 2) is sheet.frame(0, Pose.SITS, 2)


def test_a_door_is_open_while_somebody_is_on_its_threshold(town: Town) -> None:
    """And shut when they have gone."""
    x, y = town.doors[0]
    camera = Camera(0.0, 0.0, 1, (320, 240), (town.width * 16, town.height * 16)).at(
        x * 16 - 100, y * 16 - 100
    )

    def seen(feet: tuple[float, float]) -> tuple[int, ...]:
        screen = pygame.Surface((320, 240))
        Doors(town).draw(screen, camera, np.array([feet]))
        corner = camera.to_screen((x * 16, y * 16))
        return tuple(screen.get_at((corner[0] + 8, corner[1] + 8)))[:3]

    assert seen((x * 16 + 8.0, y * 16 + 8.0)) == seen((x * 16 + 8.0, y * 16 + 20.0)) == (0, 0, 0)
    assert seen((x * 16 + 80.0, y * 16 + 8.0)) != (0, 0, 0)
