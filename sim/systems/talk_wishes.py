"""What a person outside wants of those who talk; what cannot be is left undone."""

from __future__ import annotations

from typing import Final, assert_never

from agents.conversation.talk import MOST_PEOPLE, Conversation, Happening, Phase
from agents.mind import State
from llm.types import NpcId
from sim.inputs import JoinWanted, LeaveWanted, LineWanted, TalksStopped, TalkWanted, TalkWish, TopicWanted
from sim.systems.gather import look_at
from sim.systems.meet import begin, free_rows, join
from sim.systems.part import depart, end
from sim.systems.subject import turn_to
from sim.world import World

_PAIR: Final = 2


def grant(world: World, wish: TalkWish) -> None:
    """Let it be, if it can."""
    match wish:
        case TalkWanted(participants=wanted, topic=topic):
            _start(world, wanted, topic)
        case JoinWanted(npc=npc, talk=number):
            _join(world, npc, world.talks.get(number))
        case LeaveWanted(npc=npc):
            _leave(world, npc, _talk_of(world, npc))
        case TopicWanted(talk=number, topic=topic):
            _turn_to(world, topic, world.talks.get(number))
        case LineWanted(npc=npc):
            _speak_next(world, npc)
        case TalksStopped():
            _stop(world)
        case _:
            assert_never(wish)


def _start(world: World, wanted: tuple[NpcId, ...], topic: str) -> None:
    """Those who are free come together; each of them once."""
    rows = tuple(dict.fromkeys(int(npc) for npc in wanted if _is_free(world, npc)))[:MOST_PEOPLE]
    known = topic if topic in world.lore.topics.index else ""
    if len(rows) >= _PAIR:
        begin(world, rows, wanted=True, topic=known)


def _join(world: World, npc: int, talk: Conversation | None) -> None:
    if talk is not None and talk.phase is Phase.OPEN and _is_free(world, npc):
        join(world, talk, npc)


def _leave(world: World, npc: int, talk: Conversation | None) -> None:
    if talk is not None:
        depart(world, talk, npc, Happening.STOPPED)


def _turn_to(world: World, topic: str, talk: Conversation | None) -> None:
    if talk is not None:
        turn_to(world, talk, topic)


def _stop(world: World) -> None:
    for talk in list(world.talks.values()):
        end(world, talk, Happening.STOPPED)


def _speak_next(world: World, npc: int) -> None:
    """Somebody has the floor as soon as nobody speaks."""
    talk = _talk_of(world, npc)
    if talk is None or npc not in talk.participants or world.minds[talk.speaker].state is not State.IDLE:
        return
    if npc != talk.speaker:
        talk.give_floor(npc, talk.speaker)
    talk.turn_at = talk.wake_at = world.tick
    look_at(world, talk)


def _is_free(world: World, npc: int) -> bool:
    return 0 <= npc < len(world) and bool(free_rows(world, rested=False)[npc])


def _talk_of(world: World, npc: int) -> Conversation | None:
    return world.talks.get(int(world.people.talk[npc])) if 0 <= npc < len(world) else None
