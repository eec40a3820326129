"""The weather's chain and the happenings' table: what may stand in their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.actions import SEASONS
from agents.climate import THOUSAND, ClimateError, load_climate
from agents.happenings import HappeningError, load_happenings
from agents.template_files import WEATHERS
from sim.app.settings import ASSETS
from sim.chance import Chance

WORLD = ASSETS / "world"


def changed(name: str, before: str, after: str, folder: Path) -> Path:
    """The real file with one thing in it otherwise."""
    text = (WORLD / name).read_text(encoding="utf-8")
    assert before in text
    path = folder / name
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_every_hour_is_followed_by_some_weather() -> None:
    """For each season and weather, each draw leads to one."""
    climate = load_climate(WORLD / "weather.toml")
    for season in range(len(SEASONS)):
        for now in range(len(WEATHERS)):
            following = [climate.next(season, now, draw) for draw in range(THOUSAND)]
            assert all(0 <= one < len(WEATHERS) for one in following)


def test_a_year_has_all_weathers_and_snow_in_winter_only() -> None:
    """Ninety days of each season."""
    climate, chance = load_climate(WORLD / "weather.toml"), Chance(3)
    seen: dict[str, set[str]] = {}
    now = 0
    for number, season in enumerate(SEASONS):
        hours = []
        for _ in range(90 * 24):
            now = climate.next(number, now, chance.below(THOUSAND))
            hours.append(WEATHERS[now])
        seen[season] = set(hours[48:])  # what winter left behind melts first
    assert set().union(*seen.values()) == set(WEATHERS)
    assert [season for season in SEASONS if "snow" in seen[season]] == ["winter"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("clear  = [820,", "clear  = [821,", "spring.clear: expected chances of 1000 in all, got 1001"),
        ("clear  = [820,", "claer  = [820,", "claer"),
        ("[820, 110, 20, 0, 10, 0, 40]", "[860, 110, 20, 0, 10]", "spring.clear"),
    ],
)
def test_a_wrong_chain_is_told_in_one_line(before: str, after: str, told: str, tmp_path: Path) -> None:
    """File and key."""
    path = changed("weather.toml", before, after, tmp_path)
    with pytest.raises(ClimateError) as caught:
        load_climate(path)
    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("every = 7\non = 3", "chance = 5\nevery = 7\non = 3", "either `every` or `chance`"),
        ("hours = [8, 16]", "hours = [16, 8]", "earlier"),
        ('id = "chapel_feast"', 'id = "market_day"', "each id once"),
        ('places = ["market"]', 'places = ["moon"]', "moon"),
    ],
)
def test_a_wrong_happening_is_told_in_one_line(before: str, after: str, told: str, tmp_path: Path) -> None:
    """File and key."""
    path = changed("events.toml", before, after, tmp_path)
    with pytest.raises(HappeningError) as caught:
        load_happenings(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
