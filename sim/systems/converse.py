"""Talks go on: people gather, take turns, come and go, and part. What is said comes from outside, as cues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from agents.conversation.talk import NOBODY, Conversation, Happening, Phase
from agents.mind import State
from sim.systems.after_talk import leave
from sim.systems.ask import ask_for_line, read_ahead_for_all
from sim.systems.gather import look_at, take_place
from sim.systems.part import depart, end, give_up_line
from sim.systems.subject import find_subject
from sim.world import World

_PAIR: Final = 2
MOST_EFFORT: Final = 2  # in one tick: questions, and parts of what talks leave behind; a millisecond each


def converse(world: World) -> None:
    """Carry on every talk of which the moment has come, oldest first; what is too much for one tick is for the next."""
    while world.afterthoughts and world.effort < MOST_EFFORT:
        leave(world, world.afterthoughts.popleft())
        world.effort += 1
    for talk in list(world.talks.values()):
        if world.effort >= MOST_EFFORT:
            return
        if world.tick >= talk.wake_at:
            _CARRY_ON[talk.phase](world, talk)


def _gather(world: World, talk: Conversation) -> None:
    """They begin when all are there, or without those who do not come in time."""
    if not talk.read_ahead:
        talk.read_ahead = True
        read_ahead_for_all(world, talk)
        world.effort += 1
    moving = [row for row in talk.participants if world.people.moving[row]]
    late = world.tick - talk.formed_at > world.rules.talk.gather_limit
    if moving and not late:
        return
    for row in moving:
        if len(talk.participants) > _PAIR:
            depart(world, talk, row, Happening.NEVER_MET)
            talk.drop(row)
    if any(world.people.moving[row] for row in talk.participants):
        end(world, talk, Happening.NEVER_MET)
        return
    _begin(world, talk)


def _begin(world: World, talk: Conversation) -> None:
    take_place(world, np.array(talk.participants))
    talk.happen(Happening.GATHERED)
    find_subject(world, talk)
    talk.turn_at = world.tick + world.chance.between(*world.rules.talk.gap)
    look_at(world, talk)


def _carry_on(world: World, talk: Conversation) -> None:
    _welcome(world, talk)
    _let_go(world, talk)
    if talk.phase is Phase.OVER:
        return
    if talk.ends_at is not None and world.tick >= talk.ends_at:
        end(world, talk, talk.finished or Happening.TOO_LONG)
        return
    _take_turns(world, talk)
    talk.wake_at = _wakes(world, talk)


def _welcome(world: World, talk: Conversation) -> None:
    """Who has walked up is in it; who does not make it goes their way."""
    for row, until in list(talk.coming.items()):
        if not world.people.moving[row]:
            talk.join(row)
            take_place(world, np.array([row]))
            rules = world.rules.talk
            talk.planned_lines = min(talk.planned_lines + rules.lines_a_head, rules.most_planned)
            look_at(world, talk)
        elif world.tick >= until:
            del talk.coming[row]
            depart(world, talk, row, Happening.NEVER_MET)


def _let_go(world: World, talk: Conversation) -> None:
    """Who took leave goes."""
    for row, tick in list(talk.parting.items()):
        if world.tick >= tick and talk.phase is Phase.OPEN:
            depart(world, talk, row, talk.stays[row].leaving or Happening.SAID_FAREWELL)


def _take_turns(world: World, talk: Conversation) -> None:
    mind = world.minds[talk.speaker]
    if mind.state is State.IDLE:
        if world.tick >= talk.turn_at and talk.ends_at is None:
            ask_for_line(world, talk)
            world.effort += 1
    elif world.tick >= mind.deadline or _is_cut_short(world, talk, mind.state):
        give_up_line(world, talk.speaker)


def _is_cut_short(world: World, talk: Conversation, state: State) -> bool:
    return state is State.SPEAKING and talk.cut_by != NOBODY and world.tick >= talk.cut_at


def _wakes(world: World, talk: Conversation) -> int:
    """When to look at it again, if no cue comes before."""
    mind = world.minds[talk.speaker]
    if talk.coming:
        return world.tick + 1
    times = [*talk.parting.values()]
    if talk.ends_at is not None:
        times.append(talk.ends_at)
    if mind.state is State.IDLE:
        times.append(talk.turn_at)
    else:
        times.append(mind.deadline)
        if talk.cut_by != NOBODY:
            times.append(talk.cut_at)
    return max(world.tick + 1, min(times))


_CARRY_ON: Final[dict[Phase, Callable[[World, Conversation], None]]] = {
    Phase.FORMING: _gather,
    Phase.OPEN: _carry_on,
}
