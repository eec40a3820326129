"""The transcript: one JSON object per spoken line, as INTERFACES names its fields; flushed line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from llm.types import Priority
from sim.calendar import Calendar
from sim.hearing import SpokenLine


def as_record(line: SpokenLine, calendar: Calendar) -> dict[str, Any]:
    """The fields of one line; times in milliseconds."""
    prompt = line.request.prompt
    return {
        "tick": line.tick,
        "calendar": str(calendar.at(line.tick)),
        "conversation": line.request.conversation,
        "speaker": prompt.speaker,
        "listeners": list(prompt.listeners),
        "text": line.text,
        "tier": line.started.tier.value,
        "backend": line.started.backend,
        **({"recorded_backend": recorded} if (recorded := line.started.recorded_backend) else {}),
        "outcome": line.outcome.value,
        "why": line.why.value,
        "route_reason": line.started.route_reason.value,
        "spotlight": line.request.priority is Priority.SPOTLIGHT,
        "ttfc_ms": round(line.stats.ttfc_ms, 1),
        "duration_ms": round(line.stats.duration_ms, 1),
        "tokens_out": line.stats.usage.tokens_out,
        "request_id": line.request.id,
    }


class TranscriptFile:
    """Appends to a file as lines are spoken, so that a crash loses none."""

    def __init__(self, path: Path, calendar: Calendar) -> None:
        self._calendar = calendar
        self._file: TextIO = path.open("w", encoding="utf-8")

    def write(self, line: SpokenLine) -> None:
        """One line more."""
        self._file.write(json.dumps(as_record(line, self._calendar), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """No more lines."""
        self._file.close()
