"""Models for a replay: asked anything, they answer nothing, for the recording holds the answers."""

from __future__ import annotations

from typing import Final

from llm.types import Request, RequestId, StreamEvent, TierState, TierStatus

_OFF: Final = TierStatus(TierState.OFF, detail="replaying: no model is asked")


class NullModels:
    """`llm.protocol.Models` without an answer."""

    reads_prompts: Final = False

    def submit(self, request: Request) -> None:
        """Forget the question."""

    def hand_in(self) -> None:
        """Nothing was kept."""

    def cancel(self, request_id: RequestId) -> None:
        """There is nothing to stop."""

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:  # noqa: ARG002  # the protocol's
        """Nothing, always."""
        return []

    def status(self) -> TierStatus:
        """Off."""
        return _OFF

    def close(self) -> None:
        """There is nothing to close."""
