"""The rules of `sim.bench.walkers` as Mesa's users write them: an agent with two methods, and a model that calls them.

Tables are lists, which an agent reads faster than arrays, and no space is used: Mesa is met at its fastest.
"""

from __future__ import annotations

from typing import Final

import mesa

from sim.bench.walkers import FULL, PACE, TILE, TOPPED_UP, WEAR_EVERY, WEARS, Course, Outcome
from sim.distances import STEPS

_WEARS: Final[list[int]] = WEARS.tolist()
_STEPS: Final[list[list[int]]] = STEPS.tolist()


class _Walker(mesa.Agent):  # type: ignore[misc]  # Mesa ships no types
    """One person."""

    def __init__(self, model: _Town, start: list[int], goal: int, ahead: int) -> None:
        super().__init__(model)
        self.headings = model.headings
        self.x, self.y = start
        self.goal = goal
        self.done = ahead
        self.heading = self.headings[goal][self.y][self.x]
        self.next = (self.unique_id - 1) % (len(self.headings) - 1) + 1
        self.needs = [FULL] * len(_WEARS)
        self.arrivals = 0

    def walk(self) -> None:
        """On by one tick."""
        self.done += PACE
        if self.done >= TILE:
            self.turn()

    def turn(self) -> None:
        """A tile is reached."""
        self.done -= TILE
        dx, dy = _STEPS[self.heading]
        self.x += dx
        self.y += dy
        self.heading = self.headings[self.goal][self.y][self.x]
        if self.heading < 0:
            self.arrivals += 1
            self.needs = [min(need + TOPPED_UP, FULL) for need in self.needs]
            self.goal = (self.goal + self.next) % len(self.headings)
            self.heading = self.headings[self.goal][self.y][self.x]

    def wear(self) -> None:
        """All needs, a little."""
        self.needs = [need - by if need > by else 0 for need, by in zip(self.needs, _WEARS, strict=True)]


class _Town(mesa.Model):  # type: ignore[misc]  # as above
    def __init__(self, course: Course) -> None:
        super().__init__(seed=0)
        self.headings: list[list[list[int]]] = course.headings.tolist()
        for start, goal, ahead in zip(
            course.start.tolist(), course.goal.tolist(), course.ahead.tolist(), strict=True
        ):
            _Walker(self, start, goal, ahead)

    def step(self) -> None:
        """Everybody walks; at times all needs wear."""
        self.agents.do("walk")
        if self.steps % WEAR_EVERY == 0:
            self.agents.do("wear")


class MesaWalkers:
    """`sim.bench.walkers.Arm`, by Mesa."""

    def __init__(self, course: Course) -> None:
        self._town = _Town(course)

    def tick(self) -> None:
        """Everybody goes on by one tick."""
        self._town.step()

    def outcome(self) -> Outcome:
        """How things stand."""
        all_of = list(self._town.agents)
        return Outcome(
            ticks=self._town.steps,
            arrivals=sum(one.arrivals for one in all_of),
            needs=sum(sum(one.needs) for one in all_of),
            x=sum(one.x for one in all_of),
            y=sum(one.y for one in all_of),
        )
