"""The commands that look at people: how they are, what they remember, what they are to each other, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agents.actions import SKILLS, TIES
from agents.memory import Memory
from agents.toml_files import nearest
from llm.types import NpcId, Tier, TierState
from sim.activity import Activity
from sim.columns import FULL
from sim.console.doors import Access
from sim.console.llm_commands import ModelsDesk
from sim.console.registry import Command, CommandError
from sim.inputs import MemoryCleared, TieWanted
from sim.loop import Loop
from sim.recall import memories_of, retrieve
from sim.ties import Tie, bonds, history, tie, warmth
from sim.why import Voices, why
from sim.world import World

_SHOWN: Final = 10  # memories, ties
_WORST: Final = 5  # needs
_MOST_DELTA: Final = 1000
_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class PeopleCommands:
    """What they act upon."""

    loop: Loop
    models: ModelsDesk
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    @property
    def world(self) -> World:
        """The town."""
        return self.loop.world

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("agent list", "", "everybody, where and at what", self._list),
            Command("agent info", "<name>", "who somebody is", self._info),
            Command("agent status", "<name>", "how somebody is: needs, mood, means, skills", self._status),
            Command("memory status", "[name]", "how much is remembered, and the newest", self._memory_status),
            Command("memory search", "<name> <words>", "what comes to mind at these words", self._search),
            Command("memory clear", "<name>", "let somebody forget everything", self._clear, Access.RUN),
            Command("relationship status", "<name>", "all whom somebody knows", self._ties),
            Command("relationship analyze", "<name> [name]", "how it came to be so", self._analyze),
            Command(
                "relationship update",
                "<name> <name> <kind> <delta>",
                "make somebody more, or less, to another",
                self._update,
                Access.STEER,
            ),
            Command("why", "<name>", "what somebody does, and why", self._why),
        ]

    # -- people

    def _list(self, _words: Sequence[str]) -> str:
        present = np.flatnonzero(self.world.people.present).tolist()
        return "\n".join(agent_line(self.world, row) for row in present)

    def _info(self, words: Sequence[str]) -> str:
        row = self._only(words)
        persona = self.world.roster.persona(row)
        relations = "; ".join(f"{persona.first_name} {relation.note}" for relation in persona.relations)
        return "\n".join(
            (
                agent_line(self.world, row),
                f"{persona.age} years old, lives at {persona.home.replace('_', ' ')}. {persona.core_identity}",
                f"wants {persona.goal}; talks of {', '.join(persona.interests)}",
                relations,
            )
        )

    def _status(self, words: Sequence[str]) -> str:
        row, world = self._only(words), self.world
        wellbeing, means = world.wellbeing, world.livelihood
        emotion = world.lore.emotions.names[int(wellbeing.emotion[row])]
        best = int(means.skill[row].argmax())
        return "\n".join(
            (
                agent_line(world, row),
                f"feels {emotion}: valence {wellbeing.valence[row]}, arousal {wellbeing.arousal[row]}",
                f"health: body {_share(wellbeing.physical[row])}, mind {_share(wellbeing.mental[row])}",
                f"needs most: {_worst_needs(world, row)}",
                f"has {int(means.money[row])} pennies and {int(means.goods[row].sum())} pieces of goods",
                f"is best at {SKILLS[best]}: {int(means.skill[row, best])} of 1000",
            )
        )

    def _why(self, words: Sequence[str]) -> str:
        return "\n".join(why(self.world, self._only(words), voices_of(self.models)))

    # -- memories

    def _memory_status(self, words: Sequence[str]) -> str:
        if not words:
            return f"{self.world.memories.rows()} memories of {len(self.world)} people"
        row = self._only(words)
        kept = memories_of(self.world, row)
        first = f"{self.world.roster.first_name(row)} remembers {len(kept)}"
        return "\n".join((first, *map(self._memory_line, reversed(kept[-_SHOWN:]))))

    def _search(self, words: Sequence[str]) -> str:
        if len(words) < 2:
            raise CommandError("expected a name and what to look for")
        found = retrieve(self.world, self.row_of(words[0]), " ".join(words[1:]), _SHOWN)
        return "\n".join(map(self._memory_line, found)) or "nothing comes to mind"

    def _clear(self, words: Sequence[str]) -> str:
        row = self._only(words)
        self.loop.inbox.put(MemoryCleared(NpcId(row)))
        return f"{self.world.roster.first_name(row)} forgets everything"

    def _memory_line(self, memory: Memory) -> str:
        when = self.world.rules.calendar.at(memory.tick)
        category = memory.category.name.lower()
        return f"{when}, {category}, importance {memory.importance}: {memory.text}"

    # -- ties

    def _ties(self, words: Sequence[str]) -> str:
        row = self._only(words)
        known = bonds(self.world, row)
        return "\n".join(map(self._tie_line, known)) or "knows nobody"

    def _analyze(self, words: Sequence[str]) -> str:
        if len(words) != 2:
            return self._summary(self._only(words))
        row, other = self._two(words)
        return "\n".join((*self._one_way(row, other), *self._one_way(other, row)))

    def _summary(self, row: int) -> str:
        """Everybody whom they know, counted by what one would call it."""
        known = bonds(self.world, row)
        called = [one.level.words for one in known]
        counted = ", ".join(f"{called.count(words)} {words}" for words in dict.fromkeys(called))
        name = self.world.roster.first_name(row)
        if not known:
            return f"{name} knows nobody"
        ends = [self.world.roster.first_name(one.other) for one in (known[0], known[-1])]
        return f"{name} knows {len(known)}: {counted}\nwarmest towards {ends[0]}, coldest towards {ends[1]}"

    def _one_way(self, row: int, other: int) -> list[str]:
        found, name = tie(self.world, row, other), self.world.roster.first_name(row)
        if found is None:
            return [f"to {name}, {self.world.roster.first_name(other)} is a stranger"]
        glad = warmth(self.world, row, other)
        changes = [
            f"  {self.world.rules.calendar.at(one.tick)}: {one.kind.name.lower()} {one.delta:+} "
            f"to {one.strength}: {one.reason}"
            for one in history(self.world, row, other)
        ]
        return [f"to {name}: {self._tie_line(found)}; warmth {glad}", *changes]

    def _update(self, words: Sequence[str]) -> str:
        if len(words) != 4:
            raise CommandError("expected two names, a kind and a delta, as: mira tomas friendship 100")
        row, other = self._two(words[:2])
        kind, delta = _kind(words[2]), _delta(words[3])
        self.loop.inbox.put(TieWanted(NpcId(row), NpcId(other), kind, delta))
        names = [self.world.roster.first_name(one) for one in (row, other)]
        return f"{names[1]} is to be {delta:+} in {TIES[kind]} to {names[0]}"

    def _tie_line(self, one: Tie) -> str:
        strong = ", ".join(
            f"{kind} {strength}" for kind, strength in zip(TIES, one.strengths, strict=True) if strength
        )
        return f"{self.world.roster.first_name(one.other)}, {one.level.words}: {strong}"

    # -- names

    def _only(self, words: Sequence[str]) -> int:
        if len(words) != 1:
            raise CommandError("expected one name")
        return self.row_of(words[0])

    def _two(self, words: Sequence[str]) -> tuple[int, int]:
        row, other = (self.row_of(word) for word in words)
        if row == other:
            raise CommandError("it takes two different people")
        return row, other


def agent_line(world: World, row: int) -> str:
    """Somebody in one line."""
    people, persona = world.people, world.roster.persona(row)
    place = world.town.places[int(people.goal_place[row]) % len(world.town.places)]
    activity = Activity(int(people.activity[row]))
    bound = f"to {place.title}" if activity is Activity.WALKING else f"({place.title})"
    return f"{persona.id:<12} {persona.name}, {persona.occupation}: {activity.words} {bound}"


def voices_of(models: ModelsDesk) -> Voices:
    """What the models' desk knows of why somebody has to wait."""
    ready = [models.status_of(tier).state is TierState.READY for tier in (Tier.CLOUD, Tier.LOCAL)]
    money = models.money
    return Voices(
        on_templates=not any(ready),
        over_budget=money is not None and money.left_usd <= 0,
        waiting=sum(lane.waiting for lane in models.lanes),
    )


def _share(value: int) -> str:
    return f"{int(value) * _HUNDRED // FULL} of {_HUNDRED}"


def _worst_needs(world: World, row: int) -> str:
    needs = world.wellbeing.needs[row]
    worst = np.argsort(needs, kind="stable")[:_WORST].tolist()
    return ", ".join(
        f"{world.lore.needs.names[need]} {int(needs[need]) * _HUNDRED // FULL}" for need in worst
    )


def _kind(word: str) -> int:
    if word.lower() not in TIES:
        raise CommandError(f"there is no kind {word!r}{nearest(word, TIES)}")
    return TIES.index(word.lower())


def _delta(word: str) -> int:
    try:
        delta = int(word)
    except ValueError:
        delta = 0
    if delta == 0 or abs(delta) > _MOST_DELTA:
        raise CommandError(
            f"expected a whole number from -{_MOST_DELTA} to {_MOST_DELTA}, not 0, got {word!r}"
        )
    return delta
