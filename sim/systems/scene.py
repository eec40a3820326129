"""What people who meet can truly say of where and when they are, of each other, and of what they lived through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from agents.actions import Grade
from agents.conversation.talk import Conversation
from agents.memory import GOOD, POOR, Category
from agents.persona import Persona, Relation, Traits
from agents.templates import Scene, Topic
from sim.memories import Episode
from sim.tie_columns import Level
from sim.ties import at_levels, tie
from sim.town import Place
from sim.world import World

_SKY: Final = ("a clear sky", "clouds", "rain", "a storm", "fog", "snow", "wind")  # by weather
_HIGH: Final = 0.7
_LOW: Final = 0.3
_STREET_KIND: Final = "public"
_PAIR: Final = 2
_NEWEST: Final = 6  # episodes among which somebody finds what to tell
_LONGEST_HEARSAY: Final = 70  # characters
_NEWS_HOURS: Final = 48
_DEEDS: Final = (Category.ACTION, Category.FAILURE)
_UNTOLD: Final = ("sleep", "wash", "meal", "social")  # nobody tells of what everybody does every day
_LIKED: Final = (Level.FRIEND, Level.CLOSE_FRIEND)
_DISLIKED: Final = (Level.ENEMY, Level.AT_ODDS)


def describe(world: World, talk: Conversation) -> str:
    """The scene of a talk in one line; it does not change while the talk lasts."""
    people = [world.minds[row].persona for row in talk.participants]
    called = [f"{persona.first_name}, the {persona.occupation}," for persona in people]
    where = _where(world, talk.participants[1])
    at = where.title if where else "in the street"
    met = " meets ".join(called) if len(called) == _PAIR else f"{' '.join(called[:-1])} and {called[-1]} meet"
    return (
        f"{world.moment.period.value.capitalize()}, {at}, {_SKY[world.weather.now]}. {met.removesuffix(',')}."
    )


def template_scene(world: World, talk: Conversation) -> Scene:
    """What template lines may speak of for the one who has the floor."""
    row = talk.speaker
    speaker, listener = world.minds[row].persona, world.minds[talk.listener].persona
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
        season=world.moment.season,
        weather=world.weather.word,
        topic=talk.thread,
        subject=_subject(world, talk),
        company=len(talk.participants),
        interest=speaker.interests[world.chance.below(len(speaker.interests))],
        goal=speaker.goal,
        listener_place=_title(world, listener.workplace),
        third=known[0] if known else "",
        relation_note=known[1].note if known else "",
        relation=relation.kind if relation else "",
        tilts=_tilts(speaker.traits),
        **_felt(world, talk),
        **_ties(world, talk),
        **_news(world),
        **_lived(world, talk),
    )


def _where(world: World, row: int) -> Place | None:
    """The place whose ground somebody stands on; None in the street."""
    x, y = world.people.tile[row].tolist()
    return world.town.place_at(x, y)


def _title(world: World, place: str) -> str:
    index = world.town.place_index.get(place)
    return "" if index is None else world.town.places[index].title


def _subject(world: World, talk: Conversation) -> str:
    """The sheet of lines with which people speak of what they talk about."""
    index = world.lore.topics.index.get(talk.topic)
    speaks = Topic.ANY if index is None else world.lore.topics.topics[index].speaks
    return "" if speaks is Topic.ANY else speaks.value


def _tilts(traits: Traits) -> frozenset[str]:
    """Where somebody is far from the middle."""
    values = traits.model_dump().items()
    high = {f"{name}_high" for name, value in values if value >= _HIGH}
    return frozenset(high | {f"{name}_low" for name, value in values if value <= _LOW})


# -- what they feel and lack


def _felt(world: World, talk: Conversation) -> dict[str, Any]:
    wellbeing, needs, names = world.wellbeing, world.lore.needs, world.lore.emotions.names
    bands = wellbeing.band[talk.speaker].tolist()
    low = [need for need, band in enumerate(bands) if band]
    worst = min(low, key=lambda need: int(wellbeing.needs[talk.speaker, need]), default=None)
    return {
        "emotion": names[int(wellbeing.emotion[talk.speaker])],
        "listener_emotion": names[int(wellbeing.emotion[talk.listener])],
        "needs": tuple(needs.names[need] for need in low),
        "need": "" if worst is None else needs.word(worst, bands[worst]),
    }


# -- whom they know


def _ties(world: World, talk: Conversation) -> dict[str, Any]:
    """What the listener is to them, and somebody else whom they like, and not: the same for the whole talk."""
    known = tie(world, talk.speaker, talk.listener)
    return {
        "bond": (Level.STRANGER if known is None else known.level).name.lower(),
        "friend": _one_of(world, talk, _LIKED),
        "rival": _one_of(world, talk, _DISLIKED),
    }


def _one_of(world: World, talk: Conversation, wanted: Sequence[Level]) -> str:
    rows = [row for row in at_levels(world, talk.speaker, wanted) if row not in talk.participants]
    return world.roster.first_name(rows[talk.id % len(rows)]) if rows else ""


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


# -- what happened


def _news(world: World) -> dict[str, Any]:
    """What goes on in town, and what did lately."""
    strongest, lately = world.happenings.strongest(), world.rules.calendar.ticks_per_hour * _NEWS_HOURS
    past = [one for one in world.happenings.past if world.tick - one.until < lately]
    return {
        "happening": tuple(one.what.id for one in world.happenings.active),
        "happened": tuple(dict.fromkeys(one.what.id for one in past)),
        "news": "" if strongest is None else strongest.what.now,
        "news_was": past[-1].what.was if past else "",
    }


def _lived(world: World, talk: Conversation) -> dict[str, Any]:
    """What the speaker did last of which one tells, and what somebody who is not here said to them."""
    noted = int(world.memories.noted[talk.speaker])
    newest = world.memories.between(talk.speaker, noted - _NEWEST, noted)[::-1]
    deed = next((one for one in newest if _is_told(world, one)), None)
    heard = next((one for one in newest if _is_hearsay(talk, one)), None)
    told = {} if heard is None else {"heard": heard.text, "heard_from": world.roster.first_name(heard.other)}
    return told if deed is None else {**told, **_deed(world, deed)}


def _is_told(world: World, one: Episode) -> bool:
    return (
        one.category in _DEEDS
        and one.action >= 0
        and world.lore.actions.actions[one.action].kind not in _UNTOLD
    )


def _is_hearsay(talk: Conversation, one: Episode) -> bool:
    heard = one.category == Category.TALK and one.text and len(one.text) <= _LONGEST_HEARSAY
    return bool(heard) and one.other not in talk.participants and one.text[-1] in ".!"


def _deed(world: World, one: Episode) -> dict[str, Any]:
    action = world.lore.actions.actions[one.action]
    went = "as_usual" if POOR < one.grade < GOOD else "well" if one.grade >= GOOD else "badly"
    reason = "" if one.grade < 0 else world.lore.actions.reason(one.action, Grade(one.grade), one.reason)
    return {"deed": action.did, "doing": action.doing, "deed_reason": reason, "deed_went": went}
