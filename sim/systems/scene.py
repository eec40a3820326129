"""What two people who meet can truly say of where and when they are, and of each other."""

from __future__ import annotations

from typing import Final

from agents.conversation.talk import Conversation
from agents.persona import Persona, Relation, Traits
from agents.templates import Scene
from sim.town import Place
from sim.world import World

_SKY: Final = ("a clear sky", "clouds", "rain", "a storm", "fog", "snow", "wind")  # by weather
_HIGH: Final = 0.7
_LOW: Final = 0.3
_STREET_KIND: Final = "public"


def describe(world: World, talk: Conversation) -> str:
    """The scene of a talk in one line; it does not change while the talk lasts."""
    first, second = (world.minds[row].persona for row in talk.participants[:2])
    where = _where(world, talk.participants[1])
    at = where.title if where else "in the street"
    return (
        f"{world.moment.period.value.capitalize()}, {at}, {_SKY[world.weather.now]}. "
        f"{first.first_name}, the {first.occupation}, meets {second.first_name}, the {second.occupation}."
    )


def template_scene(world: World, talk: Conversation) -> Scene:
    """What template lines may speak of for the one who has the floor."""
    speaker, listener = world.minds[talk.speaker].persona, world.minds[talk.listener].persona
    where = _where(world, talk.listener)
    relation = speaker.relation_to(listener.id)
    known = _somebody_both_know(world, talk)
    return Scene(
        speaker=speaker.first_name,
        listener=listener.first_name,
        occupation=speaker.occupation,
        listener_occupation=listener.occupation,
        place=where.title if where else "the corner",
        place_id=where.id if where else "",
        place_kind=where.kind if where else _STREET_KIND,
        period=world.moment.period.value,
        weather=world.weather.word,
        topic=talk.thread,
        interest=speaker.interests[world.chance.below(len(speaker.interests))],
        goal=speaker.goal,
        listener_place=_title(world, listener.workplace),
        third=known[0] if known else "",
        relation_note=known[1].note if known else "",
        relation=relation.kind if relation else "",
        tilts=_tilts(speaker.traits),
    )


def _where(world: World, row: int) -> Place | None:
    """The place whose ground somebody stands on; None in the street."""
    x, y = world.people.tile[row].tolist()
    return world.town.place_at(x, y)


def _title(world: World, place: str) -> str:
    index = world.town.place_index.get(place)
    return "" if index is None else world.town.places[index].title


def _somebody_both_know(world: World, talk: Conversation) -> tuple[str, Relation] | None:
    """A third person whom one of them knows, the same for the whole talk: first name and what there is to say."""
    speaker, listener = (world.minds[row].persona for row in sorted((talk.speaker, talk.listener)))
    ties = [
        (persona.first_name, relation)
        for _, persona in world.roster.residents()
        if persona.id not in (speaker.id, listener.id) and (relation := _tie(persona, speaker, listener))
    ]
    return ties[talk.id % len(ties)] if ties else None


def _tie(third: Persona, one: Persona, other: Persona) -> Relation | None:
    """Something to tell of the third that is about neither of the two who talk."""
    if not (one.relation_to(third.id) or other.relation_to(third.id)):
        return None
    others = [relation for relation in third.relations if relation.to not in (one.id, other.id)]
    return others[0] if others else None


def _tilts(traits: Traits) -> frozenset[str]:
    """Where somebody is far from the middle."""
    values = traits.model_dump().items()
    high = {f"{name}_high" for name, value in values if value >= _HIGH}
    return frozenset(high | {f"{name}_low" for name, value in values if value <= _LOW})
