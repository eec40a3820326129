"""What happened in the world, typed; the last thousand are kept, and subscribers hear of them after the tick."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

KEPT: Final = 1000


class Category(StrEnum):
    """What an event is about; what one filters by."""

    CONVERSATION = "conversation"
    TOPIC = "topic"
    MOOD = "mood"
    RELATIONSHIP = "relationship"
    WORLD = "world"
    ACTION = "action"
    NEEDS = "needs"
    PROXIMITY = "proximity"


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """Two people have come together."""

    category: ClassVar[Category] = Category.CONVERSATION
    tick: int
    conversation: int
    participants: tuple[int, ...]
    place: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return self.participants


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """They part."""

    category: ClassVar[Category] = Category.CONVERSATION
    tick: int
    conversation: int
    participants: tuple[int, ...]
    lines: int
    reason: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return self.participants


@dataclass(frozen=True, slots=True)
class TopicChanged:
    """A talk turns to something else."""

    category: ClassVar[Category] = Category.TOPIC
    tick: int
    conversation: int
    npc: int
    topic: str
    before: str
    reason: str  # brought_up, exhausted, said, wanted or injected

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc,)


@dataclass(frozen=True, slots=True)
class MoodChanged:
    """Somebody feels otherwise, so that one would call it by another name."""

    category: ClassVar[Category] = Category.MOOD
    tick: int
    npc: int
    emotion: str
    before: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc,)


@dataclass(frozen=True, slots=True)
class RelationshipChanged:
    """What one is to another has become more or less."""

    category: ClassVar[Category] = Category.RELATIONSHIP
    tick: int
    npc: int
    other: int
    kind: str
    strength: int  # afterwards, 0 to 1000
    delta: int
    reason: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc, self.other)


@dataclass(frozen=True, slots=True)
class WorldEventTriggered:
    """Something happens in town."""

    category: ClassVar[Category] = Category.WORLD
    tick: int
    event: str
    place: str  # empty: everywhere
    said: str  # as people tell of it

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return ()


@dataclass(frozen=True, slots=True)
class NpcActionPerformed:
    """Somebody has done something."""

    category: ClassVar[Category] = Category.ACTION
    tick: int
    npc: int
    action: str
    grade: str  # failure, poor, average, good, excellent
    place: str
    reason: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc,)


@dataclass(frozen=True, slots=True)
class NeedsUpdated:
    """A need has crossed a threshold."""

    category: ClassVar[Category] = Category.NEEDS
    tick: int
    npc: int
    need: str
    band: str  # met, low, critical
    before: str

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc,)


@dataclass(frozen=True, slots=True)
class ProximityDetected:
    """Two people have come near each other."""

    category: ClassVar[Category] = Category.PROXIMITY
    tick: int
    npc: int
    other: int

    @property
    def npcs(self) -> tuple[int, ...]:
        """Whom it is about."""
        return (self.npc, self.other)


Event = (
    ConversationStarted
    | ConversationEnded
    | TopicChanged
    | MoodChanged
    | RelationshipChanged
    | WorldEventTriggered
    | NpcActionPerformed
    | NeedsUpdated
    | ProximityDetected
)


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

    def select(self, category: Category | None = None, npc: int | None = None, last: int = 20) -> list[Event]:
        """The newest of those kept that fit, oldest first."""
        fitting = [
            event
            for event in self.kept
            if (category is None or event.category is category) and (npc is None or npc in event.npcs)
        ]
        return fitting[-last:] if last > 0 else []

    def subscribe(self, told: Callable[[Event], None]) -> Callable[[], None]:
        """Have `told` called with each event, after the tick in which it happened; what is returned ends that."""
        self._subscribers.append(told)
        return lambda: self._subscribers.remove(told)

    def tell(self) -> None:
        """Tell the subscribers what the tick brought."""
        if not self._fresh:
            return
        fresh, self._fresh = self._fresh, []
        for event in fresh:
            for told in tuple(self._subscribers):
                told(event)
