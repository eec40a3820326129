"""What people feel, by name: points in the circumplex of affect (Russell 1980), whose axes are valence and arousal.

A mood is called by the point that is nearest to it. What it is called already keeps an advantage, so that a mood on
the border of two does not change its name with every breath.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.template_files import WEATHERS, Weather
from agents.toml_files import read_table, said_plainly

REACH: Final = 1000  # of valence and arousal, either way
FACES: Final = 6
_GRAIN_BITS: Final = 2  # names are looked up on a grid of four thousandths
_ADVANTAGE: Final = (81, 100)  # another name's squared distance must be less than this part: a tenth nearer

Ints = NDArray[np.int32]
Moods = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]


class EmotionError(Exception):
    """The emotions' file cannot be used. One line that names the file, the key and what was expected."""


Word = Annotated[str, StringConstraints(min_length=3, max_length=24)]
Level = Annotated[int, Field(ge=-REACH, le=REACH)]
Swing = Annotated[int, Field(ge=-300, le=300)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Emotion(_Frozen):
    """One name for a mood."""

    name: Word  # as it goes on after "is"
    manner: Word  # as it goes on after "says"
    valence: Level
    arousal: Level
    face: Annotated[int, Field(ge=0, lt=FACES)]


class _Sheet(_Frozen):
    emotion: Annotated[tuple[Emotion, ...], Field(min_length=8, max_length=100)]
    weather: dict[Weather, tuple[Swing, Swing]]


@dataclass(frozen=True, eq=False)
class EmotionTable:
    """All of them; the first is how somebody is of whom nothing else is known."""

    names: tuple[str, ...]
    manners: tuple[str, ...]
    index: dict[str, int]
    face: NDArray[np.int8]  # (e,)
    valence: Ints  # (e,)
    arousal: Ints  # (e,)
    weather: Ints  # (weathers, 2): what the sky adds to valence and arousal
    grid: NDArray[np.int8]  # (side, side): the nearest one, by valence and arousal

    def nearest(
        self, valence: Moods, arousal: Moods, now: NDArray[np.int8] | None = None
    ) -> NDArray[np.int8]:
        """What these moods are called, given what they are called now; all within REACH."""
        best: NDArray[np.int8] = self.grid[(valence + REACH) >> _GRAIN_BITS, (arousal + REACH) >> _GRAIN_BITS]
        if now is None:
            return best
        rivals = np.flatnonzero(best != now)
        if rivals.size:
            self._prefer_present(best, now, rivals, (valence[rivals], arousal[rivals]))
        return best

    def _prefer_present(
        self,
        best: NDArray[np.int8],
        now: NDArray[np.int8],
        rows: NDArray[np.intp],
        moods: tuple[Moods, Moods],
    ) -> None:
        """Keep what these rows are called now, where the best name is not that much nearer."""
        part, whole = _ADVANTAGE
        kept = self._distance(*moods, best[rows]) * whole >= self._distance(*moods, now[rows]) * part
        stay = rows[kept]
        best[stay] = now[stay]

    def _distance(self, valence: Moods, arousal: Moods, emotion: NDArray[np.int8]) -> Ints:
        """Squared; at most eight million, so that even a hundred times as much fits."""
        across, along = self.valence[emotion], self.arousal[emotion]
        across -= valence
        along -= arousal
        across *= across
        along *= along
        across += along
        return across


def load_emotions(path: Path) -> EmotionTable:
    """The table. Raises EmotionError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, EmotionError))
    except ValidationError as error:
        keys = {*_Sheet.model_fields, *Emotion.model_fields, *WEATHERS}
        raise EmotionError(said_plainly(path, error, keys)) from error
    _check(path, sheet)
    return _table_of(sheet)


def _check(path: Path, sheet: _Sheet) -> None:
    names: set[str] = set()
    for number, one in enumerate(sheet.emotion):
        if one.name in names:
            raise EmotionError(f"{path}: emotion[{number}].name: {one.name!r} is there twice")
        names.add(one.name)
    for weather in WEATHERS:
        if weather not in sheet.weather:
            raise EmotionError(f"{path}: weather.{weather}: expected, but missing")


def _table_of(sheet: _Sheet) -> EmotionTable:
    emotions = sheet.emotion
    valence = np.array([one.valence for one in emotions], dtype=np.int32)
    arousal = np.array([one.arousal for one in emotions], dtype=np.int32)
    return EmotionTable(
        names=tuple(one.name for one in emotions),
        manners=tuple(one.manner for one in emotions),
        index={one.name: row for row, one in enumerate(emotions)},
        face=np.array([one.face for one in emotions], dtype=np.int8),
        valence=valence,
        arousal=arousal,
        weather=np.array([sheet.weather[name] for name in WEATHERS], dtype=np.int32),  # type: ignore[index]  # WEATHERS are just these
        grid=_grid(valence, arousal),
    )


def _grid(valence: Ints, arousal: Ints) -> NDArray[np.int8]:
    """The nearest emotion to each point of the grid; of two that are as near, the first."""
    levels = np.arange(-REACH, REACH + 1, 1 << _GRAIN_BITS, dtype=np.int32)
    best = np.zeros((levels.size, levels.size), dtype=np.int8)
    least = np.full(best.shape, np.iinfo(np.int32).max, dtype=np.int32)
    for row, (across, along) in enumerate(zip(valence.tolist(), arousal.tolist(), strict=True)):
        distance = (levels[:, np.newaxis] - across) ** 2 + (levels - along) ** 2
        nearer = distance < least
        best[nearer], least[nearer] = row, distance[nearer]
    return best
