"""What is written on the map, and what a click on it means."""

from __future__ import annotations

from sim.app.settings import ASSETS
from sim.inputs import TalkWanted
from sim.town import load_town, with_districts
from sim.view.labels import place_at
from sim.view_protocol import SetPaused, StartTalk, StepTick
from tests.support.running import running

TOWN = load_town(ASSETS / "maps" / "town.tmj")


def test_the_place_under_a_point_is_found_in_every_district() -> None:
    """And none beyond the edge of the town."""
    place = TOWN.places[0]
    x, y = (place.left + 0.5) * TOWN.tile_px, (place.top + 0.5) * TOWN.tile_px
    assert place_at(TOWN, (x, y)) == (place, (0.0, 0.0))
    assert place_at(TOWN, (-5.0, y)) == (None, (0.0, 0.0))
    wide = with_districts(TOWN, 2)
    width = TOWN.width * TOWN.tile_px
    assert place_at(wide, (x + width, y)) == (place, (float(width), 0.0))
    assert place_at(TOWN, (x + width, y))[0] is None


def test_one_tick_at_a_time_while_it_is_paused() -> None:
    """And none by that key while the world runs anyway."""
    loop = running()
    loop.obey(StepTick())
    assert loop.world.tick == 0
    loop.obey(SetPaused(paused=True))
    for _ in range(3):
        loop.obey(StepTick())
    assert loop.world.tick == 3


def test_two_are_asked_to_talk() -> None:
    """By an input like any other, so that a recording has it."""
    loop = running()
    loop.obey(StartTalk((4, 9)))
    (asked,) = loop.inbox.take(1)
    assert asked.what == TalkWanted((4, 9))  # type: ignore[arg-type]  # rows are numbers of people
