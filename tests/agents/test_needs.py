"""The needs' table: what the file says, who wears faster, and complaints that one can act on."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.needs import (
    ABSENT,
    ASLEEP,
    CRITICAL,
    LOW,
    MARGIN,
    MET,
    NEEDS,
    OUTDOORS,
    STRAINED,
    NeedError,
    NeedTable,
    load_needs,
)
from agents.template_files import WEATHERS
from agents.traits import MIDDLE, NEUROTICISM, TRAITS
from sim.app.settings import ASSETS

FILE = ASSETS / "world" / "needs.toml"


@pytest.fixture(scope="module")
def table() -> NeedTable:
    """The real one."""
    return load_needs(FILE)


def changed(folder: Path, old: str, new: str) -> Path:
    """The real file with one thing changed."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "needs.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_file_has_these_needs_in_this_order(table: NeedTable) -> None:
    """Columns have this order."""
    assert table.names == NEEDS
    assert [table.groups.count(group) for group in dict.fromkeys(table.groups)] == [5, 4, 4, 3, 4]
    assert table.of_body.sum() == 5
    assert table.of_mind.sum() == 7


def test_a_day_is_liveable(table: NeedTable) -> None:
    """One is hungry after about nine hours and tired after about fifteen, and a night makes up for a day."""
    hours = (1_000_000 - table.low) / table.wear_awake
    assert 8 < hours[table.index["nourishment"]] < 10
    assert 14 < hours[table.index["rest"]] < 16
    assert -table.wear_asleep[table.index["rest"]] * 8 > 350_000
    others = np.arange(len(NEEDS)) != table.index["rest"]
    assert (table.wear_asleep[others] * 2 < table.wear_awake[others]).all()


def test_needs_have_words(table: NeedTable) -> None:
    """For each of the two thresholds; none for what is met."""
    hunger = table.index["nourishment"]
    assert [table.word(hunger, band) for band in (MET, LOW, CRITICAL)] == ["", "hungry", "starving"]


def test_conditions_change_what_wears(table: NeedTable) -> None:
    """Storms outdoors cost warmth, strain costs everything, sleep gives rest, and who is away loses nothing."""
    storm, rest, warmth = WEATHERS.index("storm"), table.index["rest"], table.index["warmth"]
    assert (table.factors[:, 0] == 100).all()
    assert table.factors[storm, OUTDOORS, warmth] > 300
    assert (table.factors[:, STRAINED] > 100).all()
    assert (table.factors[:, ASLEEP, rest] < 0).all()
    assert table.factors[0, ASLEEP, rest] == table.factors[0, ASLEEP | STRAINED, rest]
    assert (table.factors[:, ABSENT] == 0).all()
    assert (table.factors[:, :ABSENT] * table.rates(extremes()).max(initial=0)).max() < 1 << 31


def extremes() -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """Somebody middling, and everybody who has one trait wholly or not at all."""
    traits = np.full((1 + 2 * len(TRAITS), len(TRAITS)), MIDDLE, dtype=np.int16)
    for trait in range(len(TRAITS)):
        traits[1 + 2 * trait : 3 + 2 * trait, trait] = (0, 100)
    return traits


def test_temper_changes_what_wears(table: NeedTable) -> None:
    """The middling wear as the file says; the neurotic's security wears faster than that."""
    rates = table.rates(extremes())
    security = table.index["security"]
    assert rates[0].tolist() == table.wear_awake.tolist()
    calm, troubled = rates[1 + 2 * NEUROTICISM : 3 + 2 * NEUROTICISM, security]
    assert calm < rates[0, security] < troubled


@pytest.mark.slow
@given(arrays(np.int16, (4, len(TRAITS)), elements=st.integers(0, 100)), st.integers(0, 3))
def test_what_is_kept_of_rates_is_never_wrong(
    traits: np.ndarray[tuple[int, int], np.dtype[np.int16]], row: int
) -> None:
    """Edited traits and more people give what a new table would, and nobody more than double or less than half."""
    kept = load_needs_once()
    kept.rates(traits)
    traits[row] = 100 - traits[row]
    for asked in (traits, traits[:row], traits):
        rates = kept.rates(asked)
        assert rates.tolist() == [kept.rates(asked[one : one + 1])[0].tolist() for one in range(len(asked))]
        assert (rates * 2 >= kept.wear_awake).all()
        assert (rates <= kept.wear_awake * 2).all()


_LOADED: list[NeedTable] = []


def load_needs_once() -> NeedTable:
    """A table that has seen other people before."""
    if not _LOADED:
        _LOADED.append(load_needs(FILE))
    return _LOADED[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'name = "rest"',
            'name = "rset"',
            "need[2].name: 'rset' is none of the 20 known values; the nearest",
        ),
        ('name = "rest"', 'name = "play"', "need[2].name: expected 'rest' here, got 'play'"),
        ('low = "hungry"', 'lwo = "hungry"', "need[0].lwo: unknown key; the nearest right one is 'low'"),
        ("awake = 72_000", "awake = -1", "need[0].awake: "),
        ("critical_at = 120_000", "critical_at = 330_000", "need[0].critical_at: expected well under low_at"),
        ("strained = 125", "", "strained: expected, but missing"),
        ("snow = 450", "sleet = 450", "need[4].weather.sleet"),
        ("strained = 125", "strained = ", "line 5: not TOML"),
    ],
)
def test_complaints_name_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    """In one line."""
    path = changed(tmp_path, old, new)
    with pytest.raises(NeedError, match=re.escape(f"{path}: {told}")) as raised:
        load_needs(path)
    assert "\n" not in str(raised.value)


def test_no_need_may_be_missing(tmp_path: Path) -> None:
    """Nor is there a file without any."""
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / "needs.toml"
    path.write_text(text[: text.rindex("[[need]]")], encoding="utf-8")
    with pytest.raises(NeedError, match="need: expected 20 of them, got 19"):
        load_needs(path)
    with pytest.raises(NeedError, match=re.escape("none.toml: expected UTF-8 text that can be read")):
        load_needs(tmp_path / "none.toml")


def test_the_margin_lies_between_the_thresholds(table: NeedTable) -> None:
    """Else a need could never come to be only low again."""
    assert (table.critical + MARGIN < table.low).all()
