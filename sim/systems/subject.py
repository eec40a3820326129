"""What a talk is about: brought up by what is wanting, by who they are, where and when they are, and what goes on.

A subject wears out; then another comes up, sooner a related one. Who likes to hear of it comes to like it more.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import NOBODY, Conversation
from agents.conversation.topics import TopicFacts
from agents.reading import Intent, Reading
from sim.columns import Rows
from sim.events import TopicChanged
from sim.tastes import MOST
from sim.world import World

_LIKED: Final = 3  # thousandths of weight for each hundredth of liking
_RELATED: Final = 1  # for each thousandth of relatedness to what they talked of
_LUCK: Final = 500
_LEAST_LINES: Final = 3  # on one subject
_MOST_LINES: Final = 7
_LIKING_A_LINE: Final = 30  # so much mean liking keeps it up for a line more
_LEARNED: Final = 8  # of liking, from one line that went well or badly
_BORN_WITH: Final = 60  # the strongest liking that temper alone makes


def find_subject(world: World, talk: Conversation) -> None:
    """What the first of them brings up; unless it was said beforehand what they should talk of."""
    if talk.topic:
        _tell(world, talk, "", "wanted")
        return
    _turn(world, talk, _brought_up(world, talk), "brought_up")


def follow_subject(world: World, talk: Conversation, reading: Reading) -> None:
    """After a line: it may have turned to something else, or worn out what they talked of."""
    if reading.topic and reading.topic != talk.topic and reading.topic in world.lore.topics.index:
        drifted = reading.intent is Intent.CHANGE_TOPIC or talk.said - talk.topic_since >= _LEAST_LINES
        if drifted:
            _turn(world, talk, reading.topic, "said")
            talk.new_topic = False  # it has been brought up already
            return
    if reading.intent in (Intent.ASK, Intent.LEAVE) or any(stay.leaving for stay in talk.stays.values()):
        return
    if reading.intent is Intent.CHANGE_TOPIC or talk.said - talk.topic_since >= _patience(world, talk):
        _turn(world, talk, _brought_up(world, talk), "exhausted")


def turn_to(world: World, talk: Conversation, topic: str) -> None:
    """A person outside wants them to talk of this."""
    if topic in world.lore.topics.index and topic != talk.topic:
        _turn(world, talk, topic, "injected")


def learn(world: World, talk: Conversation, reading: Reading, hearers: Rows) -> None:
    """Who is spoken to kindly, or hears something glad, likes to hear of the matter again; and the other way round."""
    index = world.lore.topics.index.get(talk.topic)
    went = (reading.mood > 0) - (reading.mood < 0) + (reading.warmth > 0) - (reading.warmth < 0)
    if index is None or went == 0 or hearers.size == 0:
        return
    liking = world.tastes.liking[hearers, index].astype(np.int64) + _LEARNED * went // 2
    world.tastes.liking[hearers, index] = np.clip(liking, -MOST, MOST)


def first_tastes(world: World, rows: Rows) -> None:
    """What these people like to hear of by temper."""
    liking = world.lore.topics.liked(world.folk.traits[rows])
    world.tastes.liking[rows] = np.clip(liking, -_BORN_WITH, _BORN_WITH)


def _patience(world: World, talk: Conversation) -> int:
    index = world.lore.topics.index.get(talk.topic)
    if index is None:
        return _LEAST_LINES
    liking = int(world.tastes.liking[list(talk.participants), index].sum(dtype=np.int64))
    return min(
        max(_LEAST_LINES + 1 + liking // len(talk.participants) // _LIKING_A_LINE, _LEAST_LINES), _MOST_LINES
    )


def _brought_up(world: World, talk: Conversation) -> str:
    """What the one who has the floor would speak of, by weight and luck; not what was talked of already."""
    table, row = world.lore.topics, talk.speaker
    weight = table.brought_up(_facts(world, talk)) + _LIKED * world.tastes.liking[row].astype(np.int64)
    if talk.topic in table.index:
        weight += _RELATED * table.related[table.index[talk.topic]].astype(np.int64)
    weight += world.chance.below_each(_LUCK, weight.size)
    for topic in talk.topics:
        weight[table.index[topic]] = np.iinfo(np.int64).min
    return table.topics[int(weight.argmax())].id


def _facts(world: World, talk: Conversation) -> TopicFacts:
    """What is true for who has the floor."""
    row = talk.speaker
    low = np.flatnonzero(world.wellbeing.band[row] > 0).tolist()
    return TopicFacts(
        needs=tuple(world.lore.needs.names[need] for need in low),
        occupation=world.minds[row].persona.occupation,
        listeners=tuple(world.minds[one].persona.occupation for one in talk.others(row)),
        place=world.place_id(int(world.people.goal_place[row])),
        weather=world.weather.word,
        season=world.moment.season,
        happenings=tuple(one.what.id for one in world.happenings.active),
    )


def _turn(world: World, talk: Conversation, topic: str, reason: str) -> None:
    before = talk.topic
    talk.turn_to(topic)
    _tell(world, talk, before, reason)


def _tell(world: World, talk: Conversation, before: str, reason: str) -> None:
    npc = talk.speaker if talk.speaker != NOBODY else talk.participants[0]
    world.events.fire(TopicChanged(world.tick, talk.id, npc, talk.topic, before, reason))
