"""People think over what they have lived through: many memories become one, and what keeps happening becomes a thought.

A model may put it into words; it is asked rarely and off the stage, and no mind waits for it. Whoever asks has words of
their own, which are kept where there is no model, no leave to ask, no answer in time, or one that is not of what they
have lived through. One of the crowd has no words.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents import reflection
from agents.cues import Reflected, Summarised, ThoughtCue
from agents.memory import THOUGHTS, Category
from agents.reflection import Thought, is_true_to, thought_prompt
from llm.types import Kind, NpcId, Priority, Request, RequestId, Tier, Weight
from sim.activity import Activity
from sim.calendar import MINUTES_A_DAY, Period
from sim.clock import seconds_to_ticks
from sim.columns import CROWD_FROM, Rows
from sim.memories import Asked, Memories, Noted
from sim.recall import in_words
from sim.world import World

_MOST_OPEN: Final = 2  # questions at once: a line that is spoken comes first
_CROWD_A_CALL: Final = 256
_HOUR_S: Final = 3600
_LONGEST: Final = 300  # characters
_TOLD: Final = 6  # things that a model is told of
_DEEPER: Final = 100  # importance that a reflection has over what it comes from
_CATEGORY: Final = {Kind.SUMMARY: Category.PATTERN, Kind.REFLECTION: Category.REFLECTION}
_CUE: Final = {Kind.SUMMARY: Summarised, Kind.REFLECTION: Reflected}

Ints = NDArray[np.int64]


def reflect(world: World) -> None:
    """Let one of those who are watched, and some of the crowd, think over what is new to them."""
    _settle_overdue(world)
    if len(world.memories.asked) < _MOST_OPEN:
        _sum_up(world)
        _make_sense(world)
    if len(world.memories) > CROWD_FROM:
        _sum_up_in_the_crowd(world)
        _make_sense_in_the_crowd(world)


def take_thought(world: World, cue: ThoughtCue) -> None:
    """A thought has come; one that nobody waits for any more is counted and dropped."""
    asked = world.memories.asked.get(cue.request_id)
    if asked is None or asked.row != cue.npc or not isinstance(cue, _CUE[asked.kind]):
        world.stale_cues += 1
        return
    del world.memories.asked[cue.request_id]
    text = " ".join(cue.text.split())[:_LONGEST]
    own = cue.tier is Tier.TEMPLATE or not is_true_to(text, asked.facts)
    _keep(world, asked.row, asked.kind, Thought(asked.text if own else text, asked.impact, asked.importance))


# -- those who are watched


def _sum_up(world: World) -> None:
    """Whose memory fills, or who sleeps on a full day, makes one memory of the oldest half of what is new."""
    memories = world.memories
    fresh = memories.fresh()[:CROWD_FROM]
    ripe = fresh >= max(1, memories.capacity // 2)
    ripe |= _sleeps_on_it(world) & (fresh >= memories.rules.night_least)
    row = _first_free(memories, ripe)
    if row is None:
        return
    memories.night[row] = _night(world)
    first = int(memories.noted[row] - fresh[row])
    end = first + max(1, int(fresh[row]) // 2)
    batch = in_words(world, memories.between(row, first, end))
    memories.condensed[row] = end
    _think(world, row, Kind.SUMMARY, reflection.summary(batch), reflection.told(batch, _TOLD))


def _make_sense(world: World) -> None:
    """Who has lived through enough asks what it comes to."""
    memories = world.memories
    row = _first_free(memories, memories.gathered[:CROWD_FROM] >= memories.rules.reflect_after)
    if row is None:
        return
    memories.gathered[row] = 0
    newest = in_words(world, memories.between(row, 0, int(memories.noted[row])))
    _think(world, row, Kind.REFLECTION, reflection.reflection(newest), reflection.told(newest, _TOLD))


def _first_free(memories: Memories, ripe: NDArray[np.bool_]) -> int | None:
    """The first of these who is not thinking already."""
    thinking = {asked.row for asked in memories.asked.values()}
    return next((row for row in np.flatnonzero(ripe).tolist() if row not in thinking), None)


def _sleeps_on_it(world: World) -> NDArray[np.bool_]:
    """Who is asleep in a night in which they have not thought the day over."""
    if world.moment.period is not Period.NIGHT:
        return np.zeros(min(len(world.memories), CROWD_FROM), dtype=np.bool_)
    asleep = world.people.activity[:CROWD_FROM] == Activity.SLEEPING
    return np.asarray(asleep & (world.memories.night[:CROWD_FROM] != _night(world)))


def _night(world: World) -> int:
    """The number of the night that belongs to this moment: of the day on whose evening it begins."""
    moment = world.moment
    return moment.day - (moment.minute < MINUTES_A_DAY // 2)


def _think(world: World, row: int, kind: Kind, own: Thought | None, facts: list[str]) -> None:
    """Ask a model if that is allowed; else one's own words are kept at once."""
    if own is None:
        return
    if _may_ask(world):
        _ask(world, row, kind, own, facts)
    else:
        _keep(world, row, kind, own)


def _may_ask(world: World) -> bool:
    """Whether fewer questions than are allowed were put in the last hour of the world's clock."""
    memories = world.memories
    since = world.tick - seconds_to_ticks(_HOUR_S * world.speed)
    memories.asked_at = [tick for tick in memories.asked_at if tick > since]
    return len(memories.asked_at) < memories.rules.requests_per_hour


def _ask(world: World, row: int, kind: Kind, own: Thought, facts: list[str]) -> None:
    memories, number = world.memories, RequestId(world.next_request)
    world.next_request += 1
    until = world.tick + seconds_to_ticks(memories.rules.patience_s * world.speed)
    memories.asked_at.append(world.tick)
    memories.asked[number] = Asked(row, kind, own.text, own.impact, own.importance, until, tuple(facts))
    world.to_ask.append(
        Request(
            id=number,
            npc=NpcId(row),
            prompt=thought_prompt(world.roster.persona(row), facts, sums_up=kind is Kind.SUMMARY),
            fallback_text=own.text,
            tick=world.tick,
            priority=Priority.OFF_SCREEN,
            kind=kind,
            weight=Weight(participants=1),
        )
    )


def _settle_overdue(world: World) -> None:
    """Whoever has waited long enough makes do with their own words; the answer is stale from now on."""
    asked = world.memories.asked
    for number, one in [(number, one) for number, one in asked.items() if one.until <= world.tick]:
        del asked[number]
        world.to_cancel.append(number)
        _keep(world, one.row, one.kind, Thought(one.text, one.impact, one.importance))


def _keep(world: World, row: int, kind: Kind, thought: Thought) -> None:
    """Remember it, as something that lasts."""
    deeper = _DEEPER if kind is Kind.REFLECTION else 0
    importance = max(thought.importance, world.memories.rules.keep_from) + deeper
    noted = Noted(
        world.tick, _CATEGORY[kind], impact=thought.impact, importance=importance, text=thought.text
    )
    world.memories.note(np.array([row]), noted)


# -- the crowd, who keep no words: what weighs most stands for the rest


def _sum_up_in_the_crowd(world: World) -> None:
    memories = world.memories
    fresh, width = memories.fresh(), max(1, memories.capacity // 4)
    rows = _by_turns(memories, fresh >= max(1, memories.capacity // 2))
    first = memories.noted[rows] - fresh[rows]
    memories.condensed[rows] = first + width
    _keep_weightiest(world, rows, first[:, np.newaxis] + np.arange(width), Category.PATTERN)


def _make_sense_in_the_crowd(world: World) -> None:
    memories = world.memories
    rows = _by_turns(memories, memories.gathered >= memories.rules.reflect_after)
    memories.gathered[rows] = 0
    numbers = memories.noted[rows, np.newaxis] - 1 - np.arange(memories.capacity)
    _keep_weightiest(world, rows, numbers, Category.REFLECTION)


def _by_turns(memories: Memories, ripe: NDArray[np.bool_]) -> Rows:
    """So many of the crowd at most, from where the last call left off."""
    rows = np.flatnonzero(ripe[CROWD_FROM:]) + CROWD_FROM
    if rows.size > _CROWD_A_CALL:
        rows = np.roll(rows, -int(np.searchsorted(rows, memories.turn)))[:_CROWD_A_CALL]
        memories.turn = int(rows[-1]) + 1
        rows = np.sort(rows)
    return rows


def _keep_weightiest(world: World, rows: Rows, numbers: Ints, category: Category) -> None:
    """Of each row's episodes of these numbers, remember the most important once more as what they come to."""
    ring, each = world.memories.ring, rows[:, np.newaxis]
    slots = numbers % world.memories.capacity
    lived = (numbers >= 0) & ~np.isin(ring["category"][each, slots], THOUGHTS)
    weight = np.where(lived, ring["importance"][each, slots], -1)
    best = weight.argmax(axis=1)
    there = np.arange(rows.size)
    some = weight[there, best] >= 0
    rows, slot = rows[some], slots[there, best][some]
    names = ("action", "grade", "place", "other", "impact", "importance", "reason")
    if rows.size:
        world.memories.note(
            rows, Noted(world.tick, category, **{name: ring[name][rows, slot] for name in names})
        )
