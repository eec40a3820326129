"""The report: one JSON object at the end of a run, with the names and units of INTERFACES §5."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from agents.conversation.repetition import RepetitionCounter
from sim.app.options import OutputError, program_version
from sim.clock import TICKS_PER_SECOND
from sim.events import ConversationStarted, Event
from sim.hearing import SpokenLine
from sim.loop import Loop
from sim.state_hash import state_hash
from sim.talk_log import TalkLog

SCHEMA: Final = 1


@dataclass(slots=True)
class TalkCounts:
    """What was said, counted as it is heard."""

    started: int = 0
    by_tier: Counter[str] = field(default_factory=Counter)
    repetition: RepetitionCounter = field(default_factory=RepetitionCounter)

    def note_event(self, event: Event) -> None:
        """A talk began."""
        self.started += isinstance(event, ConversationStarted)

    def note_line(self, line: SpokenLine) -> None:
        """A line was said."""
        self.by_tier[line.started.tier.value] += 1
        self.repetition.heard(line.request.npc, line.request.conversation, line.text)

    def report(self, log: TalkLog) -> dict[str, Any]:
        """As the report's `conversations` has it."""
        return {
            "started": self.started,
            "ended": log.ended_by.total(),
            "lines": self.by_tier.total(),
            "by_tier": dict(self.by_tier),
            "participants_max": log.largest,
            "with_three_or_more": log.in_company,
            "interruptions": log.interruptions,
            "repetition_rate": round(self.repetition.rate, 4),
            "gap_s": _seconds(log.gaps),
            "ended_by": dict(log.ended_by),
        }


def _seconds(ticks: Collection[int]) -> dict[str, float]:
    """From a line that was read to the next one's beginning."""
    if not ticks:
        return {}
    middle, late = np.percentile(np.array(ticks), (50, 95)) / TICKS_PER_SECOND
    return {"p50": round(float(middle), 2), "p95": round(float(late), 2)}


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
        "frames": loop.statistics.report() | {"eased": loop.governor.frames_eased if loop.governor else 0},
        "llm": dict(llm),
        "conversations": talks.report(world.talk_log),
        "world": {"npcs": len(world.people), "state_hash": state_hash(world)},
        "process": dict(facts.process),
        "errors": facts.errors,
    }


def check_writable(*paths: Path | None) -> None:
    """Say so now, not after an hour's run. Raises OutputError."""
    for path in paths:
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise OutputError(f"{path}: cannot be written there; expected a file in a folder that exists")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write whole or not at all: a temporary file beside it takes its place."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    temporary.replace(path)
