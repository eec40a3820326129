"""The first morning: from map, people, tables and seed to a world in which everybody is where their day puts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from agents.persona import Persona
from agents.templates import TemplateBook
from sim.chance import Chance
from sim.clock import TICKS_PER_SECOND
from sim.columns import NEVER, Rows
from sim.doings import nothing_done
from sim.errands import errands_of
from sim.folk import empty_folk
from sim.happenings import Happenings
from sim.livelihood import empty_tills, no_means
from sim.lore import Lore
from sim.memories import Memories
from sim.minds import Minds
from sim.navigation import Navigation
from sim.people import empty_people
from sim.roster import Roster
from sim.rules import Rules
from sim.settlers import write_folk
from sim.systems.choose import choose
from sim.systems.feel import first_moods
from sim.systems.plan import plan
from sim.systems.subject import first_tastes
from sim.systems.trade import first_means, first_stocks
from sim.systems.walk import anchor
from sim.systems.wear import first_needs
from sim.tastes import no_tastes
from sim.ties import first_ties, no_ties
from sim.town import Town
from sim.weather import Weather
from sim.wellbeing import well
from sim.world import World

_SLOWEST_PX_A_SECOND: Final = 26  # 1.6 tiles: a stroll
_SPEED_SPREAD: Final = 9
_LANE_PX: Final = 3  # how far from a tile's centre somebody may walk
_FIRST_MINUTES: Final = 8  # within which all begin what they are at
_WEATHER_SEED: Final = 0x5EA7_0000_0000  # added to the seed, so that the sky's chance is none of the town's
_EVENT_SEED: Final = 0xE7E7_0000_0000


def found_world(rules: Rules, lore: Lore, town: Town, roster: Roster, book: TemplateBook) -> World:
    """The world before its first tick. Raises MapError if the map lacks a place that somebody needs."""
    count, navigation = len(roster), Navigation(town)
    world = World(
        rules=rules,
        lore=lore,
        town=town,
        navigation=navigation,
        errands=errands_of(lore.actions, town, navigation),
        book=book,
        roster=roster,
        people=empty_people(count),
        folk=empty_folk(count),
        wellbeing=well(count, len(lore.needs.names)),
        livelihood=no_means(count),
        tills=empty_tills(len(town.places) * town.districts),
        doings=nothing_done(count, len(lore.actions)),
        ties=no_ties(count),
        tastes=no_tastes(count, len(lore.topics.topics)),
        memories=Memories(count, rules.memory),
        weather=Weather(Chance(rules.seed + _WEATHER_SEED)),
        happenings=Happenings(Chance(rules.seed + _EVENT_SEED)),
        minds=Minds(roster),
        chance=Chance(rules.seed),
    )
    first_stocks(world)
    settle(world, np.arange(count))
    return world


def add_people(world: World, personas: Sequence[Persona]) -> Rows:
    """More people come to live here; their rows. Raises MapError if the map lacks a place that one of them needs."""
    first, count = len(world), len(personas)
    for offset, persona in enumerate(personas):
        world.roster.put(first + offset, persona)
    world.people.append(empty_people(count))
    world.folk.append(empty_folk(count))
    world.wellbeing.append(well(count, len(world.lore.needs.names)))
    world.livelihood.append(no_means(count))
    world.doings.append(nothing_done(count, len(world.lore.actions)))
    world.ties.append(no_ties(count, like=world.ties))
    world.tastes.append(no_tastes(count, len(world.lore.topics.topics)))
    world.memories.append(count)
    rows = np.arange(first, first + count)
    settle(world, rows)
    return rows


def settle(world: World, rows: Rows) -> None:
    """Make these rows the people that the roster says, each at what they would be at just now."""
    write_folk(world, rows)
    _give_bodies(world, rows)
    first_needs(world, rows)
    first_means(world, rows)
    first_ties(world, rows)
    first_moods(world, rows)
    first_tastes(world, rows)
    plan(world, rows)
    world.people.goal_place[rows] = world.folk.home[rows]
    choose(world, rows)
    _place(world, rows)


def _give_bodies(world: World, rows: Rows) -> None:
    """Everybody's own pace and side of the street."""
    people, count = world.people, rows.size
    pace = _SLOWEST_PX_A_SECOND + world.chance.below_each(_SPEED_SPREAD, count)
    people.speed[rows] = pace / TICKS_PER_SECOND
    people.lane[rows] = world.chance.below_each(2 * _LANE_PX + 1, 2 * count).reshape(count, 2) - _LANE_PX
    people.present[rows] = True


def _place(world: World, rows: Rows) -> None:
    """Stand on the spot where it is done, and begin it within some minutes."""
    people, town = world.people, world.town
    tiles = world.navigation.spot_tiles(people.goal_place[rows], people.goal_spot[rows])
    people.tile[rows] = people.next_tile[rows] = tiles
    people.position[rows] = anchor(people, rows, tiles, town.tile_px)
    people.moving[rows] = False
    people.velocity[rows] = 0.0
    people.reach_at[rows] = NEVER
    people.activity[rows] = people.errand[rows]
    within = int(world.rules.calendar.ticks(_FIRST_MINUTES))
    world.doings.due[rows] = world.tick + 1 + world.chance.below_each(within, rows.size)
    world.next_due = min(world.next_due, world.tick + 1)
