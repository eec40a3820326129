"""From the world's columns to what one speaker may know when they open their mouth: what is theirs, and what they perceive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from agents.context import Hearer, LineFacts
from agents.conversation.talk import Conversation
from agents.template_files import Situation
from sim.recall import retrieve
from sim.tie_columns import Level, TieKind
from sim.ties import tie
from sim.world import World

_MEMORIES: Final = 5
_MOST_NEEDS: Final = 2
_OF_NOTE: Final = 300  # of a kind of tie, from which it is spoken of
_RELATIONS: Final = {
    Level.ENEMY: "an enemy",
    Level.AT_ODDS: "somebody hard to bear",
    Level.ACQUAINTANCE: "an acquaintance",
    Level.FRIEND: "a friend",
    Level.CLOSE_FRIEND: "a close friend",
}
_ALSO: Final = {
    TieKind.FAMILY: "family",
    TieKind.PROFESSIONAL: "somebody one works with",
    TieKind.RIVALRY: "a rival",
}
_SKY: Final = {"clear": "the sky is clear", "cloudy": "it is cloudy", "rain": "it rains", "storm": "a storm rages",
    "fog": "there is fog", "snow": "it snows", "wind": "it is windy"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of line is due; none where a server only reads ahead."""

    situation: Situation | None
    lead: str = ""


def brief(world: World, talk: Conversation, wanted: Wanted) -> LineFacts:
    """For who has the floor of a talk."""
    row = talk.speaker
    heard = talk.heard_by(row)
    is_asked = wanted.situation is not None
    topic = topic_title(world, talk.topic)
    last = heard[-1].text if heard else ""
    return LineFacts(
        speaker=world.minds[row].persona,
        block=world.persona_block(world.minds[row].persona),
        listeners=_hearers(world, talk),
        scene=talk.scene,
        history=heard,
        situation=wanted.situation,
        lead=wanted.lead,
        topic=topic if is_asked else "",
        memories=_memories(world, talk, f"{topic} {last}") if is_asked else (),
        mood=world.lore.emotions.names[int(world.wellbeing.emotion[row])],
        moment=_moment(world, row),
        needs=_needs(world, row),
        town=_town(world),
    )


def topic_title(world: World, topic: str) -> str:
    """As goes on after "they talk about"."""
    index = world.lore.topics.index.get(topic)
    return "" if index is None else world.lore.topics.topics[index].title


def relation_words(world: World, row: int, other: int) -> str:
    """What one is to another, as goes on after "is"; empty for a stranger."""
    known = tie(world, row, other)
    if known is None:
        return ""
    strongest = int(np.argmax(known.strengths))
    if strongest in _ALSO and known.strengths[strongest] >= _OF_NOTE:
        return _ALSO[TieKind(strongest)]
    return _RELATIONS.get(known.level, "")


def _hearers(world: World, talk: Conversation) -> tuple[Hearer, ...]:
    """Whom it is said to comes first."""
    others = (talk.listener, *(row for row in talk.others(talk.speaker) if row != talk.listener))
    return tuple(
        Hearer(world.minds[row].persona.first_name, relation_words(world, talk.speaker, row))
        for row in others
    )


def _memories(world: World, talk: Conversation, about: str) -> tuple[str, ...]:
    """What comes to mind at the matter and at who is there; not what is said in this very talk."""
    names = " ".join(world.roster.first_name(row) for row in talk.others(talk.speaker))
    found = retrieve(world, talk.speaker, f"{about} {names}", _MEMORIES)
    return tuple(memory.text for memory in found if memory.tick < talk.formed_at)


def _moment(world: World, row: int) -> str:
    moment, place = (
        world.moment,
        world.town.places[int(world.people.goal_place[row]) % len(world.town.places)],
    )
    sky = _SKY[world.weather.word]
    return f"It is a {moment.season} {moment.period.value} at {place.title}, and {sky}."


def _needs(world: World, row: int) -> tuple[str, ...]:
    """What is wanting most, in words."""
    bands, needs = world.wellbeing.band[row], world.wellbeing.needs[row]
    low = [need for need in np.argsort(needs, kind="stable").tolist() if bands[need]][:_MOST_NEEDS]
    words = [world.lore.needs.word(need, int(bands[need])) for need in low]
    return tuple(word for word in words if word)


def _town(world: World) -> str:
    """What everybody talks of."""
    strongest = world.happenings.strongest()
    return "" if strongest is None else f"In town {strongest.what.now}."
