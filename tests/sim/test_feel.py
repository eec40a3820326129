"""Moods: stirred by what happens, more so in the neurotic, and drawn back to rest without ever leaving their range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.emotions import REACH
from agents.template_files import WEATHERS
from agents.traits import AGREEABLENESS, EXTRAVERSION, MIDDLE, NEUROTICISM
from sim.activity import Activity
from sim.columns import FULL
from sim.events import Category, MoodChanged
from sim.systems.feel import feel, first_moods, set_temper, stir
from sim.systems.wear import EVERY
from sim.world import World
from tests.support.small_town import small_world

HOUR = 120  # steps
EVERYBODY = np.arange(25)


def even(world: World) -> World:
    """Everybody middling, well, awake, and in the mood that is theirs by nature."""
    world.folk.traits[:] = MIDDLE
    world.wellbeing.band[:] = 0
    world.wellbeing.physical[:] = world.wellbeing.mental[:] = FULL
    world.people.activity[:] = Activity.RESTING
    first_moods(world, EVERYBODY)
    return world


def pass_steps(world: World, steps: int) -> None:
    """So many calls, each at its own tick."""
    for _ in range(steps):
        world.tick += EVERY
        feel(world)


def settled(world: World, steps: int = 3 * HOUR) -> tuple[int, int]:
    """Valence and arousal of the first, after hours in which the time of day stands still."""
    tick = world.tick
    for _ in range(steps // HOUR):
        pass_steps(world, HOUR)
        world.tick = tick
    return int(world.wellbeing.valence[0]), int(world.wellbeing.arousal[0])


def test_temper_sets_where_moods_rest() -> None:
    """The extravert and the agreeable rest higher, the neurotic lower and less quietly."""
    world = even(small_world())
    world.folk.traits[1, EXTRAVERSION] = world.folk.traits[2, AGREEABLENESS] = 90
    world.folk.traits[3, NEUROTICISM] = 90
    set_temper(world, EVERYBODY)
    valence, arousal = world.wellbeing.calm_valence, world.wellbeing.calm_arousal
    assert valence[1] > valence[0]
    assert valence[2] > valence[0]
    assert valence[3] < valence[0]
    assert arousal[3] > arousal[0]


def test_the_neurotic_are_stirred_more() -> None:
    """By joy and by grief alike."""
    world = even(small_world())
    world.folk.traits[:3, NEUROTICISM] = (10, 50, 90)
    world.wellbeing.valence[:] = world.wellbeing.arousal[:] = 0
    stir(world, EVERYBODY, 200, -100)
    assert world.wellbeing.valence[:3].tolist() == [120, 200, 280]
    assert world.wellbeing.arousal[:3].tolist() == [-60, -100, -140]
    stir(world, np.array([2]), np.array([-200]), np.array([100]))
    assert (world.wellbeing.valence[2], world.wellbeing.arousal[2]) == (0, 0)


@pytest.mark.slow
def test_half_of_a_mood_is_gone_after_its_time() -> None:
    """Two hours for valence, forty minutes for arousal."""
    world = even(small_world())
    rest = settled(world, 12 * HOUR)
    stir(world, EVERYBODY, 400, 400)
    pass_steps(world, HOUR * 2 // 3)
    assert abs(int(world.wellbeing.arousal[0]) - rest[1] - 200) < 20
    pass_steps(world, HOUR * 4 // 3)
    assert abs(int(world.wellbeing.valence[0]) - rest[0] - 200) < 20


@pytest.mark.slow
def test_moods_arrive_where_they_rest() -> None:
    """To the thousandth, and stay there."""
    world = even(small_world())
    stir(world, EVERYBODY, -300, 300)
    rest = settled(world, 24 * HOUR)
    assert settled(world, HOUR) == rest


@pytest.mark.slow
@pytest.mark.parametrize("what", ["needs", "health", "storm"])
def test_what_is_wrong_weighs_on_moods(what: str) -> None:
    """Needs that are low, bad health, a storm; and all of it more on the neurotic."""
    usual = settled(even(small_world()))
    world = even(small_world())
    neurotic, calm = 1, 2
    world.folk.traits[neurotic, NEUROTICISM], world.folk.traits[calm, NEUROTICISM] = 90, 10
    first_moods(world, EVERYBODY)
    if what == "needs":
        world.wellbeing.band[:, :6] = 2
    elif what == "health":
        world.wellbeing.mental[:] = FULL // 3
    else:
        world.weather.now = WEATHERS.index("storm")
        world.wellbeing.band[:, :2] = 1
    assert settled(world)[0] < usual[0] - 20
    fallen = world.wellbeing.calm_valence - world.wellbeing.valence
    assert fallen[neurotic] > fallen[calm]


@pytest.mark.slow
def test_sleep_and_night_quieten() -> None:
    """Each by itself."""
    day = settled(even(small_world()))
    asleep = even(small_world())
    asleep.people.activity[:] = Activity.SLEEPING
    night = even(small_world())
    night.tick = night.rules.calendar.ticks(14 * 60)  # half past ten at night
    assert settled(asleep)[1] < day[1] - 300
    assert settled(night)[1] < day[1] - 100


@pytest.mark.slow
def test_who_feels_otherwise_is_told_of_once() -> None:
    """By the new name and the old one, and only those who are watched."""
    world = even(small_world())
    settled(world)
    before = len(world.events.select(Category.MOOD, last=1000))
    calm = world.lore.emotions.names[world.wellbeing.emotion[5]]
    stir(world, np.array([5]), -1500, 1200)
    pass_steps(world, 3)
    told = world.events.select(Category.MOOD, last=1000)[before:]
    assert len(told) == 1
    assert isinstance(told[0], MoodChanged)
    assert (told[0].npc, told[0].before) == (5, calm)
    assert told[0].emotion == world.lore.emotions.names[world.wellbeing.emotion[5]] != calm


def test_of_a_crowd_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their emotions change all the same."""
    monkeypatch.setattr("sim.systems.feel.CROWD_FROM", 5)
    world = even(small_world())
    before = world.wellbeing.emotion.copy()
    stir(world, EVERYBODY, -1500, 1200)
    pass_steps(world, 1)
    assert (world.wellbeing.emotion != before).all()
    assert {npc for one in world.events.select(Category.MOOD, last=1000) for npc in one.npcs} == set(range(5))


def test_who_is_away_stays_as_they_were() -> None:
    """In whatever mood they left."""
    world = even(small_world())
    world.wellbeing.valence[4], world.wellbeing.arousal[4], world.people.present[4] = -900, 900, False
    before = {name: column[4].copy() for name, column in world.wellbeing.columns().items()}
    pass_steps(world, HOUR)
    for name, column in world.wellbeing.columns().items():
        assert np.array_equal(column[4], before[name]), name


Shock = tuple[int, int, int]
SHOCKS = st.lists(
    st.tuples(st.integers(0, 24), st.integers(-3000, 3000), st.integers(-3000, 3000)), max_size=10
)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 5), SHOCKS)
def test_moods_stay_in_range(seed: int, shocks: list[Shock]) -> None:
    """Whatever happens, and the same happening twice gives the same columns."""
    worlds = small_world(seed), small_world(seed)
    for row, valence, arousal in shocks:
        for world in worlds:
            stir(world, np.array([row]), valence, arousal)
            pass_steps(world, 20)
            for mood in (world.wellbeing.valence, world.wellbeing.arousal):
                assert mood.min() >= -REACH
                assert mood.max() <= REACH
            assert world.wellbeing.emotion.max() < len(world.lore.emotions.names)
    one, other = (world.wellbeing.columns() for world in worlds)
    for name, column in one.items():
        assert np.array_equal(column, other[name]), name
