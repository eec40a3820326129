"""What every HTTP answer is to us, whichever library brought it: a stream of events, or one of our errors.

The libraries' own errors are named by their door, and stop here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from llm.errors import BadAnswer, ModelError, Unreachable
from llm.types import BackendEvent, Delta, End, Why
from llm.wire.refusals import refusal
from llm.wire.sse import MAX_LINE_BYTES, SseEvent, SseParser

log = logging.getLogger(__name__)

_PAST_END_S: Final = 0.25  # how long to read on after the end mark, so that the connection can be used again
_ERROR_PAGE_S: Final = 1.0
_MAX_ERROR_BYTES: Final = 4096
_LOGGED_BYTES: Final = 500
_NOT_OURS: Final = 300  # a redirect is no answer either

Foreign = tuple[type[Exception], ...]


class Response(Protocol):
    """As much of a library's response as is used here."""

    @property
    def status_code(self) -> int:
        """Its status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in whatever case."""

    @property
    def stream(self) -> Any:
        """Its body as the transport hands it out: an asynchronous iterable of bytes."""

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The same, decoded."""


class ChunkReader(Protocol):
    """One dialect's reader of one answer."""

    @property
    def finish_known(self) -> bool:
        """The text is whole: only token counts and the end mark may follow."""

    def feed(self, data: str) -> list[BackendEvent]:
        """The data of one event in; what it means out."""

    def close(self) -> list[BackendEvent]:
        """The stream is over: the end, unless it was given already."""


class Answer:
    """One answer being read."""

    def __init__(self, response: Response, foreign: Foreign) -> None:
        self.whole = False  # read to the last byte: its connection may be used again
        self._kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self._pieces = _pieces_of(response)
        self._foreign = foreign

    async def events(self, reader: ChunkReader) -> AsyncGenerator[BackendEvent, None]:
        """Deltas as they come, then one end."""
        heard_any = False
        try:
            async with contextlib.aclosing(self._read(reader)) as all_read:
                async for events in all_read:
                    for event in events:
                        heard_any = True
                        if isinstance(event, End):
                            await self._read_on()
                        yield event
                        if isinstance(event, End):
                            return
            for event in reader.close():
                yield event
        except self._foreign as error:
            why = Why.BROKEN_STREAM if heard_any else Why.UNREACHABLE
            raise Unreachable("the connection broke in the middle of an answer", why) from error

    async def _read(self, reader: ChunkReader) -> AsyncGenerator[list[BackendEvent], None]:
        """What each piece means, whether the answer is a stream or, from a server that cannot stream, one document."""
        if self._kind == "text/html":
            raise BadAnswer("the server answered with a web page: is the URL that of its API, ending in /v1?")
        if self._kind == "application/json":
            document = await read_capped(self._pieces, MAX_LINE_BYTES)
            self.whole = True
            yield reader.feed(document.decode("utf-8", "replace"))
            return
        parser = SseParser()
        while piece := await self._next_piece(reader):
            if sses := parser.feed(piece):
                for events in _meaning(sses, reader):
                    yield events
        for events in _meaning(parser.close(), reader):
            yield events

    async def _next_piece(self, reader: ChunkReader) -> bytes:
        """More bytes; none at the end, or when the text is whole and the end mark does not come."""
        if reader.finish_known:
            try:
                async with asyncio.timeout(_PAST_END_S):
                    piece = await anext(self._pieces, b"")
            except TimeoutError:
                return b""
        else:
            piece = await anext(self._pieces, b"")
        self.whole = not piece
        return piece

    async def _read_on(self) -> None:
        """To the end of the response, so that its connection returns to the pool."""
        with contextlib.suppress(TimeoutError, *self._foreign):
            async with asyncio.timeout(_PAST_END_S):
                async for _ in self._pieces:
                    pass
                self.whole = True


def _pieces_of(response: Response) -> AsyncIterator[bytes]:
    """The body as it arrives. We ask for no compression; where there is none, the library's decoders are passed by."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    return response.stream.__aiter__() if encoding == "identity" else response.aiter_bytes()


def _meaning(sses: Sequence[SseEvent], reader: ChunkReader) -> Iterator[list[BackendEvent]]:
    """What came in one piece, its words joined: the fewer hands a word goes through, the less it costs."""
    said: list[str] = []
    for sse in sses:
        if sse.kind == "error":
            yield [Delta("".join(said))] if said else []
            raise refusal(sse.data)
        try:
            events = reader.feed(sse.data)
        except ModelError:
            yield [Delta("".join(said))] if said else []
            raise
        for event in events:
            if isinstance(event, Delta):
                said.append(event.text)
            else:
                yield [Delta("".join(said)), event] if said else [event]
                said.clear()
    if said:
        yield [Delta("".join(said))]


async def check_status(response: Response, foreign: Foreign, key: str = "") -> None:
    """Turn an error status into one of our errors; what the page says goes into the debug log, capped."""
    status = response.status_code
    if status < _NOT_OURS:
        return
    page = bytearray()
    with contextlib.suppress(TimeoutError, *foreign):
        async with asyncio.timeout(_ERROR_PAGE_S):
            async for piece in response.aiter_bytes():
                page += piece
                if len(page) > _MAX_ERROR_BYTES:
                    break
    text = page[:_MAX_ERROR_BYTES].decode("utf-8", "replace")
    if key:
        text = text.replace(key, "[key]")  # some servers say which key it was that they did not accept
    log.debug("backend.error_page", extra={"status": status, "page": text[:_LOGGED_BYTES]})
    raise refusal(text, status, response.headers, datetime.now(UTC).timestamp())


async def read_capped(pieces: AsyncIterator[bytes], limit: int) -> bytes:
    """A whole body, if it is no longer than that."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit:
            raise BadAnswer("the server's answer does not end")
    return bytes(body)
