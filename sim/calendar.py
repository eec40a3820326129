"""The calendar is a function of the tick: no clock is kept, so none can drift."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from sim.clock import TICKS_PER_SECOND

MINUTES_A_DAY: Final = 24 * 60
SEASONS: Final = ("spring", "summer", "autumn", "winter")


class Period(StrEnum):
    """Parts of a day, as people speak of them."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


_PERIOD_STARTS: Final = (
    (5, Period.MORNING),
    (11, Period.NOON),
    (14, Period.AFTERNOON),
    (18, Period.EVENING),
    (22, Period.NIGHT),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One minute of the town's calendar; day 1 is the first day of spring of year 1."""

    day: int
    season: str
    year: int
    minute: int  # of the day, 0 to 1439

    @property
    def time(self) -> str:
        """`HH:MM`."""
        return f"{self.minute // 60:02}:{self.minute % 60:02}"

    @property
    def period(self) -> Period:
        """The part of the day."""
        hour = self.minute // 60
        begun = [period for start, period in _PERIOD_STARTS if hour >= start]
        return begun[-1] if begun else Period.NIGHT

    def __str__(self) -> str:
        return f"day {self.day} {self.time}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """How ticks become days: `day_length_s` world seconds to a day, beginning at `start_minute` of day 1."""

    day_length_s: int = 1440
    start_minute: int = 8 * 60 + 30
    days_per_season: int = 7

    def at(self, tick: int) -> Moment:
        """The minute in which `tick` lies; integers only, so it is the same on every machine."""
        minutes = self.start_minute + tick * MINUTES_A_DAY // (self.day_length_s * TICKS_PER_SECOND)
        day, minute = divmod(minutes, MINUTES_A_DAY)
        season = day // self.days_per_season
        return Moment(day + 1, SEASONS[season % len(SEASONS)], season // len(SEASONS) + 1, minute)

    @overload
    def ticks(self, minutes: int) -> int: ...

    @overload
    def ticks(self, minutes: NDArray[np.int64]) -> NDArray[np.int64]: ...

    def ticks(self, minutes: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
        """So many calendar minutes in ticks."""
        return minutes * (self.day_length_s * TICKS_PER_SECOND) // MINUTES_A_DAY

    @property
    def ticks_per_hour(self) -> int:
        """Of the calendar."""
        return self.day_length_s * TICKS_PER_SECOND // 24


def minute_of(clock: str) -> int:
    """`HH:MM` as the minute of the day; ValueError if it is not a time."""
    hour, _, minute = clock.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError(f"expected a time HH:MM, got {clock!r}")
    return int(hour) * 60 + int(minute)
