"""What a tick of the whole town costs, and how much faster than life it can go; each for a process of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from llm.tick_models import TickModels
from sim.app import build
from sim.app.settings import ASSETS, Settings
from sim.app.settings_sources import load_settings
from sim.bubbles import BubbleBoard
from sim.calendar import Calendar
from sim.clock import TICKS_PER_SECOND
from sim.step import step
from sim.view_protocol import NullView
from sim.world import World

SEED: Final = 7
LEAST_TICKS: Final = 240  # of one run: every slow system has its turn at least four times
DAY_TICKS: Final = Calendar().day_length_s * TICKS_PER_SECOND
WARM_UP_TICKS: Final = (
    2_400  # until as many are on their way as usual: all begin the first morning at what they are at
)
_TURN_TICKS: Final = 60  # between two looks at the clock: a turn of all systems


@dataclass(frozen=True, slots=True)
class Length:
    """Of a run."""

    seconds: float
    least_ticks: int = LEAST_TICKS
    warm_up_ticks: int = WARM_UP_TICKS


@dataclass(frozen=True, slots=True)
class Town:
    """What one run gave."""

    people: int
    districts: int
    founded_s: float
    ticks_ms: list[float]


def run_ticks(people: int, length: Length) -> Town:
    """Every tick of so many people with all systems on; what they ask of models is answered by nobody."""
    settings = settings_of(people)
    began_ns = time.perf_counter_ns()
    world = found(settings)
    founded_s = (time.perf_counter_ns() - began_ns) / 1e9
    build.settle_interpreter(settings)
    _ticks_ms(world, length.warm_up_ticks)
    spent: list[float] = []
    began_ns = time.perf_counter_ns()
    while len(spent) < length.least_ticks or time.perf_counter_ns() - began_ns < length.seconds * 1e9:
        spent += _ticks_ms(world, _TURN_TICKS)
    return Town(people, world.town.districts, founded_s, spent)


def run_fast(people: int, seconds: float, least_ticks: int = DAY_TICKS) -> float:
    """World seconds a second, through the loop that `--fast` runs; over a whole day, for nights are quicker than days."""
    settings = settings_of(people)
    world = found(settings)
    gate = build.gate_factory(settings, [persona for _, persona in world.roster.known()])
    loop = build.build_loop(world, TickModels(gate), BubbleBoard(), NullView(), fast=True)
    build.settle_interpreter(settings)
    for _ in range(LEAST_TICKS):
        loop.frame_of_one_tick()
    began_ns, ticks = time.perf_counter_ns(), 0
    while ticks < least_ticks or time.perf_counter_ns() - began_ns < seconds * 1e9:
        for _ in range(_TURN_TICKS):
            loop.frame_of_one_tick()
        ticks += _TURN_TICKS
    return ticks / TICKS_PER_SECOND / ((time.perf_counter_ns() - began_ns) / 1e9)


def settings_of(people: int) -> Settings:
    """The defaults, whatever the user's own are, and no model."""
    assignments = (
        f"world.npcs={people}",
        f"world.seed={SEED}",
        "llm.embedded.enabled=false",
        "llm.local.base_url=none",
    )
    return load_settings(assignments, environment={}, folder=ASSETS).settings


def found(settings: Settings) -> World:
    """The product's own town."""
    return build.build_world(settings, build.gather(settings, SEED), SEED)


def _ticks_ms(world: World, ticks: int) -> list[float]:
    spent = []
    for _ in range(ticks):
        began_ns = time.perf_counter_ns()
        step(world, ())
        world.take_questions()
        spent.append((time.perf_counter_ns() - began_ns) / 1e6)
    return spent
