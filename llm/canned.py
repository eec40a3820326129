"""What an answer looks like that was written down beforehand, by a person or from a real model. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from llm.types import WHY_OF_FINISH, Fields, Finish, Priority, Request, Tier, Usage, Why


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer with its timing, in seconds after the question; no time is earlier than the one before it."""

    pieces: tuple[tuple[float, str], ...] = ()  # when, and what
    finish: Finish = Finish.STOP
    end_s: float = 0.0
    usage: Usage = field(default_factory=Usage)
    error: Why = Why.NONE  # what went wrong at `end_s`; then `finish` says nothing
    tier: Tier = Tier.LOCAL  # that gave it
    backend: str = "scripted"  # that gives it now
    recorded_backend: str = ""  # that gave it when it was recorded
    model: str = ""
    fields: Fields = ()  # told beside its words

    @property
    def why(self) -> Why:
        """What is wrong with it, if anything."""
        return self.error or WHY_OF_FINISH[self.finish]


class CannedSource(Protocol):
    """Where such answers come from. The same requests in the same order get the same answers."""

    @property
    def name(self) -> str:
        """As transcripts name what speaks from it: `scripted` or `cassette`."""

    def answer(self, request: Request) -> CannedAnswer | None:
        """The answer to this request; None if there is none. A strict one raises `NotRecorded` instead."""


def tier_wanted(request: Request) -> Tier:
    """Which tier's answers suit a request: the spotlight is the cloud's."""
    return Tier.CLOUD if request.priority is Priority.SPOTLIGHT else Tier.LOCAL
