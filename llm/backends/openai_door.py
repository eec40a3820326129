"""HTTP through the official OpenAI SDK: a question put, its raw stream read, foreign errors stopped here.

Imported only when there is a key, because the SDK takes about a second to import. It asks, signs and connects; what
comes back is read by the same code as a local server's, so that a chunk costs no object of the SDK's.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

import httpx2  # the SDK's own HTTP library: what it raises in the middle of a stream comes through as it is
import openai

from llm.backends.answers import Answer, ChunkReader, check_status
from llm.backends.http_door import Address
from llm.errors import BadAnswer, ModelError, TooSlow, Unreachable
from llm.types import BackendEvent, End, Why

_MAX_CONNECTIONS: Final = 1000  # the scheduler limits us, not the pool
_IDLE_S: Final = 30.0  # a connection that is not used for longer is opened anew, as most services close it
_FOREIGN: Final = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    OSError,
    ValueError,
)
_DEAD_CONNECTION: Final = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)


class OpenAiDoor:
    """The connections to one service; made, used and closed on one event loop."""

    def __init__(self, address: Address, on_retry: Callable[[], None]) -> None:
        self._address = address
        self._on_retry = on_retry
        self._has_pool = False  # an answer was read to its end, so its connection may be used again
        with self._foreign_errors_mapped():
            self._client = self._made()

    async def answer(
        self, question: Mapping[str, Any], reader: ChunkReader
    ) -> AsyncGenerator[BackendEvent, None]:
        """Deltas as they come, then one end; closing the generator closes the connection."""
        async with self._asked(question) as response:
            answer = Answer(response, _FOREIGN)
            async with contextlib.aclosing(answer.events(reader)) as events:
                async for event in events:
                    if isinstance(event, End):
                        self._has_pool = answer.whole
                    yield event

    async def look(self) -> None:
        """Ask for the list of models, which is free; it is not read, for that it comes is the news."""
        with self._foreign_errors_mapped():
            async with self._client.models.with_streaming_response.list():
                pass

    async def close(self) -> None:
        """Give back every connection."""
        await self._client.close()

    def _made(self) -> openai.AsyncOpenAI:
        address = self._address
        return openai.AsyncOpenAI(
            api_key=address.key,
            base_url=address.base_url,
            max_retries=0,  # there is one retry loop in the program, and it is not here
            timeout=httpx2.Timeout(None, connect=address.connect_s),  # the other clocks are our caller's
            default_headers={"Accept-Encoding": "identity"},  # a packed stream comes late
            http_client=openai.DefaultAsyncHttpxClient(
                trust_env=False,
                follow_redirects=False,  # a question and its key go where the settings say
                limits=httpx2.Limits(max_connections=_MAX_CONNECTIONS, keepalive_expiry=_IDLE_S),
                event_hooks={"response": [self._check]},
            ),
        )

    @contextlib.asynccontextmanager
    async def _asked(self, question: Mapping[str, Any]) -> AsyncIterator[httpx2.Response]:
        async with contextlib.AsyncExitStack() as stack:
            with self._foreign_errors_mapped():
                response = await self._ask(stack, question)
            yield response

    async def _ask(self, stack: contextlib.AsyncExitStack, question: Mapping[str, Any]) -> httpx2.Response:
        """A pooled connection may have been closed by the service meanwhile: one free retry, on a new one."""
        try:
            return await self._send(stack, question)
        except openai.APIConnectionError as error:
            if not (self._has_pool and isinstance(error.__cause__, _DEAD_CONNECTION)):
                raise
            self._has_pool = False
            self._on_retry()
            return await self._send(stack, question)

    async def _send(self, stack: contextlib.AsyncExitStack, question: Mapping[str, Any]) -> httpx2.Response:
        asking = self._client.chat.completions.with_streaming_response.create(**question)
        response: httpx2.Response = (await stack.enter_async_context(asking)).http_response
        return response

    async def _check(self, response: httpx2.Response) -> None:
        """Before the SDK sees it: it would read an error page to its end, however long, and parse it."""
        await check_status(response, _FOREIGN, self._address.key)

    @contextlib.contextmanager
    def _foreign_errors_mapped(self) -> Iterator[None]:
        """Before the first byte of an answer."""
        url = self._address.base_url
        try:
            yield
        except ModelError:
            raise
        except openai.APITimeoutError as error:
            raise TooSlow(f"no connection to {url} in time", Why.CONNECT) from error
        except (openai.APIConnectionError, OSError) as error:
            raise Unreachable(f"no service answers at {url}") from error
        except _FOREIGN as error:
            raise BadAnswer(f"what answers at {url} cannot be asked like OpenAI's service") from error
