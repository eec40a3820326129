"""A small town with its loop, for tests: no thread, no wall clock, one tick a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from agents.publish import PublishGate
from llm.protocol import Gate, Models
from llm.tick_models import TickModels
from llm.types import Request, RequestId, StreamEvent, TierState, TierStatus
from sim.app.build import reader_of
from sim.bubbles import BubbleBoard
from sim.hearing import Hearing
from sim.inbox import Inbox
from sim.loop import Loop
from sim.pacer import Unpaced
from sim.view_protocol import NullView
from sim.world import World
from tests.support.small_town import small_world


def gate(request: Request) -> Gate:
    """The real gate, as the program injects it."""
    return PublishGate(request.prompt.speaker, request.prompt.listeners)


def running(world: World | None = None, models: Models | None = None) -> Loop:
    """A loop that is driven by calling `frame_of_one_tick` or `tick`."""
    here = world or small_world()
    return Loop(
        here,
        models or TickModels(gate),
        Hearing(BubbleBoard(), reader_of(here).read),
        Inbox(),
        NullView(),
        Unpaced(),
        looks=False,
    )


@dataclass(slots=True)
class SilentModels:
    """A fake door: notes what is asked, and answers only what a test puts into `coming`."""

    reads_prompts: ClassVar[bool] = True
    asked: list[Request] = field(default_factory=list)
    cancelled: list[RequestId] = field(default_factory=list)
    coming: list[StreamEvent] = field(default_factory=list)

    def submit(self, request: Request) -> None:
        """Note a question."""
        self.asked.append(request)

    def hand_in(self) -> None:
        """Nothing was kept."""

    def cancel(self, request_id: RequestId) -> None:
        """Note that it was given up."""
        self.cancelled.append(request_id)

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:  # noqa: ARG002 - the door has it
        """What the test put there."""
        events, self.coming = self.coming[:budget], self.coming[budget:]
        return events

    def status(self) -> TierStatus:
        """Off."""
        return TierStatus(TierState.OFF)

    def close(self) -> None:
        """Nothing to close."""
