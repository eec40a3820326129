"""A world that stands still while a line is awaited: real models under `--fast`, however long they take.

All that was asked in a tick is answered before the next one, and in the order of the questions, so what the models
said is all that two runs can differ in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from llm.client import HybridLLMClient
from llm.types import Kind, Request, RequestId, StreamEvent, TierState, TierStatus

_LOOK_S: Final = 0.002
_NOT_YET: Final = (TierState.STARTING, TierState.FETCHING)


class Lockstep:
    """`llm.protocol.Models` that waits; nothing else in the program does."""

    reads_prompts: Final = True

    def __init__(self, client: HybridLLMClient) -> None:
        self.client = client
        self.stopped: Callable[[], bool] = lambda: False
        self._pause = threading.Event()

    def submit(self, request: Request) -> None:
        """Ask, once there is somebody to ask."""
        if request.kind is not Kind.WARM:
            self._wait_while(lambda: self.client.status().state in _NOT_YET)
        self.client.submit(request)

    def hand_in(self) -> None:
        """Settle where everything goes that was asked."""
        self.client.hand_in()

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        self.client.cancel(request_id)

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """Everything that was asked, to its end."""
        events = self.client.drain(tick, budget)

        def is_waiting() -> bool:
            events.extend(self.client.drain(tick, budget))
            return self.client.lines_open > 0

        self._wait_while(is_waiting)
        return sorted(events, key=lambda event: event.request_id)

    def status(self) -> TierStatus:
        """The local tier's."""
        return self.client.status()

    def close(self) -> None:
        """Stop everything that was started."""
        self.client.close()

    def _wait_while(self, is_so: Callable[[], bool]) -> None:
        while is_so() and not self.stopped():
            self._pause.wait(_LOOK_S)
