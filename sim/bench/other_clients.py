"""What people would use instead: five other ways to have lines streamed to a 60 Hz loop, each as its own examples have it.

They ask the fake server the same, at the same pace, and count the words that come out on the main thread.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import httpx

from llm.fitting import fitted
from llm.prompt_forms import as_chat
from sim.bench.client_arms import LINES_A_FRAME, PROMPT, Ask
from sim.bench.fake_server import MODEL

if TYPE_CHECKING:  # an extra of the bench
    import requests

_START_S: Final = 10.0
_MOST_TOKENS: Final = 100
_PATIENCE_S: Final = 60.0
_DATA: Final = "data: "
_DONE: Final = "[DONE]"


def question(ask: Ask) -> dict[str, Any]:
    """The body of a request."""
    return {
        "model": MODEL,
        "messages": as_chat(fitted(PROMPT, 300)),
        "max_tokens": _MOST_TOKENS,
        "stream": True,
        **ask.line.as_body(),
    }


def text_of(line: str) -> str:
    """The words in one line of a stream of events, empty if there are none."""
    if not line.startswith(_DATA) or line.endswith(_DONE):
        return ""
    choices = json.loads(line.removeprefix(_DATA))["choices"]
    return choices[0]["delta"].get("content") or "" if choices else ""


class _Counting:
    """What every way counts, and how it asks: a few new lines a frame, as many as are wanted at once."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        self.words = self.begun = self.ended = 0
        self.failures: Counter[str] = Counter()
        self._url = f"{base_url}/chat/completions"
        self._ask = ask
        self._body = question(ask)
        self._left = ask.lines
        self.in_flight = 0

    def _new_lines(self) -> Iterator[None]:
        for _ in range(min(LINES_A_FRAME, self._left, self._ask.at_once - self.in_flight)):
            self._left -= 1
            self.in_flight += 1
            yield

    def _hear(self, text: str) -> None:
        self.words += text.count(" ")

    def _end(self, failure: BaseException | None) -> None:
        self.in_flight -= 1
        if failure is None:
            self.ended += 1
            self.begun += 1
        else:
            self._left += 1
            self.failures[type(failure).__name__] += 1


class _Queued(_Counting):
    """Words come through a queue from another thread, and all that there is is taken once a frame."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        super().__init__(base_url, ask)
        self._queue: SimpleQueue[str | BaseException | None] = SimpleQueue()

    def _take(self) -> None:
        while not self._queue.empty():
            item = self._queue.get_nowait()
            if isinstance(item, str):
                self._hear(item)
            else:
                self._end(item)


@asynccontextmanager
async def _httpx_client() -> AsyncIterator[httpx.AsyncClient]:
    """With its own transport, and without its own limit of a hundred connections."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=_PATIENCE_S, trust_env=False) as client:
        yield client


async def _stream(
    client: httpx.AsyncClient, url: str, body: dict[str, Any], hear: Callable[[str], None]
) -> None:
    async with client.stream("POST", url, json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if text := text_of(line):
                hear(text)


class HttpxInThread(_Queued):
    """httpx over its own transport, on an event loop in a thread."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        super().__init__(base_url, ask)
        self._opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), daemon=True)
        self._thread.start()
        if not self._opened.wait(_START_S):
            raise OSError("httpx did not start")

    def frame(self) -> None:
        """Ask and take."""
        for _ in self._new_lines():
            asyncio.run_coroutine_threadsafe(self._speak(), self._loop)
        self._take()

    def close(self) -> None:
        """Stop its thread."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(_START_S)

    async def _live(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        async with _httpx_client() as self._client:
            self._opened.set()
            await self._closing.wait()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    async def _speak(self) -> None:
        try:
            await _stream(self._client, self._url, self._body, self._queue.put)
        except Exception as error:  # noqa: BLE001 - counted by its name, whatever it is
            self._queue.put(error)
        else:
            self._queue.put(None)

    _client: httpx.AsyncClient
    _loop: asyncio.AbstractEventLoop
    _closing: asyncio.Event


class PumpedInFrame(_Counting):
    """An event loop without a thread: whatever is ready is done within the frame."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        super().__init__(base_url, ask)
        self._loop = asyncio.new_event_loop()
        self._opening = _httpx_client()
        self._client = self._loop.run_until_complete(self._opening.__aenter__())
        self._tasks: set[asyncio.Task[None]] = set()

    def frame(self) -> None:
        """Ask, and let the loop go round once."""
        for _ in self._new_lines():
            task = self._loop.create_task(_stream(self._client, self._url, self._body, self._hear))
            self._tasks.add(task)
            task.add_done_callback(self._over)
        self._loop.call_soon(self._loop.stop)
        self._loop.run_forever()

    def close(self) -> None:
        """Give everything back."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._opening.__aexit__(None, None, None))
        self._loop.close()

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._end(asyncio.CancelledError() if task.cancelled() else task.exception())


class ThreadPerLine(_Queued):
    """requests, and a thread for every line: what small projects do."""

    def __init__(self, base_url: str, ask: Ask) -> None:
        super().__init__(base_url, ask)
        self._closed = False

    def frame(self) -> None:
        """Ask and take."""
        for _ in self._new_lines():
            threading.Thread(target=self._speak, daemon=True).start()
        self._take()

    def close(self) -> None:
        """Its threads end with their next words."""
        self._closed = True

    def _speak(self) -> None:
        try:
            with _post(self._url, self._body) as response:
                for line in response.iter_lines(chunk_size=None, decode_unicode=True):
                    if self._closed:
                        return
                    if text := text_of(line):
                        self._queue.put(text)
        except Exception as error:  # noqa: BLE001 - counted by its name, whatever it is
            self._queue.put(error)
        else:
            self._queue.put(None)


class BlockingCall(_Counting):
    """A line is asked for and waited for within the frame: what the first papers did. One at a time, so never more in flight."""

    def frame(self) -> None:
        """One whole line, if any are wanted."""
        if not self._left:
            return
        self._left -= 1
        self.in_flight += 1
        try:
            with _post(self._url, self._body) as response:
                for line in response.iter_lines(decode_unicode=True):
                    self._hear(text_of(line))
        except OSError as error:  # of which all errors of requests are
            self._end(error)
        else:
            self._end(None)

    def close(self) -> None:
        """There is nothing to give back."""


def _post(url: str, body: dict[str, Any]) -> requests.Response:
    import requests  # an extra of the bench, which only these arms need

    response = requests.post(url, json=body, stream=True, timeout=_PATIENCE_S)
    response.raise_for_status()
    response.encoding = "utf-8"
    return response
