"""Needs wear with the hours, faster for some, outdoors in bad weather, and for the ill; and going without makes ill.

A rate an hour becomes whole steps by adding the number of the step to it before dividing: over the steps of an hour
that is the rate exactly (Hermite's identity), however small it is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.needs import ABSENT, ASLEEP, BANDS, CRITICAL, MARGIN, OUTDOORS, STRAINED
from sim.activity import Activity
from sim.columns import CROWD_FROM, FULL, Rows
from sim.events import NeedsUpdated
from sim.world import World

EVERY: Final = 30  # ticks from one call to the next

_LEAST_AT_FIRST: Final = FULL * 55 // 100
_ILL: Final = FULL * 4 // 10  # of health, below which everything wears faster
_BODY_LOSES: Final = 12_000  # an hour, for each critical need of the body
_MIND_LOSES: Final = 5_000  # an hour, for each critical need for others and for respect
_BODY_MENDS: Final = 20_000  # an hour
_MIND_MENDS: Final = 10_000

Flags = NDArray[np.bool_]


def wear(world: World) -> None:
    """What thirty ticks cost everybody who is here."""
    needs, table = world.wellbeing.needs, world.lore.needs
    steps = steps_an_hour(world)
    worn = table.factors[world.weather.now].take(_conditions(world), axis=0)
    worn *= table.rates(world.folk.traits)
    worn += world.tick // EVERY % steps * 100  # rates are in hundredths here
    worn //= steps * 100
    needs -= worn
    needs.clip(0, FULL, out=needs)
    _mark(world)
    _heal(world, steps)


def steps_an_hour(world: World) -> int:
    """How often an hour of the calendar the slow systems run."""
    return max(1, (world.rules.calendar.ticks_per_hour + EVERY // 2) // EVERY)


def _conditions(world: World) -> NDArray[np.int8]:
    """By which row of the table everybody wears."""
    people, wellbeing = world.people, world.wellbeing
    strained = wellbeing.physical < _ILL
    strained |= wellbeing.band[:, world.lore.needs.index["rest"]] == CRITICAL
    condition = strained.view(np.int8) * np.int8(STRAINED)
    condition += _outdoors(world).view(np.int8) * np.int8(OUTDOORS)
    condition += (people.activity == Activity.SLEEPING).view(np.int8) * np.int8(ASLEEP)
    np.putmask(condition, ~people.present, ABSENT)
    return condition


def _outdoors(world: World) -> Flags:
    """Who is on the way, or at a place that has no roof."""
    places = world.town.places
    here = world.people.goal_place
    roofless = np.array([not place.indoor for place in places])
    outdoors: Flags = roofless.take(here if world.town.districts == 1 else here % len(places))
    return outdoors | world.people.moving


def _mark(world: World) -> None:
    """Say of each need whether it is met; to rise again it must leave the threshold well behind."""
    wellbeing, table = world.wellbeing, world.lore.needs
    needs, present = wellbeing.needs, world.people.present
    at_least = _below(needs, table.low, table.critical)
    at_most = _below(needs, table.low + MARGIN, table.critical + MARGIN)
    np.minimum(at_most, wellbeing.band, out=at_most)
    np.maximum(at_most, at_least, out=at_most)
    np.copyto(at_most, wellbeing.band, where=~present[:, np.newaxis])
    before, wellbeing.band = wellbeing.band, at_most
    _tell(world, before[:CROWD_FROM])


def _below(needs: NDArray[np.int32], low: NDArray[np.int32], critical: NDArray[np.int32]) -> NDArray[np.int8]:
    """How many of the two thresholds each need lies under."""
    below = (needs < low).view(np.int8)
    below += (needs < critical).view(np.int8)
    return below


def _tell(world: World, before: NDArray[np.int8]) -> None:
    """An event for each threshold that somebody who is watched has crossed."""
    now = world.wellbeing.band[: len(before)]
    crossed = now != before
    if not crossed.any():
        return
    for row, need in np.argwhere(crossed).tolist():
        world.events.fire(
            NeedsUpdated(
                tick=world.tick,
                npc=row,
                need=world.lore.needs.names[need],
                band=BANDS[now[row, need]],
                before=BANDS[before[row, need]],
            )
        )


def _heal(world: World, steps: int) -> None:
    """Health goes while something is critical that it needs, and comes back slowly when nothing is."""
    wellbeing, table = world.wellbeing, world.lore.needs
    missing = (wellbeing.band == CRITICAL).view(np.int8)
    for health, part, loses, mends in (
        (wellbeing.physical, table.of_body, _BODY_LOSES, _BODY_MENDS),
        (wellbeing.mental, table.of_mind, _MIND_LOSES, _MIND_MENDS),
    ):
        lacking = missing @ part
        an_hour = lacking * np.int32(-loses)
        np.putmask(an_hour, lacking == 0, mends)
        an_hour += world.tick // EVERY % steps
        an_hour //= steps
        an_hour *= world.people.present
        np.add(health, an_hour, out=health)
        np.maximum(health, 0, out=health)
        np.minimum(health, FULL, out=health)


def first_needs(world: World, rows: Rows) -> None:
    """These people come with a share of everything that chance gives them, in good health, wanting for nothing yet."""
    wellbeing = world.wellbeing
    shape = (rows.size, len(world.lore.needs.names))
    more = world.chance.below_each(FULL - _LEAST_AT_FIRST + 1, shape[0] * shape[1]).reshape(shape)
    wellbeing.needs[rows] = _LEAST_AT_FIRST + more
    wellbeing.band[rows] = 0
    wellbeing.physical[rows] = wellbeing.mental[rows] = FULL
