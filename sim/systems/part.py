"""Going one's way again: one of several, or all; and whoever is left alone goes too."""

from __future__ import annotations

from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Happening, Phase
from agents.traits import EXTRAVERSION
from sim.activity import Activity
from sim.events import ConversationEnded
from sim.systems.after_talk import marks_of
from sim.systems.walk import set_off
from sim.talk_log import PastTalk
from sim.world import World

_LONGEST_REST: Final = 210  # hundredths, of somebody who is not outgoing at all
_PAIR: Final = 2


def depart(world: World, talk: Conversation, row: int, reason: Happening) -> None:
    """Somebody leaves those who talk, who may then be too few."""
    _set_free(world, talk, row, reason)
    if len(talk.participants) < _PAIR and talk.phase is not Phase.OVER:
        end(world, talk, reason if talk.phase is Phase.OPEN else Happening.LEFT_ALONE)


def end(world: World, talk: Conversation, reason: Happening) -> None:
    """They part, go on with what they were about, and do not talk again for a while."""
    talk.happen(reason)
    everybody = tuple(talk.stays)
    del world.talks[talk.id]
    for row in (*talk.participants, *talk.coming):
        _set_free(world, talk, row, reason)
    world.talk_log.add(
        PastTalk(
            talk.id,
            everybody,
            talk.most,
            talk.said,
            tuple(talk.topics),
            reason.value,
            talk.formed_at,
            world.tick,
            talk.cuts,
        )
    )
    world.events.fire(ConversationEnded(world.tick, talk.id, everybody, talk.said, reason.value))


def _set_free(world: World, talk: Conversation, row: int, reason: Happening) -> None:
    """What the talk was to them is kept; what they wait for is given up; they may walk again."""
    stay = talk.stays.get(row)
    if stay is not None:
        world.afterthoughts.extend(marks_of(world, talk, row, reason))
        _rest_from_each_other(world, row, stay.company)
    talk.coming.pop(row, None)
    talk.leave(row)
    give_up_line(world, row)
    people = world.people
    world.walks.pop(row, None)
    people.talk[row] = -1
    people.held[row] = False
    people.activity[row] = Activity.WALKING
    people.talk_again_at[row] = world.tick + _rest(world, row)
    set_off(world, np.array([row]))
    world.next_due = world.tick  # they may have something to begin or to end


def give_up_line(world: World, row: int) -> None:
    """Whoever goes says nothing more; the cue that answers this frees the mind."""
    awaited = world.minds[row].awaits
    if awaited is not None and awaited not in world.to_cancel:
        world.to_cancel.append(awaited)


def _rest_from_each_other(world: World, row: int, company: list[int]) -> None:
    for other in company:
        low, high = sorted((row, other))
        world.pair_rest[low, high] = world.tick + world.rules.talk.pair_rest


def _rest(world: World, row: int) -> int:
    """How long somebody has had enough of talking: the reserved for long, the outgoing hardly."""
    ticks = world.chance.between(*world.rules.talk.person_rest)
    return ticks * (_LONGEST_REST - 2 * int(world.folk.traits[row, EXTRAVERSION])) // 100
