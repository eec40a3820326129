"""Questions to the models: for a line that is due, and ahead of it, so that the server has read what it can."""

from __future__ import annotations

from typing import Final

from agents.context import Context, ContextPacker
from agents.conversation.talk import Conversation
from agents.reading import line_shape
from llm.types import Kind, NpcId, Priority, Prompt, Request, RequestId, Weight
from sim.briefing import Wanted, brief
from sim.clock import seconds_to_ticks
from sim.systems.scene import template_scene
from sim.world import World

_SHAPE: Final = line_shape()


def ask_for_line(world: World, talk: Conversation) -> None:
    """Put the question for the next line, with the template line that is said if no model can answer in time."""
    mind = world.minds[talk.speaker]
    talk.asking = talk.due()
    scene = template_scene(world, talk)
    line = world.book.choose(talk.asking, scene, world.chance.below, (*world.said_lately, *mind.recent))
    talk.asked_template, talk.asked_thread = line.id, line.topic
    request = _request(world, talk, Kind.LINE, line.text, line.lead)
    deadline = world.tick + seconds_to_ticks(world.rules.model.begin_deadline_s * world.speed)
    mind.ask(request.id, deadline, world.tick)
    world.to_ask.append(request)


def read_ahead(world: World, talk: Conversation) -> None:
    """Have the server read what the next speaker has heard so far, while people still listen to it."""
    world.to_ask.append(_request(world, talk, Kind.WARM))


def read_ahead_for_all(world: World, talk: Conversation) -> None:
    """While they walk up to each other, for the first two; the first speaker's last, so that it is the freshest."""
    first, second = talk.participants[:2]
    for speaker, listener in ((second, first), (first, second)):
        talk.give_floor(speaker, listener)
        read_ahead(world, talk)


def _request(
    world: World, talk: Conversation, kind: Kind, fallback_text: str = "", lead: str = ""
) -> Request:
    number = RequestId(world.next_request)
    world.next_request += 1
    mind, watched = world.minds[talk.speaker], is_watched(world, talk)
    context, prompt = _prompt(world, talk, Wanted(talk.asking if kind is Kind.LINE else None, lead))
    if kind is Kind.LINE:
        mind.context = context
    return Request(
        id=number,
        npc=NpcId(talk.speaker),
        prompt=prompt,
        fallback_text=fallback_text,
        tick=world.tick,
        conversation=talk.id,
        priority=Priority.SPOTLIGHT if watched else Priority.VISIBLE,
        kind=kind,
        weight=Weight(_depth(world, talk), len(talk.participants), len(context.memories) if context else 0),
        said=tuple(dict.fromkeys((*mind.said, *talk.prints))),
        worn=world.phrases.worn().union(filter(None, mind.openings)),
        shape=_SHAPE if kind is Kind.LINE else None,
    )


def _prompt(world: World, talk: Conversation, wanted: Wanted) -> tuple[Context | None, Prompt]:
    """And what it was put together from. Where nobody reads prompts, none is written: only who speaks to whom."""
    if not world.prompts_read:
        listeners = tuple(world.roster.first_name(row) for row in talk.others(talk.speaker))
        return None, Prompt("", "", "", (), "", world.roster.first_name(talk.speaker), listeners)
    facts, model = brief(world, talk, wanted), world.rules.model
    packer = ContextPacker(model.spotlight_tokens if is_watched(world, talk) else model.prompt_tokens)
    context = packer.build_context_for_npc(facts)
    return context, packer.build_enhanced_prompt(context)


def _depth(world: World, talk: Conversation) -> float:
    """How hard the subject is, 0 to 1: it may be worth a better model."""
    topics = world.lore.topics
    index = topics.index.get(talk.topic)
    return 0.0 if index is None else topics.topics[index].weight / 100


def is_watched(world: World, talk: Conversation) -> bool:
    """Whether somebody outside asked for this talk, follows one of them, or it is worth it for its own sake."""
    return talk.wanted or talk.lit or world.spotlight in talk.participants
