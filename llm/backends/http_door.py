"""HTTP to one model server: a question posted, its stream read to the end, foreign errors stopped here.

Made, used and closed on one event loop. It always streams, retries nothing but a pooled connection that turned
out to be dead, and shows nobody what a server wrote on an error page.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import httpx
import httpx_aiohttp

from llm.errors import BadAnswer, ModelError, Refused, TooSlow, Unreachable
from llm.types import BackendEvent, End, Why
from llm.wire.chunk_json import refusal
from llm.wire.sse import MAX_LINE_BYTES, SseParser

log = logging.getLogger(__name__)

_MAX_CONNECTIONS: Final = 1000  # the scheduler limits us, not the pool
_PAST_END_S: Final = 0.25  # how long to read on after the end mark, so that the connection can be used again
_ERROR_PAGE_S: Final = 1.0
_MAX_ERROR_BYTES: Final = 4096
_MAX_JSON_BYTES: Final = 1 << 20  # a server's list of models
_SERVER_ERROR: Final = 400
_NOT_OURS: Final = 300
_FOREIGN: Final = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    aiohttp.ClientError,
    OSError,
    ValueError,
)


class ChunkReader(Protocol):
    """One dialect's reader of one answer."""

    @property
    def finish_known(self) -> bool:
        """The text is whole: only token counts and the end mark may follow."""

    def feed(self, data: str) -> list[BackendEvent]:
        """The data of one event in; what it means out."""

    def close(self) -> list[BackendEvent]:
        """The stream is over: the end, unless it was given already."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to be let in."""

    base_url: str
    key: str = ""
    connect_s: float = 1.0
    pooled: bool = True  # False for servers that close a connection after each stream without saying so


def on_ipv4(url: str) -> str:
    """`localhost` by its number: model servers listen on IPv4 only, and trying IPv6 first costs seconds."""
    parts = urlsplit(url.rstrip("/"))
    if parts.hostname != "localhost":
        return url.rstrip("/")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}"))


class HttpDoor:
    """The connections to one server."""

    def __init__(self, address: Address, on_retry: Callable[[], None]) -> None:
        self._address = address
        self._on_retry = on_retry
        self._client: httpx.AsyncClient | None = None
        self._has_pool = False  # an answer was read to its end, so its connection may be used again

    async def answer(
        self, path: str, body: Mapping[str, Any], reader: ChunkReader
    ) -> AsyncGenerator[BackendEvent, None]:
        """Deltas as they come, then one end; closing the generator closes the connection."""
        heard_any = False
        async with self._posted(path, body) as response:
            pieces = response.aiter_bytes()
            try:
                async with contextlib.aclosing(_events(response, pieces, reader)) as events:
                    async for event in events:
                        heard_any = True
                        if isinstance(event, End):
                            self._has_pool = await _read_on(pieces) and self._address.pooled
                        yield event
            except _FOREIGN as error:
                why = Why.BROKEN_STREAM if heard_any else Why.UNREACHABLE
                raise Unreachable("the connection broke in the middle of an answer", why) from error

    async def get_json(self, path: str) -> Any:
        """A small document, or None where the server has no such page."""
        with _foreign_errors_mapped(self._address.base_url):
            async with self._opened().stream("GET", path) as response:
                if response.status_code in {404, 405}:
                    return None
                await _check_status(response)
                return json.loads(await _read_capped(response, _MAX_JSON_BYTES))

    async def close(self) -> None:
        """Give back every connection."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @contextlib.asynccontextmanager
    async def _posted(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[httpx.Response]:
        response: httpx.Response | None = None
        try:
            async with contextlib.AsyncExitStack() as stack:
                with _foreign_errors_mapped(self._address.base_url):
                    response = await self._post(stack, path, body)
                    await _check_status(response)
                yield response
        finally:
            if (
                response is not None
            ):  # it and its stream refer to each other: fifty objects a line for the collector
                response.stream = httpx.ByteStream(b"")

    async def _post(
        self, stack: contextlib.AsyncExitStack, path: str, body: Mapping[str, Any]
    ) -> httpx.Response:
        """A pooled connection may have been closed by the server meanwhile: one free retry, on a new one."""
        try:
            return await stack.enter_async_context(self._opened().stream("POST", path, json=body))
        except (httpx.ConnectTimeout, httpx.ReadError, aiohttp.ClientError, ConnectionError) as error:
            if not self._has_pool or isinstance(error.__cause__, aiohttp.ServerTimeoutError):
                raise
            self._has_pool = False
            self._on_retry()
            return await stack.enter_async_context(self._opened().stream("POST", path, json=body))

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            secure = self._address.base_url.startswith("https:")
            headers = {"Accept-Encoding": "identity"}
            if not self._address.pooled:
                headers["Connection"] = "close"
            if self._address.key:
                headers["Authorization"] = f"Bearer {self._address.key}"
            self._client = httpx.AsyncClient(
                base_url=self._address.base_url,
                headers=headers,
                timeout=httpx.Timeout(
                    None, connect=self._address.connect_s
                ),  # the other clocks are our caller's
                trust_env=False,  # a proxy has no business on the loopback
                transport=httpx_aiohttp.AiohttpTransport(
                    verify=secure, trust_env=False, limits=httpx.Limits(max_connections=_MAX_CONNECTIONS)
                ),
            )
        return self._client


async def _events(
    response: httpx.Response, pieces: AsyncIterator[bytes], reader: ChunkReader
) -> AsyncGenerator[BackendEvent, None]:
    """What the answer means, whether it is a stream or, from a server that cannot stream, one document."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html":
        raise BadAnswer("the server answered with a web page: is the URL that of its API, ending in /v1?")
    if kind == "application/json":
        document = await _read_capped(response, MAX_LINE_BYTES)
        for event in reader.feed(document.decode("utf-8", "replace")):
            yield event
    else:
        async for data in _event_data(pieces, reader):
            for event in reader.feed(data):
                yield event
                if isinstance(event, End):
                    return
    for event in reader.close():
        yield event


async def _event_data(pieces: AsyncIterator[bytes], reader: ChunkReader) -> AsyncIterator[str]:
    parser = SseParser()
    while piece := await _next_piece(pieces, reader):
        for sse in parser.feed(piece):
            yield sse.data
    for sse in parser.close():
        yield sse.data


async def _next_piece(pieces: AsyncIterator[bytes], reader: ChunkReader) -> bytes:
    """More bytes; none at the end, or when the text is whole and the end mark does not come."""
    if not reader.finish_known:
        return await anext(pieces, b"")
    try:
        async with asyncio.timeout(_PAST_END_S):
            return await anext(pieces, b"")
    except TimeoutError:
        return b""


async def _read_on(pieces: AsyncIterator[bytes]) -> bool:
    """To the end of the response, so that its connection returns to the pool; whether it did."""
    try:
        async with asyncio.timeout(_PAST_END_S):
            async for _ in pieces:
                pass
    except (TimeoutError, *_FOREIGN):
        return False
    return True


async def _read_capped(response: httpx.Response, limit: int) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > limit:
            raise BadAnswer("the server's answer does not end")
    return bytes(body)


async def _check_status(response: httpx.Response) -> None:
    """Turn an error status into one of our errors; what the page says goes into the debug log, capped."""
    status = response.status_code
    if status < _NOT_OURS:
        return
    page = b""
    with contextlib.suppress(TimeoutError, BadAnswer, *_FOREIGN):
        async with asyncio.timeout(_ERROR_PAGE_S):
            page = await _read_capped(response, _MAX_ERROR_BYTES)
    log.debug("backend.error_page", extra={"status": status, "page": page[:500]})
    if status in {401, 403}:
        raise Refused(f"the server does not accept the API key (status {status})", status)
    raise refusal(page.decode("utf-8", "replace"), status)


@contextlib.contextmanager
def _foreign_errors_mapped(url: str) -> Iterator[None]:
    """Before the first byte of an answer."""
    try:
        yield
    except ModelError:
        raise
    except _FOREIGN as error:
        if isinstance(error, httpx.TimeoutException) and isinstance(
            error.__cause__, aiohttp.ServerTimeoutError
        ):
            raise TooSlow(f"no connection to {url} in time", Why.CONNECT) from error
        if isinstance(error, ValueError):
            raise BadAnswer(f"what listens at {url} is no model server") from error
        raise Unreachable(f"no model server answers at {url}") from error
