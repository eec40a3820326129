"""Who is where, and who is like what: questions about everybody at once, answered from the columns."""

from __future__ import annotations

import numpy as np

from agents.toml_files import nearest
from agents.traits import TRAITS
from sim.columns import Rows
from sim.world import World


class CensusError(Exception):
    """The question names a place or a trait that there is not. One line."""


def who(
    world: World, place: str | None = None, trait: str | None = None, at_least: int | None = None
) -> Rows:
    """Rows of all who live here, stay at a place, and have so much of a trait in hundredths; all that is left out holds.

    Raises CensusError.
    """
    found = world.people.present.copy()
    if place is not None:
        found &= _at(world, place) & ~world.people.moving
    if trait is not None:
        found &= world.folk.traits[:, _column(trait)] >= (at_least or 0)
    return np.flatnonzero(found)


def _at(world: World, place: str) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Of every district."""
    index = world.town.place_index.get(place)
    if index is None:
        raise CensusError(f"there is no place {place!r}{nearest(place, world.town.place_index)}")
    at: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (
        world.people.goal_place % len(world.town.places) == index
    )
    return at


def _column(trait: str) -> int:
    if trait not in TRAITS:
        raise CensusError(f"there is no trait {trait!r}{nearest(trait, TRAITS)}")
    return TRAITS.index(trait)
