"""A town reduced to what any library of agents can do alike: people walk from goal to goal while twenty needs wear.

Whole numbers only and nothing by chance, so whoever keeps these rules arrives at the same sums. Here everybody is a row
of columns, as in `sim/systems`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.app import build
from sim.app.settings import ASSETS, BUNDLED_TOWN
from sim.app.settings_sources import load_settings
from sim.distances import STEPS, Ints, cost_fields, directions
from sim.navigation import Navigation
from sim.town import load_town

FULL: Final = 1_000_000  # of a need
TOPPED_UP: Final = 300_000  # all needs, at each goal
WEARS: Final = np.arange(20, dtype=np.int32) * 37 + 900  # each need, each time
WEAR_EVERY: Final = 30  # ticks
TILE: Final = 1000  # steps from one tile to the next
PACE: Final = 33  # steps a tick
_STAGGER: Final = 37  # steps that the next one is ahead, so that not all reach a tile at once
_TURN_TICKS: Final = 2 * WEAR_EVERY  # between two looks at the clock


@dataclass(frozen=True, slots=True)
class Course:
    """Where everybody begins, and the table by which all walk."""

    headings: NDArray[np.int8]  # (goals, height, width): the heading of the cheapest next step
    start: Ints  # (n, 2): tile
    goal: Ints  # (n,): the first one
    ahead: Ints  # (n,): steps already done towards the second tile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What two arms that keep the same rules must agree on."""

    ticks: int
    arrivals: int
    needs: int  # the sum of all needs of all
    x: int  # the sum of all tiles
    y: int


class Arm(Protocol):
    """One way to keep the rules."""

    def tick(self) -> None:
        """Everybody goes on by one tick."""

    def outcome(self) -> Outcome:
        """How things stand."""


MakeArm = Callable[[Course], Arm]


class Walkers:
    """Everybody in columns."""

    def __init__(self, course: Course) -> None:
        self._headings = course.headings
        self._x, self._y = course.start.T.copy()
        self._goal = course.goal.copy()
        self._done = course.ahead.astype(np.int32)
        self._heading = self._headings[self._goal, self._y, self._x]
        self._next = np.arange(len(self._goal)) % (len(self._headings) - 1) + 1
        self._needs = np.full((len(self._goal), len(WEARS)), FULL, dtype=np.int32)
        self._ticks = self._arrivals = 0

    def tick(self) -> None:
        """Walk, and wear when it is time."""
        self._ticks += 1
        self._done += PACE
        self._turn(np.flatnonzero(self._done >= TILE))
        if self._ticks % WEAR_EVERY == 0:
            self._needs -= WEARS
            np.maximum(self._needs, 0, out=self._needs)

    def _turn(self, rows: NDArray[np.intp]) -> None:
        """Those who reached a tile take the next one; who is at the goal is topped up and gets another goal."""
        step = STEPS[self._heading[rows]]
        x, y = self._x[rows] + step[:, 0], self._y[rows] + step[:, 1]
        self._x[rows], self._y[rows] = x, y
        self._done[rows] -= TILE
        heading = self._headings[self._goal[rows], y, x]
        there = np.flatnonzero(heading < 0)
        if there.size:
            came = rows[there]
            self._arrivals += came.size
            self._needs[came] = np.minimum(self._needs[came] + TOPPED_UP, FULL)
            self._goal[came] = (self._goal[came] + self._next[came]) % len(self._headings)
            heading[there] = self._headings[self._goal[came], y[there], x[there]]
        self._heading[rows] = heading

    def outcome(self) -> Outcome:
        """How things stand."""
        sums = (int(column.sum(dtype=np.int64)) for column in (self._needs, self._x, self._y))
        return Outcome(self._ticks, self._arrivals, *sums)


def course_of(people: int) -> Course:
    """So many people all over the bundled town, each with a goal of their own."""
    town = load_town(BUNDLED_TOWN)
    goals = [spots[0] for spots in Navigation(town).spots]
    cost = np.ones(town.walkable.shape, dtype=np.int32)
    headings = directions(cost_fields(town.walkable, cost, tuple((goal,) for goal in goals)))
    who = np.arange(people)
    return Course(
        headings=headings,
        start=np.array(goals)[who % len(goals)],
        goal=(who + 1 + who // len(goals) % (len(goals) - 1)) % len(goals),
        ahead=who * _STAGGER % TILE,
    )


def ended(make: MakeArm, people: int, ticks: int) -> Outcome:
    """What so many ticks come to."""
    arm = make(course_of(people))
    for _ in range(ticks):
        arm.tick()
    return arm.outcome()


def ns_per_tick(make: MakeArm, people: int, seconds: float) -> float:
    """What one tick of one person costs, in an interpreter that is settled as the product's is; for a process of its own."""
    arm = make(course_of(people))
    build.settle_interpreter(load_settings((), environment={}, folder=ASSETS).settings)
    _for(arm, _TURN_TICKS)
    began_ns, ticks = time.perf_counter_ns(), 0
    while time.perf_counter_ns() - began_ns < seconds * 1e9:
        ticks += _for(arm, _TURN_TICKS)
    return (time.perf_counter_ns() - began_ns) / ticks / people


def _for(arm: Arm, ticks: int) -> int:
    for _ in range(ticks):
        arm.tick()
    return ticks
