"""The backend without a model: answers written down beforehand, with the delays and mishaps written beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

from llm.canned import CannedAnswer, CannedSource
from llm.errors import (
    BadAnswer,
    BadKey,
    Loading,
    ModelError,
    NoModel,
    NotRecorded,
    Overflow,
    RateLimited,
    Refused,
    ServerFault,
    TooSlow,
    Unreachable,
)
from llm.types import BackendEvent, Delta, End, Request, Tier, Why

_NOTHING: Final = CannedAnswer()
_CALLERS_CLOCKS: Final = frozenset({Why.FIRST_CONTENT, Why.STALL, Why.TOTAL})
_ERRORS: Final[Mapping[Why, Callable[[str], ModelError]]] = {
    Why.UNREACHABLE: Unreachable,
    Why.BROKEN_STREAM: lambda text: Unreachable(text, Why.BROKEN_STREAM),
    Why.CONNECT: lambda text: TooSlow(text, Why.CONNECT),
    Why.REFUSED: Refused,
    Why.SERVER_ERROR: ServerFault,
    Why.RATE_LIMITED: RateLimited,
    Why.BAD_KEY: BadKey,
    Why.OVERFLOW: Overflow,
    Why.NO_MODEL: NoModel,
    Why.LOADING: Loading,
    Why.PROTOCOL: BadAnswer,
    Why.NOT_RECORDED: NotRecorded,
}


class Scripted:
    """`llm.protocol.Backend` over any source of canned answers."""

    model: Final = ""

    def __init__(self, source: CannedSource, in_flight: int = 4, tier: Tier = Tier.LOCAL) -> None:
        self.name = source.name
        self.in_flight = in_flight
        self.tier = tier
        self._source = source

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """The next answer, as it is written."""
        answer = self._source.answer(request) or _NOTHING
        now_s = 0.0
        for at_s, text in answer.pieces:
            await asyncio.sleep(at_s - now_s)
            now_s = at_s
            yield Delta(text)
        await asyncio.sleep(answer.end_s - now_s)
        await _fail(answer.error)
        yield End(answer.finish, answer.usage, answer.fields)

    def reading_s(self, request: Request) -> float:  # noqa: ARG002 - the door has it
        """It has read its book."""
        return 0.0

    async def warm(self, request: Request) -> None:
        """There is nothing to read ahead."""

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """There is nothing to give back."""


async def _fail(why: Why) -> None:
    """Go wrong as it is written, if it is."""
    if why in _CALLERS_CLOCKS:
        await asyncio.Event().wait()  # for ever: the clocks are our caller's
    if why:
        text = f"it is written that this goes wrong ({why})"
        raise _ERRORS[why](text) if why in _ERRORS else ModelError(text, why)
