"""What somebody is doing, as a number for the columns and a word for people."""

from __future__ import annotations

from enum import IntEnum


class Activity(IntEnum):
    """The value of the `activity` column."""

    RESTING = 0
    WALKING = 1
    WORKING = 2
    EATING = 3
    LEISURE = 4
    SLEEPING = 5
    MEETING = 6  # walking up to somebody to talk, or waiting for them to come
    TALKING = 7

    @property
    def words(self) -> str:
        """As a sentence about somebody ends: `Mira is …`."""
        return _WORDS[self]


_WORDS = {
    Activity.RESTING: "resting",
    Activity.WALKING: "walking",
    Activity.WORKING: "working",
    Activity.EATING: "eating",
    Activity.LEISURE: "taking it easy",
    Activity.SLEEPING: "asleep",
    Activity.MEETING: "meeting somebody",
    Activity.TALKING: "talking",
}
