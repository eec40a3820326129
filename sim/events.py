"""What happened in the world, typed; the last thousand are kept, and subscribers hear of them after the tick."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

KEPT: Final = 1000


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """Two people have come together."""

    tick: int
    conversation: int
    participants: tuple[int, ...]
    place: str


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """They part."""

    tick: int
    conversation: int
    participants: tuple[int, ...]
    lines: int
    reason: str


Event = ConversationStarted | ConversationEnded


class EventLog:
    """Written inside the step, told to others after it."""

    def __init__(self) -> None:
        self.kept: deque[Event] = deque(maxlen=KEPT)
        self._fresh: list[Event] = []
        self._subscribers: list[Callable[[Event], None]] = []

    def fire(self, event: Event) -> None:
        """Note an event; nobody hears of it before the tick is over."""
        self.kept.append(event)
        self._fresh.append(event)

    def subscribe(self, told: Callable[[Event], None]) -> None:
        """Have `told` called with each event, after the tick in which it happened."""
        self._subscribers.append(told)

    def tell(self) -> None:
        """Tell the subscribers what the tick brought."""
        fresh, self._fresh = self._fresh, []
        for event in fresh:
            for told in self._subscribers:
                told(event)
