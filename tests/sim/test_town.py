from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agents.persona import HOME_IDS, PUBLIC_IDS, WORK_IDS
from sim.app.settings import BUNDLED_TOWN
from sim.navigation import Navigation
from sim.town import MapError, Town, load_town


@pytest.fixture(scope="module")
def town() -> Town:
    """The bundled map."""
    return load_town(BUNDLED_TOWN)


def test_the_town_is_large_enough_and_has_every_place_that_personas_may_name(town: Town) -> None:
    """At least 60 by 40 tiles of 16 pixels; all places by id."""
    assert town.width >= 60
    assert town.height >= 40
    assert town.tile_px == 16
    assert {place.id for place in town.places} >= {*WORK_IDS, *PUBLIC_IDS, *HOME_IDS}
    assert town.tileset_image.is_file()


def test_every_place_has_room_for_those_it_says_it_holds(town: Town) -> None:
    """Free tiles that hang together, as many as its capacity."""
    spots = Navigation(town).spots  # raises if any place cannot be reached
    for place, free in zip(town.places, spots, strict=True):
        assert len(free) >= min(place.capacity, 6), place.id


def test_people_can_be_put_where_the_map_says(town: Town) -> None:
    """At least 25 spawns, each on a free tile, of a place that exists."""
    assert len(town.spawns) >= 25
    for x, y, place in town.spawns:
        assert town.walkable[y, x]
        assert place in town.place_index


def broken(change: str) -> dict[str, Any]:
    """The bundled map with one thing wrong."""
    raw: dict[str, Any] = json.loads(BUNDLED_TOWN.read_text(encoding="utf-8"))
    places = next(layer for layer in raw["layers"] if layer["name"] == "places")
    match change:
        case "no layer":
            raw["layers"] = [layer for layer in raw["layers"] if layer["name"] != "decor"]
        case "no places":
            places["objects"] = []
        case "kind":
            kind = next(p for p in places["objects"][0]["properties"] if p["name"] == "kind")
            kind["value"] = "castle"
        case "twice":
            places["objects"][1]["name"] = places["objects"][0]["name"]
        case "in the wall":
            places["objects"][0] |= {"x": 0, "y": 0, "width": 16, "height": 16}
    return raw


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("no layer", "has no layer named 'decor'"),
        ("no places", "layer 'places' holds no objects"),
        ("kind", "kind is 'castle', expected one of work, public, home"),
        ("twice", "is there twice"),
        ("in the wall", "no tile to stand on"),
    ],
)
def test_a_broken_map_is_refused_with_one_line(change: str, says: str, tmp_path: Path) -> None:
    """It names the file and what was expected."""
    raw = broken(change)
    raw["tilesets"] = [{"firstgid": 1, "source": str((BUNDLED_TOWN.parent / "tiles.tsj").resolve())}]
    path = tmp_path / "my_town.tmj"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(MapError) as caught:
        load_town(path)
    assert says in str(caught.value)
    assert "my_town.tmj" in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "{}", "not a map", "[1, 2]"])
def test_what_is_no_map_is_refused(content: str | None, tmp_path: Path) -> None:
    """Missing, empty, or something else."""
    path = tmp_path / "town.tmj"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(MapError, match=r"town\.tmj"):
        load_town(path)
