"""People come to town, change and leave: what a person outside wants of them, done between two moments of a life.

What enters here was checked at the door; it is checked again, because a recording or a second wish of the same tick may
know less. What cannot be is left undone, and the world stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, assert_never

import numpy as np

from agents.conversation.talk import Happening
from agents.persona import Persona, PersonaError, persona_of
from agents.toml_files import nearest
from sim.activity import Activity
from sim.columns import NEVER
from sim.doings import NO_ACTION, NOBODY
from sim.doings import Phase as Doing
from sim.founding import add_people
from sim.inputs import PersonChange, PersonCreated, PersonRemoved, PersonUpdated
from sim.settlers import write_person
from sim.systems.feel import set_temper
from sim.systems.part import depart
from sim.systems.plan import plan
from sim.systems.walk import anchor
from sim.ties import first_ties
from sim.world import World

_SHOWN: Final = 40  # characters of an id that may be anything
_MAKES_A_DAY: Final = ("home", "workplace", "haunt", "traits", "routine")  # another one, another day


def change_people(world: World, change: PersonChange) -> None:
    """Let it happen, if it can."""
    try:
        match change:
            case PersonCreated(table=table):
                _come(world, newcomer(world, table))
            case PersonUpdated(npc=row, table=table):
                _become(world, row, person_changed(world, row, table))
            case PersonRemoved(npc=row):
                leaver(world, row)
                _leave(world, row)
            case _:
                assert_never(change)
    except PersonaError:
        return  # who asked was told at the door, where the same was checked


# -- what can be: asked at the door, and again in the tick


def newcomer(world: World, table: Mapping[str, Any]) -> Persona:
    """Who would come to live here. Raises PersonaError if nobody can be like that, or if they are here."""
    persona = persona_of(_source(table), dict(table))
    row = _resident(world, persona.id)
    if row is not None and world.people.present[row]:
        raise PersonaError(f"{persona.id}: id: somebody with this id lives here already")
    return _fitting(world, persona, row)


def person_changed(world: World, row: int, table: Mapping[str, Any]) -> Persona:
    """Who somebody would be with these keys. Raises PersonaError if nobody can be like that."""
    before = leaver(world, row)
    persona = persona_of(Path(before.id), _merged(before.model_dump(mode="json"), table))
    if persona.id != before.id:
        raise PersonaError(f"{before.id}: id: it stays for life, and cannot become {persona.id!r}")
    return _fitting(world, persona, row)


def leaver(world: World, row: int) -> Persona:
    """Who lives here in that row. Raises PersonaError if nobody does."""
    if not 0 <= row < len(world) or not world.people.present[row]:
        raise PersonaError(f"row {row}: nobody who lives here")
    return world.roster.persona(row)


def _source(table: Mapping[str, Any]) -> Path:
    """How a person of no file is called in a complaint."""
    return Path(str(table.get("id", "somebody new"))[:_SHOWN])


def _merged(table: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Key by key, and so within tables."""
    merged = dict(table)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, Mapping)
        merged[key] = _merged(below, value) if both and below is not None else value
    return merged


def _resident(world: World, persona_id: str) -> int | None:
    return next((row for row, one in world.roster.residents() if one.id == persona_id), None)


def _fitting(world: World, persona: Persona, own_row: int | None) -> Persona:
    """The same, if the town has all their places, those they are tied to, and no other of that first name."""
    town, residents = world.town, world.roster.residents()
    needed = (persona.home, persona.workplace or persona.haunt, persona.haunt)
    for place in (*needed, *persona.routine.leisure_places):
        if place not in town.place_index:
            raise PersonaError(
                f"{persona.id}: the town has no place {place!r}{nearest(place, town.place_index)}"
            )
    ids = {one.id for _, one in residents}
    for relation in persona.relations:
        if relation.to not in ids or relation.to == persona.id:
            raise PersonaError(
                f"{persona.id}: relations: nobody else has the id {relation.to!r}{nearest(relation.to, ids)}"
            )
    for row, one in residents:
        if row != own_row and one.first_name == persona.first_name and world.people.present[row]:
            raise PersonaError(f"{persona.id}: name: the first name {one.first_name!r} is taken by {one.id}")
    return persona


# -- what is done


def _come(world: World, persona: Persona) -> None:
    """A new row behind all others; who comes back finds their own, with all that they had and knew."""
    row = _resident(world, persona.id)
    if row is None:
        add_people(world, [persona])
        return
    world.people.present[row] = True
    _become(world, row, persona)
    world.doings.due[row] = world.tick + 1
    world.next_due = min(world.next_due, world.tick + 1)


def _become(world: World, row: int, persona: Persona) -> None:
    """From now on they are like this; a day that no longer fits is planned anew."""
    before = world.roster.persona(row)
    world.roster.put(row, persona)
    world.minds[row].persona = persona
    write_person(world, row, persona)
    set_temper(world, np.array([row]))
    first_ties(world, np.array([row]))
    if any(getattr(before, key) != getattr(persona, key) for key in _MAKES_A_DAY):
        plan(world, np.array([row], dtype=np.intp))


def _leave(world: World, row: int) -> None:
    """Out of their talk, off the street, and nobody whom anything happens to."""
    talk = world.talks.get(int(world.people.talk[row]))
    if talk is not None:
        depart(world, talk, row, Happening.LEFT_ALONE)
    _stand_aside(world, row)
    mind = world.minds[row]
    if mind.awaits is not None and mind.awaits not in world.to_cancel:
        world.to_cancel.append(mind.awaits)
    if world.spotlight == row:
        world.spotlight = None


def _stand_aside(world: World, row: int) -> None:
    people, doings = world.people, world.doings
    people.position[row] = anchor(people, row, people.tile[row], world.town.tile_px)
    people.present[row] = people.moving[row] = people.held[row] = False
    people.talk[row] = -1
    people.velocity[row] = 0.0
    people.reach_at[row] = NEVER
    people.next_tile[row] = people.tile[row]
    people.activity[row] = Activity.RESTING
    world.walks.pop(row, None)
    doings.action[row], doings.phase[row], doings.partner[row] = NO_ACTION, Doing.IDLE, NOBODY
    doings.due[row] = NEVER
    doings.partner[doings.partner == row] = NOBODY
    doings.plan_partner[doings.plan_partner == row] = NOBODY
