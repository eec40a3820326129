"""From personas to columns: what everybody is, as the systems read it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.persona import Persona
from agents.planner import TURNS
from agents.traits import TRAITS
from agents.villagers import PLACE_IDS
from sim.calendar import minute_of
from sim.columns import CROWD_FROM, Rows
from sim.roster import Roster
from sim.town import MapError, Town
from sim.world import World

_HUNDREDTHS = 100


def write_folk(world: World, rows: Rows) -> None:
    """Write who these people are into the columns. Raises MapError if the map lacks a place that one of them needs."""
    crowd = _is_crowd(world.roster, rows)
    for row in rows[~crowd].tolist():
        write_person(world, row, world.roster.persona(row))
    if crowd.any():
        write_crowd(world, rows[crowd])


def write_person(world: World, row: int, persona: Persona) -> None:
    """One of them, whose places are those of the district that the row belongs to."""
    folk, town = world.folk, world.town
    district = town.district_of_row(row) * len(town.places)
    places = [district + _place(town, persona, place) for place in _places_of(persona)]
    folk.traits[row] = [round(getattr(persona.traits, trait, 0.5) * _HUNDREDTHS) for trait in TRAITS]
    folk.employed[row] = bool(persona.workplace)
    folk.home[row], folk.work[row], folk.haunt[row] = places[:3]
    folk.leisure[row] = (places[3], places[-1])
    folk.routine[row] = [minute_of(getattr(persona.routine, turn)) for turn in TURNS]


def write_crowd(world: World, rows: Rows) -> None:
    """Many made-up ones at once, without making a person of any of them."""
    folk, town = world.folk, world.town
    many = world.roster.villagers(rows)
    district = town.districts_of_rows(rows) * len(town.places)
    folk.traits[rows], folk.employed[rows], folk.routine[rows] = many.traits, many.employed, many.routine
    for column, place in (
        (folk.home, many.home),
        (folk.work, many.workplace),
        (folk.haunt, many.haunt),
        *((folk.leisure[:, side], many.leisure[:, side]) for side in (0, 1)),
    ):
        column[rows] = district + _places(town, place)


def _is_crowd(roster: Roster, rows: Rows) -> NDArray[np.bool_]:
    """Who is nobody yet: beyond the watched, and neither written nor changed by anybody."""
    residents = [row for row, _ in roster.residents()]
    crowd: NDArray[np.bool_] = (rows >= CROWD_FROM) & ~np.isin(rows, residents)
    return crowd


def _places_of(persona: Persona) -> tuple[str, ...]:
    """Home, work, haunt, and where they like to be."""
    work = persona.workplace or persona.haunt
    return (persona.home, work, persona.haunt, *persona.routine.leisure_places)


def _place(town: Town, persona: Persona, place: str) -> int:
    index = town.place_index.get(place)
    if index is None:
        raise MapError(f"{town.path}: has no place {place!r}, which {persona.name} needs")
    return index


def _places(town: Town, places: NDArray[np.int32]) -> NDArray[np.int64]:
    """The town's own numbers of these places."""
    index = np.array([town.place_index.get(id_, -1) for id_ in PLACE_IDS])
    found: NDArray[np.int64] = index[places]
    if (found < 0).any():
        missing = PLACE_IDS[int(places[found < 0][0])]
        raise MapError(f"{town.path}: has no place {missing!r}, which somebody of the crowd needs")
    return found
