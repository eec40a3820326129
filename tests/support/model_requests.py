"""Questions as a town would ask them, gates as simple as can be, and how to wait for an answer without sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from llm.protocol import Models
from llm.types import (
    Failed,
    Finished,
    Kind,
    NpcId,
    Priority,
    Prompt,
    Request,
    RequestId,
    StreamEvent,
    TierState,
    Turn,
)

PATIENCE_S = 10.0  # on a busy machine; what is tested is bounded much tighter where it matters
_FRAME_S = 0.004


def prompt_of(speaker: str = "Mira", *history: tuple[str, str]) -> Prompt:
    """A small prompt."""
    said = history or (("Tomas", "Good morning, Mira. You look tired."),)
    return Prompt(
        rules="A small town. People talk in short, plain, friendly lines about their day.",
        persona=f"{speaker} is the baker, warm and quick, and up before dawn.",
        scene=f"It is morning at the market. {speaker} meets Tomas, the smith.",
        history=tuple(Turn(who, text) for who, text in said),
        nudge="",
        speaker=speaker,
        listeners=("Tomas",),
    )


def ask(
    number: int,
    npc: int = 0,
    *,
    tick: int = 0,
    priority: Priority = Priority.VISIBLE,
    kind: Kind = Kind.LINE,
    fallback: str = "Fine weather today.",
) -> Request:
    """A question with a number."""
    return Request(
        id=RequestId(number),
        npc=NpcId(npc),
        prompt=prompt_of(),
        fallback_text=fallback,
        tick=tick,
        priority=priority,
        kind=kind,
    )


class OpenGate:
    """Lets everything through at once."""

    over = False
    repeats = False

    def __init__(self, request: Request) -> None:
        self.request = request
        self._fed = False

    def feed(self, text: str) -> str:
        """All of it."""
        self._fed = True
        return text

    def close(self, *, cut: bool) -> str:
        """There is no rest; an ellipsis tells that the line was cut."""
        return "…" if cut and self._fed else ""


class ShutGate:
    """Lets nothing through."""

    over = False
    repeats = False

    def __init__(self, request: Request) -> None:
        self.request = request

    def feed(self, text: str) -> str:
        """None of it."""
        return text[:0]

    def close(self, *, cut: bool) -> str:
        """Nor the rest."""
        return "…"[: 0 * cut]


def frames(models: Models, patience_s: float = PATIENCE_S) -> Iterator[list[StreamEvent]]:
    """One drain a frame, until patience ends; then the test has failed."""
    pause = threading.Event()
    until = time.monotonic() + patience_s
    tick = 0
    while time.monotonic() < until:
        yield models.drain(tick)
        tick += 1
        pause.wait(_FRAME_S)
    raise AssertionError("nothing happened in time")


def hear(models: Models, *numbers: int, patience_s: float = PATIENCE_S) -> dict[int, list[StreamEvent]]:
    """All events of these lines, until each has ended."""
    heard: dict[int, list[StreamEvent]] = {number: [] for number in numbers}
    for events in frames(models, patience_s):
        for event in events:
            heard.setdefault(event.request_id, []).append(event)
        if all(heard[number] and isinstance(heard[number][-1], Finished | Failed) for number in numbers):
            return heard
    raise AssertionError("unreachable")


def end_of(events: list[StreamEvent]) -> Finished | Failed:
    """The one end, and a check that it is the only one and the last."""
    ends = [event for event in events if isinstance(event, Finished | Failed)]
    assert len(ends) == 1
    assert events[-1] is ends[0]
    return ends[0]


def until(true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait for something that no event tells."""
    pause = threading.Event()
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        pause.wait(_FRAME_S)


def until_state(models: Models, state: TierState) -> None:
    """Wait for the tier to be in a state."""
    until(lambda: models.status().state is state)
