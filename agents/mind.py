"""The state machine round the model: what somebody waits for, and what frees them.

A mind asks one question at a time. It is freed by a cue that carries the number of that question; a cue with
any other number is stale and changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.context import Context
from agents.cues import BeganSpeaking, Cue, FellSilent, Spoke
from agents.persona import Persona
from llm.types import Fingerprint, RequestId

RECENT_LINES: Final = 60  # template lines that one person does not say again
RECENT_OPENINGS: Final = 50  # lines; their first words cost little to keep
RECENT_PRINTS: Final = 12  # lines, whoever wrote them, that are not to be said again


class State(StrEnum):
    """What a mind is about."""

    IDLE = "idle"
    THINKING = "thinking"
    SPEAKING = "speaking"


NEXT: Final[Mapping[tuple[State, type[Cue]], State]] = {
    (State.THINKING, BeganSpeaking): State.SPEAKING,
    (State.THINKING, FellSilent): State.IDLE,
    (State.SPEAKING, Spoke): State.IDLE,
    (State.SPEAKING, FellSilent): State.IDLE,
}


class MindError(Exception):
    """A cue came that has no place in this state: an error of the program, not of a model."""


@dataclass(slots=True)
class Mind:
    """One person's."""

    persona: Persona
    state: State = State.IDLE
    awaits: RequestId | None = None
    began_at: int = 0  # tick of the first visible word of the line now spoken
    deadline: int = 0  # tick by which the awaited line must have begun, or ended once it has begun
    asked_at: int = 0  # tick at which the awaited line was asked for
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=RECENT_LINES))
    context: Context | None = None  # of the last line's prompt; told to people, read by no system
    openings: deque[str] = field(
        default_factory=lambda: deque(maxlen=RECENT_OPENINGS)
    )  # how models' lines began
    said: deque[Fingerprint] = field(default_factory=lambda: deque(maxlen=RECENT_PRINTS))

    def ask(self, request_id: RequestId, deadline: int, tick: int = 0) -> None:
        """Begin to wait for a line. Raises MindError if one is awaited already."""
        if self.state is not State.IDLE:
            raise MindError(f"{self.persona.name} is {self.state} and cannot ask {request_id}")
        self.state, self.awaits, self.deadline = State.THINKING, request_id, deadline
        self.asked_at = tick

    def is_awaiting(self, request_id: RequestId) -> bool:
        """Whether this is the number of the question now open."""
        return self.awaits == request_id

    def hear(self, cue: Cue, tick: int, deadline: int) -> None:
        """Follow a cue that answers the open question. Raises MindError where the table has no entry."""
        following = NEXT.get((self.state, type(cue)))
        if following is None:
            raise MindError(f"{self.persona.name} is {self.state} and cannot take {type(cue).__name__}")
        self.state = following
        if following is State.SPEAKING:
            self.began_at, self.deadline = tick, deadline
        else:
            self.awaits = None
