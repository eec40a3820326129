"""What may happen in a town, on its day or by chance: one table from one file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from agents.actions import Season, Thousandths, Words
from agents.persona import PublicId, WorkId
from agents.template_files import Weather
from agents.toml_files import read_table, said_plainly

Hour = Annotated[int, Field(ge=0, le=24)]


class HappeningError(Exception):
    """The happenings' file cannot be used. One line that names the file, the key and what was expected."""


class Happening(BaseModel):
    """One thing that may happen. A condition that is left out always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,31}$")]
    now: Words  # as people tell of it while it lasts
    was: Words  # what they call it afterwards
    places: Annotated[tuple[WorkId | PublicId, ...], Field(min_length=1)]
    every: Annotated[int, Field(ge=0, le=365)] = 0  # days; 0: by chance
    on: Annotated[int, Field(ge=1, le=365)] = 1  # which of them
    chance: Annotated[int, Field(ge=0, le=1000)] = 0  # thousandths a day
    hours: tuple[Hour, Hour]  # within which it begins
    minutes: Annotated[int, Field(ge=1, le=1440)]
    seasons: tuple[Season, ...] = ()
    weathers: tuple[Weather, ...] = ()
    radius: Annotated[int, Field(ge=0, le=100)]  # tiles; 0: the whole town
    mood: tuple[Thousandths, Thousandths]  # valence, arousal
    importance: Annotated[int, Field(ge=0, le=1000)]
    pull: Annotated[int, Field(ge=0, le=1000)]  # how much people want to go there

    @model_validator(mode="after")
    def _comes_somehow(self) -> Self:
        if (self.every > 0) == (self.chance > 0):
            raise ValueError("expected either `every` or `chance`")
        if self.hours[0] >= self.hours[1]:
            raise ValueError("expected the earlier of `hours` first")
        return self


class _Sheet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    happening: tuple[Happening, ...]


@dataclass(frozen=True)
class HappeningTable:
    """All of them, in the order of the file."""

    happenings: tuple[Happening, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        """Id -> place in the order."""
        return {one.id: number for number, one in enumerate(self.happenings)}


def load_happenings(path: Path) -> HappeningTable:
    """The table. Raises HappeningError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, HappeningError))
    except ValidationError as error:
        raise HappeningError(said_plainly(path, error, Happening.model_fields)) from error
    table = HappeningTable(sheet.happening)
    if len(table.index) != len(table.happenings):
        raise HappeningError(f"{path}: happening: expected each id once")
    return table
