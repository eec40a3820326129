"""The first morning: from map, personas, rules and seed to a world in which everybody is where their day puts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.mind import Mind
from agents.persona import Persona
from agents.routine import slot_at
from agents.templates import TemplateBook
from sim.chance import Chance
from sim.clock import TICKS_PER_SECOND
from sim.navigation import Navigation
from sim.people import empty_people
from sim.rules import Rules
from sim.systems.plan import begin_slot, make_plans
from sim.systems.walk import anchor
from sim.town import MapError, Town
from sim.world import World

_SLOWEST_PX_A_SECOND: Final = 26  # 1.6 tiles: a stroll
_SPEED_SPREAD: Final = 9
_LANE_PX: Final = 3  # how far from a tile's centre somebody may walk


def found_world(rules: Rules, town: Town, personas: Sequence[Persona], book: TemplateBook) -> World:
    """The world before its first tick. Raises MapError if the map lacks a place that somebody needs."""
    _check_places(town, personas)
    world = World(
        rules=rules,
        town=town,
        navigation=Navigation(town),
        book=book,
        people=empty_people(len(personas)),
        minds=[Mind(persona) for persona in personas],
        chance=Chance(rules.seed),
    )
    make_plans(world)
    _give_bodies(world)
    for row in range(len(personas)):
        _place(world, row)
    return world


def _check_places(town: Town, personas: Sequence[Persona]) -> None:
    for persona in personas:
        times = persona.routine
        for place in (persona.home, persona.workplace or persona.haunt, persona.haunt, *times.leisure_places):
            if place not in town.place_index:
                raise MapError(f"{town.path}: has no place {place!r}, which {persona.name} needs")


def _give_bodies(world: World) -> None:
    """Everybody's own pace and side of the street."""
    people, count = world.people, len(world.people)
    pace = _SLOWEST_PX_A_SECOND + world.chance.below_each(_SPEED_SPREAD, count)
    people.speed[:] = pace / TICKS_PER_SECOND
    people.lane[:] = world.chance.below_each(2 * _LANE_PX + 1, 2 * count).reshape(count, 2) - _LANE_PX


def _place(world: World, row: int) -> None:
    """Stand on the spot where the plan's slot of this minute is spent, already at it."""
    people, town = world.people, world.town
    begin_slot(world, row, slot_at(world.plans[row], world.moment.minute))
    spot = world.navigation.spots[int(people.goal_place[row])][int(people.goal_spot[row])]
    people.tile[row] = people.next_tile[row] = spot
    people.position[row] = anchor(people, row, np.array(spot), town.tile_px)
    people.moving[row] = False
    people.activity[row] = people.errand[row]
