"""One question over plain HTTP/1.1 and its stream, on a connection of its own: for servers on this machine or near it.

A streamed word costs most on its way through the layers of a client that can do everything. Here the socket's bytes
go through httptools' parser into a buffer, and whoever reads takes all of it at once: measured, a third of what the
same stream costs through httpx. TLS, proxies, redirects and pools are not for here; `http_door` has httpx for those.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

import httptools

_MOST_BUFFERED: Final = 256 * 1024  # then the server has to wait until somebody reads


class PlainHttpError(OSError):
    """What came back is not HTTP, or broke off. Stops at the door, as a library's error would."""


class PlainResponse(asyncio.Protocol):
    """The answer as it comes; `llm.backends.answers.Response`, and its body's iterator."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.status_code = 0
        self.headers: dict[str, str] = {}
        self.head: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._body: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._whole = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None

    # -- for who reads

    @property
    def stream(self) -> Self:
        """Its body."""
        return self

    def aiter_bytes(self) -> Self:
        """The same: nothing is ever compressed here."""
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """All that has come since the last time; waits for at least something."""
        self._resume()
        while not self._body:
            if self._whole:
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            self._reader = self._loop.create_future()
            await self._reader
        data = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._buffered = 0
        return data

    def close(self) -> None:
        """Close the connection, wherever the answer stands."""
        self._parser = None  # it holds us, and we it
        if self._transport is not None:
            self._transport.abort()

    # -- for the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        """Bytes off the wire; what is body goes to the buffer."""
        if self._parser is None:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(PlainHttpError("what came back is not HTTP"))
            return
        if self._buffered > _MOST_BUFFERED:
            self._pause()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone: the end of a body that has no length, else of one that lacks something."""
        counted = "content-length" in self.headers or "chunked" in self.headers.get("transfer-encoding", "")
        if exc is None and self.head.done() and not counted:
            self._whole = True
            self._wake()
        elif not self._whole:
            self._fail(exc if isinstance(exc, OSError) else PlainHttpError("the connection broke off"))

    # -- for the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is whole."""
        assert self._parser is not None
        self.status_code = self._parser.get_status_code()
        if self.status_code >= 200 and not self.head.done():
            self.head.set_result(None)

    def on_body(self, body: bytes) -> None:
        """More of the body."""
        self._body.append(body)
        self._buffered += len(body)
        self._wake()

    def on_message_complete(self) -> None:
        """The body is whole, by its length or its last chunk."""
        if self.status_code >= 200:
            self._whole = True
            self._wake()

    def _pause(self) -> None:
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._error = error
        if not self.head.done():
            self.head.set_exception(error)
        self._wake()
        if self._transport is not None:
            self._transport.abort()


class PlainHttp:
    """Asks one server."""

    def __init__(self, base_url: str, headers: Mapping[str, str], connect_s: float) -> None:
        parts = urlsplit(base_url)
        if not parts.hostname:
            raise ValueError(f"{base_url} names no host")
        self._host, self._port = parts.hostname, parts.port or 80
        self._path = parts.path.rstrip("/")
        self._connect_s = connect_s
        lines = {"Host": parts.netloc.rpartition("@")[2], **headers, "Connection": "close"}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    @asynccontextmanager
    async def post(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[PlainResponse]:
        """Ask; the answer, once its head is here. Raises OSError, and TimeoutError where nobody takes the call."""
        response = PlainResponse()
        try:
            async with asyncio.timeout(self._connect_s):
                transport, _ = await asyncio.get_running_loop().create_connection(
                    lambda: response, self._host, self._port
                )
            transport.write(self._request(path, json.dumps(body).encode()))
            await response.head
            yield response
        finally:
            response.close()
            response.head.cancel()  # nobody asks for it any more; an error in it is no news

    def _request(self, path: str, body: bytes) -> bytes:
        head = (
            f"POST {self._path}{path} HTTP/1.1\r\n{self._head}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode("latin-1") + body
