"""Names for moods: the nearest one, with an advantage for the one that is."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.emotions import FACES, REACH, EmotionError, EmotionTable, load_emotions
from sim.app.settings import ASSETS

FILE = ASSETS / "world" / "emotions.toml"
LEVELS = st.integers(-REACH, REACH)
_ROUNDING = 3 * 2  # thousandths: at most so far lies a mood from the corner of its cell, both ways together


@cache
def table() -> EmotionTable:
    """The real one."""
    return load_emotions(FILE)


def named(valence: int, arousal: int, now: str | None = None) -> str:
    """What one mood is called."""
    before = None if now is None else np.array([table().index[now]], dtype=np.int8)
    moods = np.array([[valence], [arousal]], dtype=np.int16)
    return table().names[int(table().nearest(moods[0], moods[1], before)[0])]


def distance(emotion: str, valence: int, arousal: int) -> float:
    """From the point that has the name."""
    row = table().index[emotion]
    return float(np.hypot(table().valence[row] - valence, table().arousal[row] - arousal))


def test_every_point_has_its_own_name() -> None:
    """And there are faces for all."""
    for name, valence, arousal in zip(table().names, table().valence, table().arousal, strict=True):
        assert named(int(valence), int(arousal)) == name
    assert set(table().face.tolist()) == set(range(FACES))
    assert len(table().names) >= 14
    assert table().names[0] == "calm"


@given(LEVELS, LEVELS)
def test_the_name_is_the_nearest(valence: int, arousal: int) -> None:
    """As near as any other, to within the grain of the grid."""
    near = min(distance(name, valence, arousal) for name in table().names)
    assert distance(named(valence, arousal), valence, arousal) <= near + 2 * _ROUNDING


@given(LEVELS, LEVELS, st.sampled_from(sorted(table().names)))
def test_the_name_that_is_keeps_an_advantage(valence: int, arousal: int, now: str) -> None:
    """It changes only for one that is a tenth nearer, and what it has become it stays."""
    name = named(valence, arousal, now)
    if name != now:
        assert distance(name, valence, arousal) < 0.9 * distance(now, valence, arousal)
    assert named(valence, arousal, name) == name


def test_on_the_border_a_name_does_not_flicker() -> None:
    """Back and forth by some thousandths, and nothing changes."""
    a, b = table().index["calm"], table().index["content"]
    middle = ((table().valence[a] + table().valence[b]) // 2, (table().arousal[a] + table().arousal[b]) // 2)
    for now in ("calm", "content"):
        for aside in (-6, 6):
            assert named(int(middle[0]) + aside, int(middle[1]), now) == now


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("valence = 100", "valence = 1001", "emotion[0].valence: "),
        ('name = "content"', 'name = "calm"', "emotion[1].name: 'calm' is there twice"),
        ("face = 0", "fase = 0", "emotion[0].fase: unknown key; the nearest right one is 'face'"),
        ("rain = [-45, -25]", "", "weather.rain: expected, but missing"),
        ("rain = ", "rein = ", "weather.rein"),
        ("[weather]", "[weather", "line "),
    ],
)
def test_complaints_name_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    """In one line."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "emotions.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(EmotionError, match=re.escape(f"{path}: {told}")) as raised:
        load_emotions(path)
    assert "\n" not in str(raised.value)
