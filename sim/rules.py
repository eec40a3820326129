"""The numbers by which this world runs, in its own units. Frozen: what they are is part of what a run depends on."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.calendar import Calendar
from sim.clock import TICKS_PER_SECOND
from sim.memory_rules import MemoryRules


@dataclass(frozen=True, slots=True)
class TalkRules:
    """How talks begin, go on and end. Distances in pixels, times in ticks unless they say otherwise."""

    earshot_px: float = 64.0
    whisper_px: float = 24.0  # how far off a private talk is heard
    min_lines: int = 6
    max_lines: int = 11
    lines_a_head: int = 3  # more, for each beyond two
    most_planned: int = 16  # lines after which everybody thinks of going, whoever else came
    most_lines: int = 40
    longest: int = 180 * TICKS_PER_SECOND
    characters_per_second: float = 22.0  # of world time: when a turn may begin
    gap: tuple[int, int] = (12, 48)  # between the end of a line and the next one
    quiet: tuple[int, int] = (60, 150)  # the same, when nobody knows what to say
    parting: int = TICKS_PER_SECOND  # they stand together a moment after the last word
    person_rest: tuple[int, int] = (8 * TICKS_PER_SECOND, 25 * TICKS_PER_SECOND)
    pair_rest: int = 150 * TICKS_PER_SECOND
    gather_limit: int = 9 * TICKS_PER_SECOND
    people_to_a_talk: int = 6  # at most one talk to so many people at once
    most_talks: int = 40  # at once, however many people there are
    most_people: int = 6  # who come together of their own accord
    begin_chance: int = 220  # of 1,000, each time that two free people are seen near each other
    join_chance: int = 30  # of 1,000, each time that somebody free is near people who talk
    private_chance: int = 150  # of 1,000, for two who trust each other
    cut_in: tuple[int, int] = (50, 150)  # after how long an interrupter cuts in

    def speaking_ticks(self, characters: int) -> int:
        """How long a line of so many characters takes to be said or read."""
        return int(characters * TICKS_PER_SECOND / self.characters_per_second)

    def read_in(self, ticks: int) -> int:
        """How many characters of a line are said or read in so many ticks."""
        return int(ticks * self.characters_per_second / TICKS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class ModelRules:
    """What the world asks of a model, and how long it waits: world seconds at speed 1."""

    begin_deadline_s: float = 4.0  # then the mind is freed, whatever became of the answer
    end_deadline_s: float = 25.0
    prompt_tokens: int = 300  # of background talk
    spotlight_tokens: int = 600


@dataclass(frozen=True, slots=True)
class Rules:
    """All of them."""

    seed: int = 0
    calendar: Calendar = field(default_factory=Calendar)
    talk: TalkRules = field(default_factory=TalkRules)
    model: ModelRules = field(default_factory=ModelRules)
    memory: MemoryRules = field(default_factory=MemoryRules)
    daylight: tuple[int, int] = (6 * 60, 20 * 60)  # minutes of the day between which it is not night
