"""What somebody is doing and why, and why they say nothing: told from the world as it is, which it does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from agents.conversation.talk import Conversation, Phase
from agents.mind import State
from agents.planner import ANYWHERE, Kind, slot_now
from sim.activity import Activity
from sim.clock import TICKS_PER_SECOND
from sim.columns import FULL
from sim.doings import NO_ACTION, NOBODY
from sim.doings import Phase as Doing
from sim.world import World

_HUNDRED: Final = 100
_BANDS: Final = ("met", "low", "critical")
_FOR: Final = {  # what a slot of the day is for, after "it is time"
    Kind.SLEEP: "to sleep",
    Kind.WASH: "to wash",
    Kind.MEAL: "to eat",
    Kind.WORK: "to work",
    Kind.ERRAND: "for an errand",
    Kind.LEISURE: "for leisure",
    Kind.SOCIAL: "to see people",
    Kind.WORSHIP: "to worship",
    Kind.ATTEND: "for what goes on in town",
}


@dataclass(frozen=True, slots=True)
class Voices:
    """What the program, and not the world, knows of how lines come about."""

    on_templates: bool = False  # no model is ready
    over_budget: bool = False
    waiting: int = 0  # questions that no slot is free for


def why(world: World, row: int, voices: Voices | None = None) -> list[str]:
    """Some lines about one person."""
    name = world.roster.first_name(row)
    if not world.people.present[row]:
        return [f"{name} has left the town"]
    lines = [_doing(world, row), _plan(world, row), _need(world, row), _feeling(world, row)]
    partner = int(world.doings.plan_partner[row])
    if partner != NOBODY:
        lines.append(f"means to see {world.roster.first_name(partner)} today")
    talk = world.talks.get(int(world.people.talk[row]))
    if talk is None:
        lines.append(_alone(world, row))
    else:
        lines += [_company(world, talk, row), _silence(world, talk, voices or Voices())]
    context = world.minds.last_context(row)
    if context is not None and context.memories:
        lines.append(f"had in mind for the last line: {'; '.join(context.memories)}")
    return [f"{name} {line}" for line in lines]


def _doing(world: World, row: int) -> str:
    action, phase = int(world.doings.action[row]), world.doings.phase[row]
    place = _title(world, int(world.people.goal_place[row]))
    if action == NO_ACTION:
        words = Activity(int(world.people.activity[row])).words
        return f"is {words} ({place}), and between two things"
    doing = world.lore.actions.actions[action].doing
    if phase == Doing.TRAVEL:
        return f"is on the way to {place}, for {doing}"
    return f"is {doing} at {place}"


def _plan(world: World, row: int) -> str:
    """The slot of the day, which most of all decides what is done."""
    doings = world.doings
    slot = int(slot_now(doings.plan_start[row : row + 1], world.moment.minute)[0])
    kind, place = Kind(int(doings.plan_kind[row, slot])), int(doings.plan_place[row, slot])
    at = "" if place == ANYWHERE else f" at {_title(world, place)}"
    begun = int(doings.plan_start[row, slot])
    return f"goes by a plan: since {begun // 60:02}:{begun % 60:02} it is time {_FOR[kind]}{at}"


def _need(world: World, row: int) -> str:
    wellbeing = world.wellbeing
    need = int(wellbeing.needs[row].argmin())
    share = int(wellbeing.needs[row, need]) * _HUNDRED // FULL
    band = _BANDS[int(wellbeing.band[row, need])]
    return f"needs {world.lore.needs.names[need]} most: {share} of {_HUNDRED}, {band}"


def _feeling(world: World, row: int) -> str:
    return f"feels {world.lore.emotions.names[int(world.wellbeing.emotion[row])]}"


def _company(world: World, talk: Conversation, row: int) -> str:
    others = [world.roster.first_name(one) for one in talk.others(row)]
    names = " and ".join(filter(None, (", ".join(others[:-1]), *others[-1:])))
    if row in talk.coming:
        return f"is about to join {names}"
    if talk.phase is Phase.FORMING:
        return f"is meeting {names} for a talk"
    index = world.lore.topics.index.get(talk.topic)
    about = "" if index is None else f" about {world.lore.topics.topics[index].title}"
    return f"talks with {names}{about}, {talk.said} of about {talk.planned_lines} lines so far"


def _silence(world: World, talk: Conversation, voices: Voices) -> str:
    """Why no word is heard in a talk just now, or that one is."""
    mind = world.minds[talk.speaker]
    speaker = mind.persona.first_name
    if talk.phase is Phase.FORMING:
        return "is silent: they are not together yet"
    if mind.state is State.SPEAKING:
        return f"hears {speaker} speak, or is heard"
    if mind.state is State.IDLE:
        return f"is silent: it is about to be the turn of {speaker}"
    return f"is silent: {speaker} {_held_up(voices)}"


def _held_up(voices: Voices) -> str:
    """Why the one whose turn it is has not begun."""
    if voices.on_templates:
        return "speaks on templates, for no model is ready"
    if voices.over_budget:
        return "waits, and the cloud is over budget"
    if voices.waiting:
        return f"is waiting for a slot, with {voices.waiting} in the queue"
    return "thinks of what to say"


def _alone(world: World, row: int) -> str:
    people = world.people
    if people.activity[row] == Activity.SLEEPING:
        return "is silent: asleep"
    rest = int(people.talk_again_at[row]) - world.tick
    if rest > 0:
        return f"is silent: wants no talk for {-(-rest // TICKS_PER_SECOND)} seconds yet"
    free = people.present & (people.talk < 0) & (people.activity != Activity.SLEEPING)
    free[row] = False
    apart = people.position[free] - people.position[row]
    near = int((np.hypot(apart[:, 0], apart[:, 1]) <= world.rules.talk.earshot_px).sum())
    if near == 0:
        return "is silent: nobody near who is free to talk"
    return f"is silent: {near} near, and nobody has begun a talk"


def _title(world: World, place: int) -> str:
    return world.town.places[place % len(world.town.places)].title
