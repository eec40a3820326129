"""One talk among two to eight people: who is in it, whose turn it is, what kind of line is due, and when it is over.

A life in phases, kept as a table. Time is given in ticks by the caller, chance too; nothing in here knows a second or a
place. What a talk remembers is bounded however long it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from agents.reading import Intent, Reading
from agents.templates import Situation
from llm.types import Fingerprint, Turn

MOST_PEOPLE: Final = 8
MAX_SILENCES: Final = 2  # lines in a row that nobody could say, before a talk is given up
_LINES_KEPT: Final = 48
_LINES_LET_GO: Final = 24  # at a time: what a server has read of a talk stays as it is in between
_PRINTS_KEPT: Final = 16
_FAREWELLS: Final = (Situation.FAREWELL, Situation.FAREWELL_REPLY, Situation.LEAVE_TAKING)
NOBODY: Final = -1
_T = TypeVar("_T")


class Phase(StrEnum):
    """Where a talk stands."""

    FORMING = "forming"  # they walk up to each other
    OPEN = "open"
    OVER = "over"


class Happening(StrEnum):
    """What moves a talk from phase to phase; of those that end it, the reason that is told."""

    GATHERED = "gathered"
    NEVER_MET = "never_met"
    SAID_FAREWELL = "said_farewell"  # of somebody's own accord
    BUSINESS_DONE = "business_done"  # all was said
    DUTY_CALLED = "duty_called"
    OUT_OF_SORTS = "out_of_sorts"
    FELL_SILENT = "fell_silent"
    TOO_LONG = "too_long"
    LEFT_ALONE = "left_alone"
    STOPPED = "stopped"  # from outside


ENDS: Final = tuple(what for what in Happening if what not in (Happening.GATHERED, Happening.NEVER_MET))
NEXT: Final[Mapping[tuple[Phase, Happening], Phase]] = {
    (Phase.FORMING, Happening.GATHERED): Phase.OPEN,
    (Phase.FORMING, Happening.NEVER_MET): Phase.OVER,
    (Phase.FORMING, Happening.LEFT_ALONE): Phase.OVER,
    (Phase.FORMING, Happening.STOPPED): Phase.OVER,
    **{(Phase.OPEN, what): Phase.OVER for what in ENDS},
}


@dataclass(slots=True)
class Stay:
    """One person's part in a talk."""

    since: int  # the first line that they heard
    company: list[int] = field(default_factory=list)  # whom they met in it
    lines: int = 0  # that they said
    last: int = 0  # the number of their last one
    swing: int = 0  # of mood that was stirred in them, in thousandths of valence
    warmth: dict[int, int] = field(default_factory=dict)  # how kind the others' words were to them, summed
    leaving: Happening | None = None  # why they mean to go
    said_goodbye: bool = False


@dataclass(slots=True)
class Conversation:
    """Participants by row, in the order in which they came; the first walked up and greets."""

    id: int
    participants: tuple[int, ...]
    planned_lines: int
    formed_at: int  # tick
    wanted: bool = False  # somebody outside asked for it, and listens
    private: bool = False  # whispered: who stands farther off hears nothing, and nobody joins
    scene: str = ""  # fixed while it lasts, so that a server's prefix cache keeps it
    phase: Phase = Phase.FORMING
    ended_by: Happening | None = None
    coming: dict[int, int] = field(
        default_factory=dict
    )  # who walks up to it, and the tick from which they give up
    stays: dict[int, Stay] = field(default_factory=dict)  # of everybody who is or was in it
    parting: dict[int, int] = field(default_factory=dict)  # who took leave, and the tick at which they go
    speaker: int = NOBODY  # who has the floor
    listener: int = NOBODY  # whom they speak to; the others listen too
    wake_at: int = 0  # nothing is to be done about it before this tick
    turn_at: int = 0  # tick from which the next line may be asked for
    read_at: int = 0  # tick at which the last line will have been read
    ends_at: int | None = None  # tick at which they part, once the last line is said
    history: list[Turn] = field(default_factory=list)
    speakers: list[int] = field(default_factory=list)  # of each line of the history
    let_go: int = 0  # lines that were said before the history begins
    prints: list[Fingerprint] = field(default_factory=list)  # of the last lines, for comparing
    asking: Situation = Situation.GREETING  # the kind of line last asked for
    asked_template: str = ""  # the line held ready for it
    asked_thread: str = ""
    thread: str = ""  # of the last template line, empty when a model spoke
    topic: str = ""  # id of what they talk about, empty while it is nothing in particular
    topic_since: int = 0  # the line with which it came up
    topics: list[str] = field(default_factory=list)  # all that came up, in order
    new_topic: bool = False  # the next line brings it up
    last: Reading = field(default_factory=Reading)  # what the last line meant
    cut_by: int = NOBODY  # who is about to interrupt
    cut_at: int = 0  # and when
    cuts: int = 0
    most: int = 0  # people in it at once
    interjects: bool = False  # the next line cuts another short
    silences: int = 0
    drama: int = 0  # what ties and tempers went through in it
    read_ahead: bool = False  # servers were told who will speak in it
    lit: bool = False  # it is in the spotlight for its own sake

    def __post_init__(self) -> None:
        for row in self.participants:
            self.stays.setdefault(row, Stay(0, [one for one in self.participants if one != row]))
        if self.speaker == NOBODY:
            self.speaker, self.listener = self.participants[:2]

    @property
    def said(self) -> int:
        """How many lines were said in it."""
        return self.let_go + len(self.history)

    @property
    def is_full(self) -> bool:
        """No more may come."""
        return len(self.participants) + len(self.coming) >= MOST_PEOPLE

    def others(self, row: int) -> tuple[int, ...]:
        """Everybody in it but one."""
        return tuple(one for one in self.participants if one != row)

    def happen(self, what: Happening) -> None:
        """Move on. A pair that the table lacks is an error of the program (KeyError)."""
        self.phase = NEXT[self.phase, what]
        if self.phase is Phase.OVER:
            self.ended_by = what
        else:
            self.most = len(self.participants)

    # -- who is in it

    def join(self, row: int) -> None:
        """Somebody has come up to it; they hear what is said from now on."""
        self.coming.pop(row, None)
        stay = self.stays.setdefault(row, Stay(self.said))
        stay.leaving, stay.said_goodbye = None, False
        for other in self.participants:
            _add(self.stays[other].company, row)
            _add(stay.company, other)
        self.participants = (*self.participants, row)
        self.most = max(self.most, len(self.participants))

    def leave(self, row: int) -> None:
        """Somebody goes. The floor is no longer theirs."""
        self.participants = self.others(row)
        self.parting.pop(row, None)
        if self.participants and self.speaker == row:
            self.speaker = self.participants[0]
        if self.participants and self.listener in (row, self.speaker):
            self.listener = next(iter(self.others(self.speaker)), NOBODY)
        if self.cut_by == row:
            self.cut_by = NOBODY

    def drop(self, row: int) -> None:
        """Somebody never came, or heard nothing yet: as if they had not been meant."""
        self.leave(row)
        self.stays.pop(row, None)
        for stay in self.stays.values():
            stay.company = [one for one in stay.company if one != row]

    def heard_by(self, row: int) -> tuple[Turn, ...]:
        """The lines of the history that somebody was there to hear."""
        return tuple(self.history[max(0, self.stays[row].since - self.let_go) :])

    def lines_of(self, row: int, hearer: int) -> list[str]:
        """What one said of which the other heard it."""
        first = max(0, self.stays[hearer].since - self.let_go)
        said = zip(self.history[first:], self.speakers[first:], strict=True)
        return [turn.text for turn, speaker in said if speaker == row]

    # -- the floor

    def give_floor(self, row: int, to: int) -> None:
        """It is somebody's turn to say something to another."""
        self.speaker, self.listener = row, to

    def due(self) -> Situation:
        """The kind of line that comes next, as a person would do it."""
        return self._due_leave() or self._due_first() or self._due_on()

    def _due_leave(self) -> Situation | None:
        stay = self.stays[self.speaker]
        others = [self.stays[row] for row in self.others(self.speaker)]
        if len(others) == 1 and others[0].said_goodbye:
            return Situation.FAREWELL_REPLY
        if stay.leaving is not None:
            return Situation.FAREWELL if len(others) == 1 else Situation.LEAVE_TAKING
        return None

    def _due_first(self) -> Situation | None:
        """The first words of the talk, or of somebody in it."""
        stay = self.stays[self.speaker]
        if self.said == 0:
            return Situation.GREETING
        if self.interjects:
            return Situation.INTERJECTION
        return Situation.JOIN_GREETING if stay.since and not stay.lines else None

    def _due_on(self) -> Situation:
        if self.said == 1 or self.new_topic:
            return Situation.NEW_TOPIC if self.said > 1 and len(self.topics) > 1 else Situation.OPENING
        if self.last.intent is Intent.ASK:
            return Situation.ANSWER
        may_be_answered = self.said < self.planned_lines - 2
        return Situation.QUESTION if self.said % 3 == 0 and may_be_answered else Situation.REPLY

    def heard(self, turn: Turn, reading: Reading, thread: str, mark: Fingerprint) -> None:
        """A line was said to its end. Who was asked to take leave has taken it."""
        stay = self.stays[self.speaker]
        self.history.append(turn)
        self.speakers.append(self.speaker)
        self.prints = [*self.prints[1 - _PRINTS_KEPT :], mark]
        stay.lines, stay.last = stay.lines + 1, self.said
        stay.said_goodbye |= self.asking in _FAREWELLS or reading.intent is Intent.LEAVE
        self.thread, self.last, self.silences = thread, reading, 0
        self.interjects = False
        self.new_topic &= self.asking not in (Situation.OPENING, Situation.NEW_TOPIC)
        if len(self.history) > _LINES_KEPT:
            self.let_go += _LINES_LET_GO
            del self.history[:_LINES_LET_GO], self.speakers[:_LINES_LET_GO]

    def missed(self) -> None:
        """Nothing was said: somebody else may try."""
        self.silences += 1

    def turn_to(self, topic: str) -> None:
        """From the next line on they talk of this."""
        self.topic, self.topic_since, self.new_topic = topic, self.said, True
        _add(self.topics, topic)

    @property
    def finished(self) -> Happening | None:
        """The reason to part, if there is one: of two who take leave, that of the first."""
        if self.silences >= MAX_SILENCES:
            return Happening.FELL_SILENT
        here = [self.stays[row] for row in self.participants]
        gone = [stay for stay in here if stay.said_goodbye]
        if len(here) == 2 and len(gone) == 2:
            first = min(gone, key=lambda stay: stay.last)
            return first.leaving or Happening.SAID_FAREWELL
        return None


def _add(some: list[_T], one: _T) -> None:
    if one not in some:
        some.append(one)
