"""Bubbles: words as they are drawn. No system may read them; only the view does.

The board holds at most one bubble a head. Text arrives as it streams and is revealed by the view at its own
rate; an ended bubble stays until a readable time has passed, which is the view's business too.
"""

from __future__ import annotations

from dataclasses import dataclass

from llm.types import Outcome, RequestId, Tier


@dataclass(slots=True)
class Bubble:
    """One utterance as drawn."""

    npc: int
    request_id: RequestId
    tier: Tier
    text: str = ""
    outcome: Outcome | None = None  # None while more may come
    lit: bool = False  # it was asked for as a line of the spotlight
    pieces: int = 0  # how many times text arrived: more than one means it streamed

    @property
    def ended(self) -> bool:
        """No more text will come."""
        return self.outcome is not None


class BubbleBoard:
    """The newest bubble of everybody, by row."""

    def __init__(self) -> None:
        self._bubbles: dict[int, Bubble] = {}

    def begin(self, npc: int, request_id: RequestId, tier: Tier, *, lit: bool = False) -> None:
        """Open a bubble; it takes the place of the speaker's last."""
        self._bubbles[npc] = Bubble(npc, request_id, tier, lit=lit)

    def append(self, npc: int, request_id: RequestId, text: str) -> None:
        """More words, unless the bubble is not this utterance's any more."""
        bubble = self._bubbles.get(npc)
        if bubble is not None and bubble.request_id == request_id and not bubble.ended:
            bubble.text += text
            bubble.pieces += 1

    def replace(self, npc: int, request_id: RequestId, text: str) -> None:
        """The utterance was cut short: this is all of it."""
        bubble = self._bubbles.get(npc)
        if bubble is not None and bubble.request_id == request_id:
            bubble.text = text

    def settle(self, npc: int, request_id: RequestId, outcome: Outcome) -> None:
        """The utterance has ended."""
        bubble = self._bubbles.get(npc)
        if bubble is not None and bubble.request_id == request_id:
            bubble.outcome = outcome

    def of(self, npc: int) -> Bubble | None:
        """The bubble over one head."""
        return self._bubbles.get(npc)

    def showing(self) -> tuple[Bubble, ...]:
        """All bubbles, oldest first; the same objects from frame to frame while they last."""
        return tuple(self._bubbles.values())

    def remove(self, npc: int) -> None:
        """The view has shown it long enough."""
        self._bubbles.pop(npc, None)

    def clear(self) -> None:
        """Blank everything at once."""
        self._bubbles.clear()
