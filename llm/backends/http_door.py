"""HTTP to one model server: a question posted, its stream read to the end, foreign errors stopped here.

Made, used and closed on one event loop. A stream over plain HTTP has a connection of its own and a short way
(`plain_http`); pages, and everything over TLS, go through httpx. It retries nothing but a pooled connection that
turned out to be dead, and shows nobody what a server wrote on an error page.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import httpx
import httpx_aiohttp

from llm.backends.answers import Answer, ChunkReader, Response, check_status, read_capped
from llm.backends.plain_http import PlainHttp
from llm.errors import BadAnswer, BadKey, ModelError, TooSlow, Unreachable
from llm.types import BackendEvent, End, Why

_MAX_CONNECTIONS: Final = 1000  # the scheduler limits us, not the pool
_MAX_JSON_BYTES: Final = 1 << 20  # a server's list of models
_LAST: Final = {"Connection": "close"}  # nothing more is asked over this connection
_FOREIGN: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    aiohttp.ClientError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to be let in."""

    base_url: str
    key: str = field(default="", repr=False)
    connect_s: float = 1.0
    pooled: bool = True  # False for servers that close a connection after each stream without saying so


def on_ipv4(url: str) -> str:
    """`localhost` by its number: model servers listen on IPv4 only, and trying IPv6 first costs seconds."""
    url = url.rstrip("/")
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url  # whoever asks there will say that it is none
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")) if parts.hostname == "localhost" else url


def usable(key: str) -> str:
    """The key if it can be sent at all: libraries repeat in their errors what they could not send."""
    if key.isascii() and (key.isprintable() or not key):
        return key
    raise BadKey("the API key has characters that no key has: was it copied whole?")


class HttpDoor:
    """The connections to one server."""

    def __init__(self, address: Address, on_retry: Callable[[], None]) -> None:
        self.pooled = address.pooled
        self._address = address
        self._on_retry = on_retry
        self._client: httpx.AsyncClient | None = None
        self._has_pool = False  # an answer was read to its end, so its connection may be used again

    async def answer(
        self, path: str, body: Mapping[str, Any], reader: ChunkReader
    ) -> AsyncGenerator[BackendEvent, None]:
        """Deltas as they come, then one end; closing the generator closes the connection."""
        async with self._posted(path, body) as response:
            answer = Answer(response, _FOREIGN)
            async with contextlib.aclosing(answer.events(reader)) as events:
                async for event in events:
                    if isinstance(event, End):
                        self._has_pool = answer.whole and self.pooled
                    yield event

    async def get_json(self, path: str) -> Any:
        """A small document, or None where the server has no such page."""
        with _foreign_errors_mapped(self._address.base_url):
            async with self._opened().stream("GET", path, headers=_LAST) as response:
                return await self._small_answer(response)

    async def post_json(self, path: str, body: Mapping[str, Any]) -> Any:
        """A small question with a small answer, or None where the server has no such page."""
        with _foreign_errors_mapped(self._address.base_url):
            async with self._opened().stream("POST", path, json=body, headers=_LAST) as response:
                return await self._small_answer(response)

    async def close(self) -> None:
        """Give back every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _small_answer(self, response: httpx.Response) -> Any:
        if response.status_code in {404, 405}:
            return None
        await check_status(response, _FOREIGN, self._address.key)
        return json.loads(await read_capped(response.aiter_bytes(), _MAX_JSON_BYTES))

    @contextlib.asynccontextmanager
    async def _posted(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[Response]:
        async with contextlib.AsyncExitStack() as stack:
            with _foreign_errors_mapped(self._address.base_url):
                response = await self._post(stack, path, body)
                await check_status(response, _FOREIGN, self._address.key)
            yield response

    async def _post(self, stack: contextlib.AsyncExitStack, path: str, body: Mapping[str, Any]) -> Response:
        if self._is_plain:
            plain = PlainHttp(self._address.base_url, self._headers(), self._address.connect_s)
            return await stack.enter_async_context(plain.post(path, body))
        return await self._post_pooled(stack, path, body)

    async def _post_pooled(
        self, stack: contextlib.AsyncExitStack, path: str, body: Mapping[str, Any]
    ) -> Response:
        """A pooled connection may have been closed by the server meanwhile: one free retry, on a new one."""
        try:
            return await self._send(stack, path, body)
        except (httpx.ConnectTimeout, httpx.ReadError, aiohttp.ClientError, ConnectionError) as error:
            if not self._has_pool or isinstance(error.__cause__, aiohttp.ServerTimeoutError):
                raise
            self._has_pool = False
            self._on_retry()
            return await self._send(stack, path, body)

    async def _send(self, stack: contextlib.AsyncExitStack, path: str, body: Mapping[str, Any]) -> Response:
        headers = None if self.pooled else _LAST
        asking = self._opened().stream("POST", path, json=body, headers=headers)
        response = await stack.enter_async_context(asking)
        stack.callback(_unlink, response)
        return response

    @property
    def _is_plain(self) -> bool:
        return self._address.base_url.startswith("http:")

    def _headers(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}
        if self._address.key:
            headers["Authorization"] = f"Bearer {usable(self._address.key)}"
        return headers

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=_MAX_CONNECTIONS)
            verify = not self._is_plain
            self._client = httpx.AsyncClient(
                base_url=self._address.base_url,
                headers=self._headers(),
                timeout=httpx.Timeout(None, connect=self._address.connect_s),  # other clocks are our caller's
                trust_env=False,  # a proxy has no business on the loopback
                transport=httpx_aiohttp.AiohttpTransport(verify=verify, trust_env=False, limits=limits),
            )
        return self._client


def _unlink(response: httpx.Response) -> None:
    """It and its stream refer to each other: fifty objects a line for the collector."""
    response.stream = httpx.ByteStream(b"")


@contextlib.contextmanager
def _foreign_errors_mapped(url: str) -> Iterator[None]:
    """Before the first byte of an answer."""
    try:
        yield
    except ModelError:
        raise
    except TimeoutError as error:
        raise TooSlow(f"no connection to {url} in time", Why.CONNECT) from error
    except _FOREIGN as error:
        if isinstance(error, httpx.TimeoutException) and isinstance(
            error.__cause__, aiohttp.ServerTimeoutError
        ):
            raise TooSlow(f"no connection to {url} in time", Why.CONNECT) from error
        if isinstance(error, ValueError):
            raise BadAnswer(f"what listens at {url} is no model server") from error
        raise Unreachable(f"no model server answers at {url}") from error
