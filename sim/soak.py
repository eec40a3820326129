"""`run_world.py soak`: a long life as fast as the machine allows, which watches itself and fails when a promise breaks.

What is promised of people: nobody starves or stands still, everybody sleeps and does many different things, memories
and the process stay bounded, and what people are to each other neither all fades nor all saturates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import psutil
from numpy.typing import NDArray

from agents.planner import Kind
from sim.activity import Activity
from sim.calendar import MINUTES_A_DAY
from sim.columns import CROWD_FROM, FULL
from sim.doings import Phase
from sim.events import Event, NpcActionPerformed
from sim.world import World

LOOK_MINUTES: Final = 10
LEAST_KINDS: Final = 8  # different actions that everybody does
MOST_IDLE_MINUTES: Final = 120  # awake
MOST_HUNGRY_MINUTES: Final = 12 * 60  # with nothing in the stomach at all
LEAST_HEALTH: Final = FULL // 5
SETTLED_DAY: Final = 3  # from when on the process should not grow
RINGS_FULL_DAY: Final = 5  # a ring of a hundred episodes is full on the fourth day
MOST_ROWS_GROWTH: Final = 1.25
MOST_RSS_GROWTH: Final = 1.10
SATURATED: Final = 950  # of 1000
MOST_SATURATED: Final = 0.35  # of the ties there are
FADED: Final = 25
MOST_FADED: Final = 0.75
_STOMACH: Final = ("nourishment", "hydration")
_MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class DayFacts:
    """How the town was at one noon."""

    day: int
    needs: tuple[float, ...]  # mean share of each that is met
    valence: float  # mean, -1000 to 1000
    arousal: float
    health: float  # mean share
    tie_strength: tuple[float, float, float]  # of each pair's strongest kind: 10th, 50th, 90th percentile
    saturated: float  # share of ties
    faded: float
    memory_rows: int
    rss_mb: float
    money: int  # all there is, in pennies


@dataclass(slots=True)
class LifeWatch:
    """Looks on, and never changes anything."""

    world: World
    days: list[DayFacts] = field(default_factory=list)
    kinds_done: dict[int, Counter[str]] = field(default_factory=dict)  # row -> actions
    slept: set[tuple[int, int]] = field(
        default_factory=set
    )  # (row, night): nights are counted from noon to noon
    _next: int = 0
    _idle: NDArray[np.int64] = field(init=False)  # minutes
    _hungry: NDArray[np.int64] = field(init=False)
    longest_idle: NDArray[np.int64] = field(init=False)
    longest_hungry: NDArray[np.int64] = field(init=False)
    lowest_health: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.world)
        for name in ("_idle", "_hungry", "longest_idle", "longest_hungry"):
            setattr(self, name, np.zeros(count, dtype=np.int64))
        self.lowest_health = np.full(count, FULL, dtype=np.int64)
        self.world.events.subscribe(self._note)

    def __call__(self) -> None:
        """Look now and then; called once a tick."""
        if self.world.tick < self._next:
            return
        self._next = self.world.tick + self.world.rules.calendar.ticks(LOOK_MINUTES)
        self._look()
        moment = self.world.moment
        if moment.minute >= MINUTES_A_DAY // 2 and (not self.days or self.days[-1].day < moment.day):
            self.days.append(facts_of(self.world))

    def _note(self, event: Event) -> None:
        if isinstance(event, NpcActionPerformed):
            self.kinds_done.setdefault(event.npc, Counter())[event.action] += 1
            table = self.world.lore.actions
            if table.kind[table.index[event.action]] == Kind.SLEEP:
                self.slept.add((event.npc, _night(self.world)))

    def _look(self) -> None:
        world = self.world
        people, needs = world.people, world.wellbeing.needs
        awake = people.activity != Activity.SLEEPING
        idle = (
            (world.doings.phase == Phase.IDLE) & awake & ~people.moving & (people.talk < 0) & people.present
        )
        empty = (needs[:, [world.lore.needs.index[name] for name in _STOMACH]] == 0).any(axis=1)
        self._idle = np.where(idle, self._idle + LOOK_MINUTES, 0)
        self._hungry = np.where(empty, self._hungry + LOOK_MINUTES, 0)
        self.longest_idle = np.maximum(self.longest_idle, self._idle)
        self.longest_hungry = np.maximum(self.longest_hungry, self._hungry)
        self.lowest_health = np.minimum(self.lowest_health, world.wellbeing.physical)

    # -- what was promised

    def broken(self) -> list[str]:
        """Each promise that did not hold, in a line."""
        return [*self._lives(), *self._bounds(), *self._bonds()]

    def _lives(self) -> Iterator[str]:
        world = self.world
        nights = range(1, _night(world) if world.moment.minute < MINUTES_A_DAY // 2 else world.moment.day)
        for row in range(min(len(world), CROWD_FROM)):
            name = world.roster.persona(row).name
            done = len(self.kinds_done.get(row, ()))
            if world.moment.day > SETTLED_DAY and done < LEAST_KINDS:
                yield f"{name} has done {done} different things, expected {LEAST_KINDS}"
            awake = [night for night in nights if (row, night) not in self.slept]
            if awake:
                yield f"{name} has not slept in night {awake[0]} ({len(awake)} of {len(nights)} nights)"
            if self.longest_idle[row] > MOST_IDLE_MINUTES:
                yield f"{name} stood idle for {self.longest_idle[row]} minutes, expected {MOST_IDLE_MINUTES} at most"
            if self.longest_hungry[row] > MOST_HUNGRY_MINUTES:
                yield f"{name} had nothing in the stomach for {self.longest_hungry[row]} minutes"
            if self.lowest_health[row] < LEAST_HEALTH:
                yield f"{name} was ill to {self.lowest_health[row] * 100 // FULL} %"

    def _bounds(self) -> Iterator[str]:
        settled = [day for day in self.days if day.day >= SETTLED_DAY]
        if len(settled) < 2:
            return
        first, last = settled[0], settled[-1]
        if last.rss_mb > first.rss_mb * MOST_RSS_GROWTH:
            yield f"the process grew from {first.rss_mb:.0f} to {last.rss_mb:.0f} MB after day {first.day}"
        full = next((day for day in settled if day.day >= RINGS_FULL_DAY), last)
        if last.memory_rows > full.memory_rows * MOST_ROWS_GROWTH:
            yield f"memories grew from {full.memory_rows} to {last.memory_rows} rows after day {full.day}"
        if len({day.money for day in self.days}) > 1:
            yield f"money was made or lost: {sorted({day.money for day in self.days})}"

    def _bonds(self) -> Iterator[str]:
        if not self.days:
            return
        last = self.days[-1]
        if last.saturated > MOST_SATURATED:
            yield f"{last.saturated:.0%} of ties are saturated, expected {MOST_SATURATED:.0%} at most"
        if last.faded > MOST_FADED:
            yield f"{last.faded:.0%} of ties have faded, expected {MOST_FADED:.0%} at most"

    def report(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "days": [{name: getattr(day, name) for name in DayFacts.__slots__} for day in self.days],
            "different_actions": {
                "min": min((len(done) for done in self.kinds_done.values()), default=0),
                "all": sorted({action for done in self.kinds_done.values() for action in done}),
            },
            "longest_idle_minutes": int(self.longest_idle.max()),
            "longest_empty_stomach_minutes": int(self.longest_hungry.max()),
            "lowest_health": round(float(self.lowest_health.min()) / FULL, 3),
            "broken": self.broken(),
        }


def facts_of(world: World) -> DayFacts:
    """How the town is now."""
    wellbeing = world.wellbeing
    strengths = _tie_strengths(world)
    tenth, half, ninetieth = np.percentile(strengths, (10, 50, 90)) if strengths.size else (0.0, 0.0, 0.0)
    return DayFacts(
        day=world.moment.day,
        needs=tuple(round(float(share), 4) for share in wellbeing.needs.mean(axis=0) / FULL),
        valence=round(float(wellbeing.valence.mean()), 1),
        arousal=round(float(wellbeing.arousal.mean()), 1),
        health=round(float(wellbeing.physical.mean()) / FULL, 4),
        tie_strength=(float(tenth), float(half), float(ninetieth)),
        saturated=float((strengths >= SATURATED).mean()) if strengths.size else 0.0,
        faded=float((strengths < FADED).mean()) if strengths.size else 0.0,
        memory_rows=world.memories.rows(),
        rss_mb=round(psutil.Process().memory_info().rss / _MEBIBYTE, 1),
        money=int(world.livelihood.money.sum() + world.tills.money.sum()) + world.treasury,
    )


def _tie_strengths(world: World) -> NDArray[np.int16]:
    """The strongest kind of each tie there is."""
    strongest: NDArray[np.int16] = world.ties.strength.max(axis=2)[world.ties.other >= 0]
    return strongest


def _night(world: World) -> int:
    """The number of the night that this noon ends: before noon it is the one that was, after it the one to come."""
    moment = world.moment
    return moment.day - 1 if moment.minute < MINUTES_A_DAY // 2 else moment.day
