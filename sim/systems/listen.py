"""The tick's inputs take effect: what was said, what fell silent, what a person outside wants."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from agents.conversation.talk import Phase
from agents.cues import BeganSpeaking, FellSilent, Reflected, SpeechCue, Spoke, Summarised
from sim.clock import seconds_to_ticks
from sim.governor import Shed
from sim.inputs import (
    EventWanted,
    JoinWanted,
    LeaveWanted,
    LineWanted,
    MemoryCleared,
    PaceEased,
    PersonCreated,
    PersonRemoved,
    PersonUpdated,
    SpeedChanged,
    SpotlightTurned,
    TalksStopped,
    TalkWanted,
    TieWanted,
    TopicWanted,
    WeatherWanted,
    Wish,
    WorldChange,
)
from sim.systems.happen import event_wanted
from sim.systems.lines import follow
from sim.systems.people_change import change_people
from sim.systems.reflect import take_thought
from sim.systems.sky import weather_wanted
from sim.systems.talk_wishes import grant
from sim.ties import tie_wanted
from sim.world import World


def listen(world: World) -> None:
    """Take the inputs in their order."""
    for entered in world.inputs:
        match entered.what:
            case PersonCreated() | PersonUpdated() | PersonRemoved() as change:
                change_people(world, change)
            case SpeedChanged() | PaceEased() | SpotlightTurned() | WeatherWanted() | EventWanted() as change:
                _change(world, change)
            case TieWanted() | MemoryCleared() as wish:
                _grant(world, wish)
            case (
                TalkWanted() | JoinWanted() | LeaveWanted() | TopicWanted() | LineWanted() | TalksStopped()
            ) as wish:
                grant(world, wish)
            case BeganSpeaking() | Spoke() | FellSilent() as cue:
                _hear(world, cue)
            case Summarised() | Reflected() as thought:
                take_thought(world, thought)
            case _:
                assert_never(entered.what)


def _change(world: World, change: WorldChange) -> None:
    """What concerns everybody."""
    match change:
        case SpeedChanged(speed=speed):
            world.speed = speed
        case PaceEased(shed=shed):
            world.shed = Shed(shed)
        case SpotlightTurned(npc=npc):
            world.spotlight = npc
        case WeatherWanted():
            weather_wanted(world, change)
        case EventWanted():
            event_wanted(world, change)
        case _:
            assert_never(change)


def _grant(world: World, wish: Wish) -> None:
    """What concerns one or two people."""
    match wish:
        case TieWanted():
            tie_wanted(world, wish)
        case MemoryCleared(npc=npc):
            if 0 <= npc < len(world):
                world.memories.forget(np.array([npc]))
        case _:
            assert_never(wish)


def _hear(world: World, cue: SpeechCue) -> None:
    """Let a cue reach the mind and the talk that wait for it; one that nobody waits for is counted."""
    mind = world.minds[cue.npc]
    if not mind.is_awaiting(cue.request_id):
        world.stale_cues += 1
        return
    mind.hear(cue, world.tick, world.tick + seconds_to_ticks(world.rules.model.end_deadline_s * world.speed))
    talk = world.talks.get(int(world.people.talk[cue.npc]))
    if talk is not None and talk.phase is Phase.OPEN and talk.speaker == cue.npc:
        talk.wake_at = world.tick
        follow(world, talk, mind, cue)
