"""The report: one JSON object at the end of a run, with the names and units of INTERFACES §5."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sim.app.options import program_version
from sim.events import ConversationEnded, ConversationStarted, Event
from sim.hearing import SpokenLine
from sim.loop import Loop
from sim.state_hash import state_hash

SCHEMA: Final = 1
_PAIR: Final = 2


@dataclass(slots=True)
class TalkCounts:
    """What was said, counted as it happens."""

    started: int = 0
    participants_max: int = 0
    in_company: int = 0  # of those that are over, with three people or more
    ended_by: Counter[str] = field(default_factory=Counter)
    by_tier: Counter[str] = field(default_factory=Counter)

    def note_event(self, event: Event) -> None:
        """A talk began or ended."""
        match event:
            case ConversationStarted(participants=participants):
                self.started += 1
                self.participants_max = max(self.participants_max, len(participants))
            case ConversationEnded(reason=reason, participants=participants):
                self.ended_by[reason] += 1
                self.participants_max = max(self.participants_max, len(participants))
                self.in_company += len(participants) > _PAIR

    def note_line(self, line: SpokenLine) -> None:
        """A line was said."""
        self.by_tier[line.started.tier.value] += 1

    def report(self) -> dict[str, Any]:
        """As the report's `conversations` has it."""
        return {
            "started": self.started,
            "ended": self.ended_by.total(),
            "lines": self.by_tier.total(),
            "by_tier": dict(self.by_tier),
            "participants_max": self.participants_max,
            "with_three_or_more": self.in_company,
            "ended_by": dict(self.ended_by),
        }


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the report says of the run that the loop does not know."""

    command: str
    mode: str  # window, headless or fast
    wall_s: float
    process: Mapping[str, Any]
    errors: list[dict[str, str]]


def build_report(loop: Loop, llm: Mapping[str, Any], talks: TalkCounts, facts: RunFacts) -> dict[str, Any]:
    """Everything, in the order in which a person wants to read it."""
    world = loop.world
    moment = world.moment
    return {
        "schema": SCHEMA,
        "version": program_version(),
        "command": facts.command,
        "seed": world.rules.seed,
        "mode": facts.mode,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cpu_count": os.cpu_count(),
        "ticks": world.tick,
        "wall_s": round(facts.wall_s, 3),
        "world_s": round(world.tick / 60, 3),
        "calendar": {"day": moment.day, "time": moment.time},
        "dilated_s": round(loop.clock.dilated_s, 3),
        "frames": loop.statistics.report(),
        "llm": dict(llm),
        "conversations": talks.report(),
        "world": {"npcs": len(world.people), "state_hash": state_hash(world)},
        "process": dict(facts.process),
        "errors": facts.errors,
    }


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write whole or not at all: a temporary file beside it takes its place."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
