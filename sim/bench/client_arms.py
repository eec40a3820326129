"""Two ways to have many lines streamed to a 60 Hz loop: our bridge, and the OpenAI SDK in a thread of its own.

Both are asked the same, on the main thread, and give what has come there once a frame. A word of the fake server is
a chunk, so whoever counts the words that came out knows the chunks.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Protocol

from llm.bridge import Bridge
from llm.prompt_forms import as_chat, fitted
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
from sim.bench.fake_server import MODEL
from sim.loop import DRAIN_EVENTS, DRAIN_NS

if TYPE_CHECKING:  # half a second, which only the arm that needs it pays
    from openai import AsyncOpenAI

_A_FRAME: Final = 4  # new lines: streams that all began in one frame would march in step
_START_S: Final = 10.0
_MOST_TOKENS: Final = 100

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
    """As the town's loop does it: bounded in events at a time and in time."""
    until_ns = time.perf_counter_ns() + DRAIN_NS
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
            for _ in range(min(_A_FRAME, self._left, len(self._free))):
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


class Sdk:
    """The official SDK as its own examples use it, on an event loop in a thread, with its own defaults."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        self.words = self.begun = self.ended = 0
        self.failures: Counter[str] = Counter()
        self._base_url = base_url
        self._ask = ask
        self._left = ask.lines
        self._queue: SimpleQueue[str | Future[None]] = SimpleQueue()
        self._lines: set[Future[None]] = set()
        self._opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()
        if not self._opened.wait(_START_S):
            raise OSError("the OpenAI SDK did not start")

    @property
    def in_flight(self) -> int:
        """Lines that are asked for and have not ended."""
        return len(self._lines)

    def frame(self) -> None:
        """Ask and take; all that there is, for that is what such a loop does."""
        for _ in range(min(_A_FRAME, self._left, self._ask.at_once - len(self._lines))):
            self._submit()
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if isinstance(item, str):
                self.words += item.count(" ")
            else:
                self._end(item)

    def close(self) -> None:
        """Stop its thread."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(_START_S)

    def _submit(self) -> None:
        self._left -= 1
        line = asyncio.run_coroutine_threadsafe(self._speak(), self._loop)
        self._lines.add(line)
        line.add_done_callback(self._queue.put)

    def _end(self, line: Future[None]) -> None:
        self._lines.discard(line)
        error = line.exception()
        if error is None:
            self.ended += 1
        else:
            self._left += 1
            self.failures[type(error).__name__] += 1

    async def _live(self) -> None:
        from openai import AsyncOpenAI  # costs half a second: only where it is asked for

        self._closing = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with AsyncOpenAI(base_url=self._base_url, api_key="none", max_retries=0) as self._client:
            self._opened.set()
            await self._closing.wait()
            for line in tuple(self._lines):
                line.cancel()

    async def _speak(self) -> None:
        begun = False
        stream = await self._client.chat.completions.create(**self._question())
        async with contextlib.aclosing(stream):
            async for chunk in stream:
                if chunk.choices and (text := chunk.choices[0].delta.content):
                    self.begun += not begun  # this thread alone counts it
                    begun = True
                    self._queue.put(text)

    def _question(self) -> dict[str, Any]:
        return {
            "model": MODEL,
            "messages": as_chat(fitted(PROMPT, 300)),
            "max_tokens": _MOST_TOKENS,
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_body": self._ask.line.as_body(),
        }

    _client: AsyncOpenAI
    _loop: asyncio.AbstractEventLoop
    _closing: asyncio.Event
