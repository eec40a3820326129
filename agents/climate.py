"""How the weather goes: a chain of hours (Markov), with chances of its own for each season, from one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.actions import SEASONS
from agents.template_files import WEATHERS
from agents.toml_files import read_table, said_plainly

THOUSAND: Final = 1000
_KINDS: Final = len(WEATHERS)

Chances = Annotated[
    tuple[Annotated[int, Field(ge=0, le=THOUSAND)], ...], Field(min_length=_KINDS, max_length=_KINDS)
]


class ClimateError(Exception):
    """The weather's file cannot be used. One line that names the file, the key and what was expected."""


class _Season(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    clear: Chances
    cloudy: Chances
    rain: Chances
    storm: Chances
    fog: Chances
    snow: Chances
    wind: Chances


class _Sheet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    spring: _Season
    summer: _Season
    autumn: _Season
    winter: _Season


@dataclass(frozen=True, slots=True)
class Climate:
    """`bounds[season, from]`: the draws below which each weather follows, adding up to 1000."""

    bounds: NDArray[np.int64]  # (seasons, weathers, weathers)

    def next(self, season: int, now: int, draw: int) -> int:
        """What the next hour brings, by a draw below 1000."""
        return int(np.searchsorted(self.bounds[season, now], draw, side="right"))


def load_climate(path: Path) -> Climate:
    """The chain. Raises ClimateError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, ClimateError))
    except ValidationError as error:
        raise ClimateError(said_plainly(path, error, (*SEASONS, *WEATHERS))) from error
    chances = np.array(
        [[getattr(getattr(sheet, one), now) for now in WEATHERS] for one in SEASONS], dtype=np.int64
    )
    for season, now in zip(*np.nonzero(chances.sum(axis=2) != THOUSAND), strict=True):
        total = int(chances[season, now].sum())
        raise ClimateError(
            f"{path}: {SEASONS[season]}.{WEATHERS[now]}: expected chances of 1000 in all, got {total}"
        )
    return Climate(chances.cumsum(axis=2))
