"""Whose turn it is: the world's facts about those who listen, for the floor and for the wish to leave."""

from __future__ import annotations

from typing import Final

from agents.conversation.endings import Standing, wants_to_go
from agents.conversation.floor import Listener, falls_quiet, interrupter, next_speaker
from agents.conversation.talk import NOBODY, Conversation
from agents.needs import CRITICAL
from agents.planner import Kind, slot_now
from agents.reading import Intent
from agents.traits import AGREEABLENESS, EXTRAVERSION
from sim.systems.gather import look_at
from sim.ties import warmth
from sim.world import World

_DUTIES: Final = (Kind.WORK, Kind.ERRAND, Kind.SLEEP, Kind.MEAL)
_LEAST_WORDS_BEFORE_A_CUT: Final = 2  # lines said, for one does not interrupt a greeting
_MOST_CUTS: Final = 2  # of one talk


def pass_floor(world: World, talk: Conversation) -> None:
    """After a line: who means to go by now, and who speaks next, to whom."""
    _mark_who_leaves(world, talk)
    before = talk.speaker
    following = next_speaker(_listeners(world, talk), world.chance.below)
    if following == NOBODY:
        return
    talk.give_floor(following, _spoken_to(talk, following, before))
    look_at(world, talk)


def pause(world: World, talk: Conversation) -> int:
    """How long after a line the next one comes, in ticks: mostly a breath, now and then a silence."""
    rules = world.rules.talk
    asked = talk.last.intent in (Intent.ASK, Intent.LEAVE)
    return world.chance.between(*(rules.quiet if falls_quiet(world.chance.below, asked=asked) else rules.gap))


def may_cut_in(world: World, talk: Conversation) -> None:
    """A line has begun: whether somebody will interrupt it, and when."""
    talk.cut_by = NOBODY
    if talk.said < _LEAST_WORDS_BEFORE_A_CUT or talk.cuts >= _MOST_CUTS or talk.stays[talk.speaker].leaving:
        return
    talk.cut_by = interrupter(_listeners(world, talk), world.chance.below)
    if talk.cut_by != NOBODY:
        talk.cut_at = world.tick + world.chance.between(*world.rules.talk.cut_in)


def _listeners(world: World, talk: Conversation) -> list[Listener]:
    """Everybody but the speaker, who may go on only if nobody else is there."""
    return [_listener(world, talk, row) for row in talk.others(talk.speaker) if row not in talk.parting]


def _listener(world: World, talk: Conversation, row: int) -> Listener:
    stay, traits = talk.stays[row], world.folk.traits[row]
    return Listener(
        row=row,
        extraversion=int(traits[EXTRAVERSION]),
        agreeableness=int(traits[AGREEABLENESS]),
        arousal=int(world.wellbeing.arousal[row]),
        stake=stake(world, talk, row),
        silent_for=talk.said - max(stay.last, stay.since),
        warmth=warmth(world, row, talk.speaker),
        picked=(row == talk.listener and talk.last.addressed != "")
        or talk.last.addressed == _name(world, row),
        leaves=stay.leaving is not None,
    )


def stake(world: World, talk: Conversation, row: int) -> int:
    """How much somebody cares for what is talked about, -100 to 100."""
    index = world.lore.topics.index.get(talk.topic)
    return 0 if index is None else int(world.tastes.liking[row, index])


def _spoken_to(talk: Conversation, speaker: int, before: int) -> int:
    """Whom somebody answers: the last speaker, unless a greeting is owed to who has just come."""
    others = talk.others(speaker)
    newest = max(others, key=lambda row: talk.stays[row].since, default=NOBODY)
    if newest != NOBODY and talk.stays[newest].since == talk.said > 0:
        return newest
    return before if before in others else next(iter(others), NOBODY)


def _mark_who_leaves(world: World, talk: Conversation) -> None:
    """The wish to go stays once it is there."""
    for row in talk.participants:
        stay = talk.stays[row]
        stay.leaving = stay.leaving or wants_to_go(_standing(world, talk, row))


def _standing(world: World, talk: Conversation, row: int) -> Standing:
    stay, wellbeing = talk.stays[row], world.wellbeing
    body = (wellbeing.band[row] == CRITICAL) & (world.lore.needs.of_body > 0)
    return Standing(
        said=talk.said - stay.since,
        planned=talk.planned_lines,
        silent_for=talk.said - max(stay.last, stay.since),
        swing=stay.swing,
        valence=int(wellbeing.valence[row]),
        extraversion=int(world.folk.traits[row, EXTRAVERSION]),
        duty=_duty_calls(world, talk, row),
        body=bool(body.any()),
        held=talk.wanted,
    )


def _duty_calls(world: World, talk: Conversation, row: int) -> bool:
    """Whether the plan of the day has come to a duty since the talk began."""
    starts = world.doings.plan_start[row : row + 1]
    then = world.rules.calendar.at(talk.formed_at).minute
    slots = [int(slot_now(starts, minute)[0]) for minute in (then, world.moment.minute)]
    return slots[0] != slots[1] and int(world.doings.plan_kind[row, slots[1]]) in _DUTIES


def _name(world: World, row: int) -> str:
    return world.roster.first_name(row)
