"""One talk between two people: whose turn it is, what kind of line is due, and when it is over.

A life in phases, kept as a table. Time is given in ticks by the caller; nothing in here knows a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.reading import Intent
from agents.templates import Situation
from llm.types import Turn

_FAREWELLS: Final = (Situation.FAREWELL, Situation.FAREWELL_REPLY)
MAX_SILENCES: Final = 2  # lines in a row that nobody could say, before a talk is given up


class Phase(StrEnum):
    """Where a talk stands."""

    FORMING = "forming"  # they walk up to each other
    OPEN = "open"
    OVER = "over"


class Happening(StrEnum):
    """What moves a talk from phase to phase."""

    GATHERED = "gathered"
    NEVER_MET = "never_met"
    SAID_FAREWELL = "said_farewell"
    FELL_SILENT = "fell_silent"
    TOO_LONG = "too_long"


NEXT: Final[Mapping[tuple[Phase, Happening], Phase]] = {
    (Phase.FORMING, Happening.GATHERED): Phase.OPEN,
    (Phase.FORMING, Happening.NEVER_MET): Phase.OVER,
    (Phase.OPEN, Happening.SAID_FAREWELL): Phase.OVER,
    (Phase.OPEN, Happening.FELL_SILENT): Phase.OVER,
    (Phase.OPEN, Happening.TOO_LONG): Phase.OVER,
}


@dataclass(slots=True)
class Conversation:
    """Two participants by row; the first is who walked up and greets."""

    id: int
    participants: tuple[int, int]
    planned_lines: int
    formed_at: int  # tick
    wanted: bool = False  # somebody outside asked for it, and listens
    scene: str = ""  # fixed while it lasts, so that a server's prefix cache keeps it
    phase: Phase = Phase.FORMING
    ended_by: Happening | None = None
    floor: int = 0  # index into participants
    turn_at: int = 0  # tick from which the next line may be asked for
    ends_at: int | None = None  # tick at which they part, once the last line is said
    history: list[Turn] = field(default_factory=list)
    asking: Situation = Situation.GREETING  # the kind of line last asked for
    asked_template: str = ""  # the line held ready for it
    asked_thread: str = ""
    thread: str = ""  # of the last template line, empty when a model spoke
    topic: str = ""  # id of what they talk about, empty while it is nothing in particular
    last_intent: Intent = Intent.CONTINUE
    farewells: int = 0
    silences: int = 0

    @property
    def speaker(self) -> int:
        """The row of who has the floor."""
        return self.participants[self.floor]

    @property
    def listener(self) -> int:
        """The row of the other."""
        return self.participants[1 - self.floor]

    def happen(self, what: Happening) -> None:
        """Move on. A pair that the table lacks is an error of the program (KeyError)."""
        self.phase = NEXT[self.phase, what]
        if self.phase is Phase.OVER:
            self.ended_by = what

    def due(self) -> Situation:
        """The kind of line that comes next, as a person would do it."""
        said = len(self.history)
        if self.last_intent is Intent.LEAVE and said > 1:
            return Situation.FAREWELL_REPLY
        if said >= self.planned_lines - 2:
            return Situation.FAREWELL
        if said == 0:
            return Situation.GREETING
        if said == 1:
            return Situation.OPENING
        if self.last_intent is Intent.ASK:
            return Situation.ANSWER
        answerable = said < self.planned_lines - 3  # the line after the next is not a farewell yet
        return Situation.QUESTION if said % 3 == 0 and answerable else Situation.REPLY

    def heard(self, turn: Turn, intent: Intent, thread: str) -> None:
        """A line was said to its end: the floor passes on. Who was asked to take leave has taken it."""
        if self.asking in _FAREWELLS:
            intent = Intent.LEAVE
        self.history.append(turn)
        self.thread, self.last_intent, self.silences = thread, intent, 0
        self.farewells += intent is Intent.LEAVE
        self.floor = 1 - self.floor

    def missed(self) -> None:
        """Nothing was said: the other may try."""
        self.silences += 1
        self.floor = 1 - self.floor

    @property
    def finished(self) -> Happening | None:
        """The reason to part, if there is one."""
        if self.silences >= MAX_SILENCES:
            return Happening.FELL_SILENT
        if self.farewells > 1:
            return Happening.SAID_FAREWELL
        if len(self.history) >= self.planned_lines:
            return Happening.TOO_LONG if self.farewells == 0 else Happening.SAID_FAREWELL
        return None
