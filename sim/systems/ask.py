"""Questions to the models: for a line that is due, and ahead of it, so that the server has read what it can."""

from __future__ import annotations

from agents.context import LineFacts, build_prompt
from agents.conversation.talk import Conversation
from llm.types import Kind, NpcId, Priority, Request, RequestId, Weight
from sim.clock import seconds_to_ticks
from sim.systems.scene import template_scene
from sim.world import World


def ask_for_line(world: World, talk: Conversation) -> None:
    """Put the question for the next line, with the template line that is said if no model can answer in time."""
    mind = world.minds[talk.speaker]
    talk.asking = talk.due()
    scene = template_scene(world, talk)
    line = world.book.choose(talk.asking, scene, world.chance.below, (*mind.recent, *world.said_lately))
    talk.asked_template, talk.asked_thread = line.id, line.topic
    request = _request(world, talk, Kind.LINE, line.text, line.lead)
    mind.ask(request.id, world.tick + seconds_to_ticks(world.rules.model.begin_deadline_s * world.speed))
    world.to_ask.append(request)


def read_ahead(world: World, talk: Conversation) -> None:
    """Have the server read what the next speaker has heard so far, while people still listen to it."""
    world.to_ask.append(_request(world, talk, Kind.WARM))


def read_ahead_for_both(world: World, talk: Conversation) -> None:
    """While two walk up to each other; the first speaker's last, so that it is the freshest."""
    for floor in (1, 0):
        talk.floor = floor
        read_ahead(world, talk)


def _request(
    world: World, talk: Conversation, kind: Kind, fallback_text: str = "", lead: str = ""
) -> Request:
    number = RequestId(world.next_request)
    world.next_request += 1
    speaker = world.minds[talk.speaker].persona
    facts = LineFacts(
        speaker=speaker,
        block=world.persona_block(speaker),
        listener=world.minds[talk.listener].persona,
        scene=talk.scene,
        history=tuple(talk.history),
        situation=talk.asking if kind is Kind.LINE else None,
        lead=lead,
    )
    return Request(
        id=number,
        npc=NpcId(talk.speaker),
        prompt=build_prompt(facts),
        fallback_text=fallback_text,
        tick=world.tick,
        conversation=talk.id,
        priority=Priority.SPOTLIGHT if _is_watched(world, talk) else Priority.VISIBLE,
        kind=kind,
        weight=Weight(participants=len(talk.participants)),
    )


def _is_watched(world: World, talk: Conversation) -> bool:
    """Whether somebody outside asked for this talk, or follows one of the two."""
    return talk.wanted or world.spotlight in talk.participants
