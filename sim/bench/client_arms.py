"""Two ways to have many lines streamed to a 60 Hz loop: our bridge, and the OpenAI SDK in a thread of its own.

Both are asked the same, on the main thread, and give what has come there once a frame. A word of the fake server is
a chunk, so whoever counts the words that came out knows the chunks.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from llm.bridge import Bridge
from llm.protocol import Models
from llm.settings import LlmSettings
from llm.types import (
    Failed,
    Finished,
    NpcId,
    Prompt,
    Request,
    RequestId,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    Turn,
)
from sim.bench.canned import Canned
from sim.loop import CATCH_UP_NS, DRAIN_EVENTS

LINES_A_FRAME: Final = 4  # new lines: streams that all began in one frame would march in step

PROMPT: Final = Prompt(
    rules="Speak as a person of this town would: one or two short sentences, plain words, no names. " * 4,
    persona="A baker who rises before the sun, knows what everybody eats and says what she thinks. " * 4,
    scene="The market square in the morning; two people meet at the well. ",
    history=tuple(
        Turn(("Ann", "Bob")[index % 2], "The bread was good today, I must say.") for index in range(6)
    ),
    nudge="Say something about the weather.",
    speaker="Ann",
    listeners=("Bob",),
)
OnText = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a client."""

    line: Canned
    at_once: int  # lines that are asked for and have not ended
    lines: int  # in all
    slots: int = 0  # lines in flight; 0: all that are asked for, and the one kept for the spotlight


class OpenGate:
    """Lets everything through: what the town's gate costs is the town's, not the client's."""

    over: Final = False
    repeats: Final = False

    def feed(self, text: str) -> str:
        """All of it."""
        return text

    def close(self, *, cut: bool) -> str:  # noqa: ARG002 - no line is cut short but by us
        """There is no rest."""
        return ""


class Client(Protocol):
    """One way. All of it is called on the main thread."""

    @property
    def words(self) -> int:
        """Chunks that have come out."""

    @property
    def begun(self) -> int:
        """Lines of which something has come out."""

    @property
    def ended(self) -> int:
        """Lines that have come out whole."""

    @property
    def failures(self) -> Counter[str]:
        """Lines that came to nothing and were asked for anew, by reason."""

    @property
    def in_flight(self) -> int:
        """Lines that are asked for and have not ended."""

    def frame(self) -> None:
        """Ask for what is to be asked for, and take what has come. Never waits."""

    def close(self) -> None:
        """Give everything back."""


ClientFactory = Callable[[str, Ask], Client]


def settings_for(base_url: str, ask: Ask) -> LlmSettings:
    """The defaults, but for clocks so long that no line is given up: what comes late is to be seen, not replaced."""
    return LlmSettings.model_validate(
        {
            "hybrid": False,
            "local": {
                "base_url": base_url,
                "max_concurrency": ask.slots or ask.at_once + 1,
                "extra_body": ask.line.as_body(),
            },
            "embedded": {"enabled": False},
            "timeouts": {"local": 60, "stall": 60, "total": 600, "connect": 10},
        }
    )


def open_gate(_request: Request) -> OpenGate:
    """A gate for any line."""
    return OpenGate()


def drain_all(models: Models, hear: Callable[[StreamEvent], None]) -> None:
    """As the town's loop does it when there is much: bounded in events at a time and in time."""
    until_ns = time.perf_counter_ns() + CATCH_UP_NS
    while True:
        events = models.drain(0, DRAIN_EVENTS)
        for event in events:
            hear(event)
        if len(events) < DRAIN_EVENTS or time.perf_counter_ns() > until_ns:
            return


class Ours:
    """Our client, through its public door."""

    def __init__(self, base_url: str, ask: Ask, on_text: OnText | None = None) -> None:
        self.words = self.begun = self.ended = 0
        self.failures: Counter[str] = Counter()
        self._ask = ask
        self._on_text = on_text
        self._left = ask.lines
        self._free = deque(NpcId(index) for index in range(ask.at_once))
        self._npcs: dict[RequestId, NpcId] = {}
        self._by_model: set[RequestId] = set()
        self._next_id = 1
        self.bridge = Bridge(settings_for(base_url, ask), open_gate, allow_download=False)

    @property
    def in_flight(self) -> int:
        """Lines that are asked for and have not ended."""
        return len(self._npcs)

    def frame(self) -> None:
        """Ask and take."""
        if self._left and self._free and self.bridge.status().state is TierState.READY:
            for _ in range(min(LINES_A_FRAME, self._left, len(self._free))):
                self._submit()
        drain_all(self.bridge, self._hear)

    def close(self) -> None:
        """Stop its thread."""
        self.bridge.close()

    def _submit(self) -> None:
        request = Request(RequestId(self._next_id), self._free.popleft(), PROMPT, "Well, well.", 0)
        self._next_id += 1
        self._left -= 1
        self._npcs[request.id] = request.npc
        self.bridge.submit(request)

    def _hear(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(request_id=request_id, text=text):
                if request_id in self._by_model:
                    self.words += text.count(" ")
                    if self._on_text is not None:
                        self._on_text(text)
            case Started(request_id=request_id, tier=Tier.LOCAL):
                self._by_model.add(request_id)
                self.begun += 1
            case Started(route_reason=reason):
                self.failures[reason.value] += 1
            case Finished(request_id=request_id) | Failed(request_id=request_id):
                self._end(request_id)

    def _end(self, request_id: RequestId) -> None:
        """A line that a template spoke is asked for anew: what is measured is streams."""
        self._free.append(self._npcs.pop(request_id))
        if request_id in self._by_model:
            self._by_model.discard(request_id)
            self.ended += 1
        else:
            self._left += 1
