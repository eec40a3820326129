"""What somebody remembers, in words: from columns and notes to memories, and to those of them that come to mind.

Nobody remembers what is not theirs: everything here starts from one row and reads no other's memories.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.actions import Grade
from agents.memory import Category, Memory
from agents.retrieval import Question, Recollection
from sim.memories import Episode
from sim.world import World

_OUTCOMES: Final = {
    Grade.FAILURE: "it failed",
    Grade.POOR: "it went badly",
    Grade.GOOD: "it went well",
    Grade.EXCELLENT: "it went very well",
}
_UNTOLD: Final = {
    Category.TALK: "talked",
    Category.EVENT: "saw something happen",
}


def memories_of(world: World, row: int) -> list[Memory]:
    """All that somebody remembers, oldest first."""
    return _recollection(world, row).all()


def retrieve(world: World, row: int, about: str, most: int) -> list[Memory]:
    """What comes to somebody's mind at the mention of this; first what does so first."""
    rules, hour = world.rules.memory, world.rules.calendar.ticks_per_hour
    question = Question(about, world.tick, rules.half_life_hours * hour, rules.weights)
    return _recollection(world, row).retrieve(question, most)


def in_words(world: World, episodes: Iterable[Episode]) -> list[Memory]:
    """Episodes as memories."""
    return [_memory(world, episode) for episode in episodes]


def _recollection(world: World, row: int) -> Recollection:
    """What is kept of somebody ready to be searched, brought up to date."""
    memories = world.memories
    kept = memories.recollections.setdefault(row, Recollection())
    now, known = set(memories.numbers(row)), set(kept.numbers)
    for number in sorted(known - now):
        kept.remove(number)
    if fresh := now - known:
        for episode in memories.episodes(row):
            if episode.number in fresh:
                kept.add(episode.number, _memory(world, episode))
    return kept


def _memory(world: World, episode: Episode) -> Memory:
    names = _names(world, episode)
    place = "" if episode.place < 0 else _title(world, episode.place)
    did, doing = _done(world, episode, place)
    text = episode.text or _told(world, episode, did, names)
    if episode.category == Category.TALK and names:  # with the same person it is the same thing done again
        said = f", who said '{episode.text}'" if episode.text else ""
        text = f"{did} with {names[0]}{said}"
        did, doing = f"talked with {names[0]}", f"talking with {names[0]}"
    return Memory(
        tick=episode.tick,
        category=Category(episode.category),
        text=text,
        place=place,
        people=(episode.other,) if names else (),
        names=names,
        impact=episode.impact,
        importance=episode.importance,
        grade=episode.grade,
        did=did,
        doing=doing,
    )


def _names(world: World, episode: Episode) -> tuple[str, ...]:
    known = 0 <= episode.other < len(world.memories)
    return (world.roster.persona(episode.other).first_name,) if known else ()


def _title(world: World, place: int) -> str:
    places = world.town.places
    return places[place % len(places)].title


def _done(world: World, episode: Episode, place: str) -> tuple[str, str]:
    """What was done, and the doing of it, with where; without words of its own it has no doing."""
    if episode.action < 0:
        did = _UNTOLD.get(Category(episode.category), "thought about things")
        return _at(did, place), ""
    action = world.lore.actions.actions[episode.action]
    return _at(action.did, place), _at(action.doing, place)


def _at(words: str, place: str) -> str:
    """With where, if the words do not say it."""
    return words if not place or place in words or "home" in words else f"{words} at {place}"


def _told(world: World, episode: Episode, did: str, names: tuple[str, ...]) -> str:
    """As one tells it: what, where, with whom, and how it came out and why."""
    told = " with ".join((did, *names))
    outcome = _OUTCOMES.get(Grade(episode.grade)) if episode.grade >= 0 else None
    if outcome is None:
        return told
    reason = ""
    if episode.action >= 0:
        reason = world.lore.actions.reason(episode.action, Grade(episode.grade), episode.reason)
    return f"{told}; {outcome} because {reason}" if reason else f"{told}; {outcome}"
