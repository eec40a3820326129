"""A fake door to the models that answers as a test says, tick by tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from llm.types import (
    Failed,
    Fields,
    Finished,
    Kind,
    Outcome,
    Request,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Why,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one question, a word a tick; None for nothing at all."""

    text: str | None
    after: int = 2  # ticks to the first word
    a_word: int = 1  # ticks from one word to the next
    tier: Tier = Tier.LOCAL
    fields: Fields = ()  # told beside the words


@dataclass(slots=True)
class PlannedModels:
    """Answers every line that is asked for as `plan` has it."""

    reads_prompts: ClassVar[bool] = True
    plan: Callable[[Request], Answer]
    asked: list[Request] = field(default_factory=list)
    cancelled: list[RequestId] = field(default_factory=list)
    _due: list[tuple[int, StreamEvent]] = field(default_factory=list)

    def submit(self, request: Request) -> None:
        """Lay out the whole answer in time."""
        if request.kind is not Kind.LINE:
            return
        self.asked.append(request)
        answer = self.plan(request)
        tick = request.tick + answer.after
        if answer.text is None:
            self._due.append((tick, Failed(request.id, Outcome.FAILED, Why.UNREACHABLE)))
            return
        self._due.append((tick, Started(request.id, answer.tier, "planned", "none", RouteReason.LOCAL_READY)))
        for number, word in enumerate(answer.text.split()):
            self._due.append((tick, TextDelta(request.id, f" {word}" if number else word)))
            tick += answer.a_word
        end = Finished(request.id, Outcome.COMPLETE, answer.text, fields=answer.fields)
        self._due.append((tick, end))

    def hand_in(self) -> None:
        """Nothing was kept."""

    def cancel(self, request_id: RequestId) -> None:
        """Say nothing more of it."""
        self.cancelled.append(request_id)
        self._due = [(tick, event) for tick, event in self._due if event.request_id != request_id]

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """What is due."""
        ready = [event for due, event in self._due if due <= tick][:budget]
        self._due = [(due, event) for due, event in self._due if event not in ready]
        return ready

    def status(self) -> TierStatus:
        """Ready."""
        return TierStatus(TierState.READY)

    def close(self) -> None:
        """Nothing to close."""
