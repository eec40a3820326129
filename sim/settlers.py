"""From personas to columns: what everybody is, as the systems read it."""

from __future__ import annotations

from agents.persona import Persona
from agents.planner import TURNS
from agents.traits import TRAITS
from sim.calendar import minute_of
from sim.columns import Rows
from sim.town import MapError, Town
from sim.world import World

_HUNDREDTHS = 100


def write_folk(world: World, rows: Rows) -> None:
    """Write who these people are into the columns. Raises MapError if the map lacks a place that one of them needs."""
    for row in rows.tolist():
        write_person(world, row, world.roster.persona(row))


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


def _places_of(persona: Persona) -> tuple[str, ...]:
    """Home, work, haunt, and where they like to be."""
    work = persona.workplace or persona.haunt
    return (persona.home, work, persona.haunt, *persona.routine.leisure_places)


def _place(town: Town, persona: Persona, place: str) -> int:
    index = town.place_index.get(place)
    if index is None:
        raise MapError(f"{town.path}: has no place {place!r}, which {persona.name} needs")
    return index
