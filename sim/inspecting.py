"""From the world to what an inspector shows of one townsperson. Reads, never changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from agents.context import Context, ContextPacker
from agents.planner import Kind, slot_now
from sim.columns import FULL
from sim.hearing import SpokenLine
from sim.inspection import Asked, Bond, Gauge, Inspection, Said, Slot
from sim.recall import in_words
from sim.tie_columns import Level
from sim.ties import bonds, history
from sim.why import Voices, why
from sim.world import World

_NEEDS: Final = 8
_TIES: Final = 6
_MEMORIES: Final = 4
_TREND_CHANGES: Final = 3
_LINES: Final = 40  # of the talk
_FOR: Final = {
    Kind.SLEEP: "sleep",
    Kind.WASH: "wash",
    Kind.MEAL: "eat",
    Kind.WORK: "work",
    Kind.ERRAND: "an errand",
    Kind.LEISURE: "leisure",
    Kind.SOCIAL: "see people",
    Kind.WORSHIP: "worship",
    Kind.ATTEND: "what goes on",
}


def inspect(
    world: World, row: int, lines: Sequence[SpokenLine] = (), voices: Voices | None = None
) -> Inspection:
    """Of somebody who is, or was, in town."""
    persona = world.roster.persona(row)
    talk = world.talks.get(int(world.people.talk[row]))
    context = world.minds.last_context(row)
    return Inspection(
        row=row,
        name=persona.name,
        who=f"{persona.occupation}, {persona.age}",
        feels=world.lore.emotions.names[int(world.wellbeing.emotion[row])],
        why=tuple(why(world, row, voices)),
        needs=_needs(world, row),
        bonds=_bonds(world, row),
        plan=_plan(world, row),
        memories=_memories(world, row),
        talk=tuple(Said(turn.speaker, turn.text) for turn in talk.history[-_LINES:]) if talk else (),
        prompt=() if context is None else _tokens(context),
        budget=0 if context is None else context.budget,
        asked=tuple(_asked(world, line) for line in reversed(lines)),
    )


def _asked(world: World, line: SpokenLine) -> Asked:
    usage, started = line.stats.usage, line.started
    told = usage.cached_tokens_in is not None and usage.tokens_in
    return Asked(
        time=world.rules.calendar.at(line.tick).time,
        tier=started.tier.value,
        backend=started.backend,
        outcome=line.outcome.value,
        wait_ms=line.stats.ttfc_ms,
        whole_ms=line.stats.duration_ms,
        cached=(usage.cached_tokens_in or 0) / usage.tokens_in if told and usage.tokens_in else None,
    )


def _tokens(context: Context) -> tuple[tuple[str, int], ...]:
    parts = ContextPacker.get_context_summary(context).parts
    return tuple((part, round(tokens)) for part, tokens in parts.items() if tokens)


def _needs(world: World, row: int) -> tuple[Gauge, ...]:
    needs, bands, names = world.wellbeing.needs[row], world.wellbeing.band[row], world.lore.needs.names
    emptiest = np.argsort(needs, kind="stable")[:_NEEDS].tolist()
    return tuple(Gauge(names[need], int(needs[need]) / FULL, int(bands[need])) for need in emptiest)


def _bonds(world: World, row: int) -> tuple[Bond, ...]:
    """The warmest, and the coldest of all if it is cold."""
    known = bonds(world, row)
    chosen = known[:_TIES]
    if known[_TIES:] and known[-1].level in (Level.ENEMY, Level.AT_ODDS):
        chosen = [*chosen[:-1], known[-1]]
    return tuple(
        Bond(world.roster.first_name(one.other), one.level.words, _trend(world, row, one.other))
        for one in chosen
    )


def _trend(world: World, row: int, other: int) -> int:
    changed = sum(change.delta for change in history(world, row, other)[-_TREND_CHANGES:])
    return (changed > 0) - (changed < 0)


def _plan(world: World, row: int) -> tuple[Slot, ...]:
    doings, titles = world.doings, [place.title for place in world.town.places]
    now = int(slot_now(doings.plan_start[row : row + 1], world.moment.minute)[0])
    slots: list[Slot] = []
    for number, start in enumerate(doings.plan_start[row].tolist()):
        kind, place = Kind(int(doings.plan_kind[row, number])), int(doings.plan_place[row, number])
        at = "" if place < 0 else f", {titles[place % len(titles)]}"
        slot = Slot(f"{start // 60:02}:{start % 60:02}", f"{_FOR[kind]}{at}", number == now)
        if slots and slots[-1].what == slot.what:  # the same goes on
            slots[-1] = replace(slots[-1], is_now=slots[-1].is_now or slot.is_now)
        else:
            slots.append(slot)
    return tuple(slots)


def _memories(world: World, row: int) -> tuple[str, ...]:
    noted = int(world.memories.noted[row])
    newest = world.memories.between(row, noted - _MEMORIES, noted)
    return tuple(memory.text for memory in in_words(world, newest[::-1]))
