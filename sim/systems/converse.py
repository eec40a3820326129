"""Talks go on: people gather, take turns, and part. What is said comes from outside, as cues."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Happening, Phase
from agents.mind import State
from agents.traits import EXTRAVERSION
from sim.activity import Activity
from sim.events import ConversationEnded
from sim.systems.after_talk import leave_its_mark
from sim.systems.ask import ask_for_line, read_ahead_for_both
from sim.systems.walk import face, set_off
from sim.world import World

_LONGEST_REST: Final = 210  # hundredths, of somebody who is not outgoing at all


def converse(world: World) -> None:
    """Carry every talk on by one tick, oldest first; free the minds whose deadline has passed."""
    for talk in list(world.talks.values()):
        if talk.phase is Phase.FORMING:
            _gather(world, talk)
        elif talk.ends_at is not None:
            _part_when_read(world, talk)
        else:
            _take_turns(world, talk)


def _gather(world: World, talk: Conversation) -> None:
    people = world.people
    first, second = talk.participants
    if talk.formed_at + 1 == world.tick:
        read_ahead_for_both(world, talk)
    if not people.moving[first] and not people.moving[second]:
        face(people, first, second)
        face(people, second, first)
        people.activity[[first, second]] = Activity.TALKING
        talk.happen(Happening.GATHERED)
        talk.turn_at = world.tick + world.chance.between(*world.rules.talk.gap)
    elif world.tick - talk.formed_at > world.rules.talk.gather_limit:
        _end(world, talk, Happening.NEVER_MET)


def _take_turns(world: World, talk: Conversation) -> None:
    mind = world.minds[talk.speaker]
    if mind.state is State.IDLE:
        if world.tick >= talk.turn_at:
            ask_for_line(world, talk)
    elif world.tick == mind.deadline and mind.awaits is not None:
        world.to_cancel.append(mind.awaits)  # the cue that answers this frees the mind


def _part_when_read(world: World, talk: Conversation) -> None:
    if world.tick >= (talk.ends_at or 0) and (reason := talk.finished) is not None:
        _end(world, talk, reason)


def _end(world: World, talk: Conversation, reason: Happening) -> None:
    """They part, go on with what they were about, and do not talk again for a while."""
    rules, people = world.rules.talk, world.people
    talk.happen(reason)
    del world.talks[talk.id]
    for row in talk.participants:
        world.walks.pop(row, None)
        people.talk[row] = -1
        people.held[row] = False
        people.activity[row] = Activity.WALKING
        people.talk_again_at[row] = world.tick + _rest(world, row)
    set_off(world, np.array(talk.participants))
    world.next_due = world.tick  # they may have something to begin or to end
    leave_its_mark(world, talk, reason)
    low, high = sorted(talk.participants)
    world.pair_rest[low, high] = world.tick + rules.pair_rest
    world.events.fire(
        ConversationEnded(world.tick, talk.id, talk.participants, len(talk.history), reason.value)
    )


def _rest(world: World, row: int) -> int:
    """How long somebody has had enough of talking: the reserved for long, the outgoing hardly."""
    ticks = world.chance.between(*world.rules.talk.person_rest)
    return ticks * (_LONGEST_REST - 2 * int(world.folk.traits[row, EXTRAVERSION])) // 100
