"""Answers written down beforehand, gates that dally, and all that is heard of them tick by tick."""

from __future__ import annotations

from llm.canned import CannedAnswer
from llm.errors import NotRecorded
from llm.tick_models import TickModels
from llm.types import Request, StreamEvent
from tests.support.model_requests import OpenGate


class Answers:
    """A source that gives these answers in order; an error among them is raised."""

    name = "cassette"

    def __init__(self, *answers: CannedAnswer | NotRecorded | None) -> None:
        self._answers = list(answers)

    def answer(self, request: Request) -> CannedAnswer | None:  # noqa: ARG002 - the door has it
        """The next, whoever asks."""
        answer = self._answers.pop(0)
        if isinstance(answer, NotRecorded):
            raise answer
        return answer


class SlowGate(OpenGate):
    """Keeps everything back until the end."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._held = ""

    def feed(self, text: str) -> str:
        """Nothing yet."""
        self._held += super().feed(text)
        return ""

    def close(self, *, cut: bool) -> str:
        """All of it."""
        return self._held + super().close(cut=cut)


class FirstWordGate(OpenGate):
    """Its line is over after one word."""

    def feed(self, text: str) -> str:
        """The first piece only."""
        shown = "" if self.over else super().feed(text)
        self.over = True
        return shown

    def close(self, *, cut: bool) -> str:
        """There is nothing more."""
        return "" if self.over else super().close(cut=cut)


def drain_all(models: TickModels, until_tick: int = 400, budget: int = 64) -> list[tuple[int, StreamEvent]]:
    """Every event with the tick in which it came."""
    return [(tick, event) for tick in range(until_tick) for event in models.drain(tick, budget)]


def events_of(models: TickModels, number: int) -> list[StreamEvent]:
    """The events of one line."""
    return [event for _, event in drain_all(models) if event.request_id == number]
