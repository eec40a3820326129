"""Things happen in town, on their day or by chance; who could see or hear it remembers, and may want to go there."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.happenings import Happening
from agents.memory import Category
from agents.template_files import WEATHERS
from sim.calendar import Moment
from sim.columns import Rows
from sim.events import WorldEventTriggered
from sim.happenings import GoingOn
from sim.inputs import EventWanted
from sim.memories import Noted
from sim.sensing import who_senses
from sim.systems.feel import stir
from sim.world import World

EVERY: Final = 60  # ticks from one call to the next
_MINUTES: Final = 60
_THOUSAND: Final = 1000


def happen(world: World) -> None:
    """End what is over; once an hour of the calendar see what begins."""
    _end(world)
    calendar = world.rules.calendar
    now, before = calendar.at(world.tick), calendar.at(max(world.tick - EVERY, 0))
    if now.minute // _MINUTES == before.minute // _MINUTES and now.day == before.day:
        return
    for what in world.lore.happenings.happenings:
        if _comes(world, what, now):
            begin(world, what)


def event_wanted(world: World, wish: EventWanted) -> None:
    """Somebody outside wants it to happen now."""
    number = world.lore.happenings.index.get(wish.event)
    if number is not None:
        begin(world, world.lore.happenings.happenings[number])


def begin(world: World, what: Happening) -> None:
    """It begins at one of its places, unless it goes on already or the map has none of them."""
    places = [world.town.place_index[name] for name in what.places if name in world.town.place_index]
    if not places or any(one.what.id == what.id for one in world.happenings.active):
        return
    place = places[world.happenings.chance.below(len(places))]
    until = world.tick + world.rules.calendar.ticks(what.minutes)
    going_on = GoingOn(what, place, world.tick, until)
    world.happenings.active.append(going_on)
    name = world.town.places[place].id
    world.events.fire(WorldEventTriggered(world.tick, what.id, name, what.now))
    _sensed(world, going_on)


def _end(world: World) -> None:
    happenings = world.happenings
    for one in [one for one in happenings.active if one.until <= world.tick]:
        happenings.active.remove(one)
        happenings.past.append(one)


def _comes(world: World, what: Happening, now: Moment) -> bool:
    """Whether it begins in this hour."""
    hour = now.minute // _MINUTES
    if what.seasons and now.season not in what.seasons:
        return False
    if what.weathers and WEATHERS[world.weather.now] not in what.weathers:
        return False
    first, last = what.hours
    if what.every:
        return hour == first and (now.day - 1) % what.every == what.on - 1
    within = first <= hour < last
    return within and world.happenings.chance.below(_THOUSAND * (last - first)) < what.chance


def _sensed(world: World, going_on: GoingOn) -> None:
    """Who is near enough keeps it in mind; all others may hear of it in a talk."""
    what = going_on.what
    spot = world.navigation.spot_tiles(np.array([going_on.place]), np.array([0]))[0]
    rows = who_senses(world, (int(spot[0]), int(spot[1])), what.radius)
    if rows.size == 0:
        return
    stir(world, rows, *what.mood)
    world.memories.note(
        rows,
        Noted(
            tick=world.tick,
            category=Category.EVENT,
            place=_here(world, rows, going_on.place),
            impact=what.mood[0] * 4,
            importance=what.importance,
            text=what.now,
        ),
    )


def _here(world: World, rows: Rows, place: int) -> Rows:
    """That place of the district where each is."""
    count = len(world.town.places)
    return world.people.goal_place[rows] // count * count + place
