"""The OpenAI SDK as its own examples use it: the client that ours is measured against."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from llm.fitting import fitted
from llm.prompt_forms import as_chat
from sim.bench.client_arms import LINES_A_FRAME, PROMPT, Ask
from sim.bench.fake_server import MODEL

if TYPE_CHECKING:  # half a second, which only the arm that needs it pays
    from openai import AsyncOpenAI

_START_S: Final = 10.0
_MOST_TOKENS: Final = 100


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
        for _ in range(min(LINES_A_FRAME, self._left, self._ask.at_once - len(self._lines))):
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
