from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.actions import ActionTable, Grade, load_actions
from agents.needs import load_needs
from agents.outcomes import (
    DRAWS,
    MOST_LUCK,
    Luck,
    boundaries,
    chances,
    grades,
    luck_of,
    reason_draw,
    reason_of,
)
from agents.template_files import WEATHERS
from agents.traits import TRAITS
from sim.app.settings import ASSETS

_FULL = 1_000_000


@cache
def _table() -> ActionTable:
    return load_actions(ASSETS / "world" / "actions.toml", load_needs(ASSETS / "world" / "needs.toml").names)


_actions = st.integers(0, len(_table()) - 1)
_people = st.builds(
    lambda traits, skill, valence, health, weather, season: Luck(
        traits=np.array([traits], dtype=np.int16),
        skill=np.array([skill], dtype=np.int16),
        valence=np.array([valence], dtype=np.int16),
        health=np.array([health], dtype=np.int32),
        weather=weather,
        season=season,
    ),
    st.lists(st.integers(0, 100), min_size=len(TRAITS), max_size=len(TRAITS)),
    st.integers(0, 1000),
    st.integers(-1000, 1000),
    st.integers(0, _FULL),
    st.integers(0, len(WEATHERS) - 1),
    st.integers(0, 3),
)


def _better(luck: Luck, **changed: int) -> Luck:
    """The same person, with that much more of something."""
    skill = np.minimum(luck.skill + changed.get("skill", 0), 1000).astype(np.int16)
    valence = np.minimum(luck.valence + changed.get("valence", 0), 1000).astype(np.int16)
    health = np.minimum(luck.health + changed.get("health", 0), _FULL).astype(np.int32)
    return Luck(luck.traits, skill, valence, health, luck.weather, luck.season)


@pytest.mark.slow
@given(_people, _actions, st.integers(0, 1000), st.integers(0, 2000), st.integers(0, _FULL))
def test_more_of_anything_good_is_never_worse(
    luck: Luck, action: int, skill: int, valence: int, health: int
) -> None:
    """Skill, mood and health: for no grade does the chance grow to do no better than that."""
    one = np.array([action])
    before = boundaries(luck_of(_table(), one, luck))
    after = boundaries(luck_of(_table(), one, _better(luck, skill=skill, valence=valence, health=health)))
    assert (after <= before).all()


@given(st.integers(-MOST_LUCK, MOST_LUCK))
def test_a_thousand_draws_are_a_thousand_outcomes(luck: int) -> None:
    """The chances of the five grades add up, and none is ever under one in a hundred."""
    odds = chances(np.array([luck]))[0]
    assert odds.sum() == DRAWS
    assert odds.min() >= DRAWS // 100


def test_without_luck_it_goes_as_usual() -> None:
    """The base: failure 6, poor 14, average 45, good 25, excellent 10 of a hundred."""
    assert chances(np.array([0]))[0].tolist() == [60, 140, 450, 250, 100]


@given(_people, _actions)
def test_luck_stays_within_its_bounds(luck: Luck, action: int) -> None:
    """However gifted or wretched somebody is, nothing is certain."""
    assert abs(int(luck_of(_table(), np.array([action]), luck)[0])) <= MOST_LUCK


@pytest.mark.slow
@given(_people, _actions)
def test_all_draws_together_are_the_chances(luck: Luck, action: int) -> None:
    """Each draw has one grade, and so many draws have it as its chance says."""
    everybody = Luck(
        traits=np.repeat(luck.traits, DRAWS, axis=0),
        skill=np.repeat(luck.skill, DRAWS),
        valence=np.repeat(luck.valence, DRAWS),
        health=np.repeat(luck.health, DRAWS),
        weather=luck.weather,
        season=luck.season,
    )
    graded = grades(_table(), np.full(DRAWS, action), everybody, np.arange(DRAWS))
    odds = chances(luck_of(_table(), np.array([action]), luck))[0]
    assert np.bincount(graded, minlength=len(Grade)).tolist() == odds.tolist()
    assert graded.dtype == np.int8


@given(st.integers(0, DRAWS - 1), _actions)
def test_reasons_are_for_what_is_unusual(draw: int, action: int) -> None:
    """Every grade but the usual has a reason, whatever is drawn."""
    every = np.arange(len(Grade), dtype=np.int8)
    drawn = reason_draw(_table(), np.full(len(Grade), action), every, np.full(len(Grade), draw))
    told = [bool(reason_of(_table(), action, Grade(int(grade)), int(drawn[grade]))) for grade in every]
    assert told == [True, True, False, True, True]
    assert drawn[Grade.AVERAGE] == -1


def test_a_master_fails_less_than_a_beginner() -> None:
    """In fair weather and good health: skill is felt."""
    odds = [
        chances(
            luck_of(
                _table(),
                np.array([_table().index["bake_bread"]]),
                Luck(
                    np.full((1, len(TRAITS)), 50, dtype=np.int16),
                    np.array([skill], dtype=np.int16),
                    np.zeros(1, dtype=np.int16),
                    np.full(1, _FULL, dtype=np.int32),
                    WEATHERS.index("clear"),
                    0,
                ),
            )
        )[0]
        for skill in (0, 1000)
    ]
    assert odds[0][Grade.FAILURE] > 2 * odds[1][Grade.FAILURE]
    assert odds[1][Grade.EXCELLENT] > 1.5 * odds[0][Grade.EXCELLENT]
