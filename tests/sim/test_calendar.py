from __future__ import annotations

import pytest

from sim.calendar import Calendar, Period, minute_of


def test_day_one_begins_at_the_start_time() -> None:
    """Tick 0 is half past eight on the first day of spring."""
    moment = Calendar().at(0)
    assert (moment.day, moment.time, moment.season, moment.year) == (1, "08:30", "spring", 1)


def test_a_world_second_is_a_minute_by_default() -> None:
    """1440 world seconds make a day."""
    assert Calendar().at(60).time == "08:31"
    assert str(Calendar().at(1440 * 60)) == "day 2 08:30"


def test_seasons_and_years_turn() -> None:
    """Seven days to a season, four seasons to a year."""
    day = 1440 * 60
    assert Calendar().at(7 * day).season == "summer"
    assert Calendar().at(28 * day).year == 2


@pytest.mark.parametrize(
    ("clock", "period"),
    [("04:59", Period.NIGHT), ("05:00", Period.MORNING), ("11:00", Period.NOON), ("14:00", Period.AFTERNOON),
     ("18:00", Period.EVENING), ("22:00", Period.NIGHT), ("00:00", Period.NIGHT)],
)  # fmt: skip
def test_parts_of_the_day(clock: str, period: Period) -> None:
    """Each part begins on its hour."""
    assert Calendar(start_minute=minute_of(clock)).at(0).period is period


@pytest.mark.parametrize("wrong", ["", "24:00", "8", "08:60", "aa:bb", "-1:00"])
def test_what_is_no_time_is_refused(wrong: str) -> None:
    """Only HH:MM is a time."""
    with pytest.raises(ValueError, match="HH:MM"):
        minute_of(wrong)
