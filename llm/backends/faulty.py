"""A backend with misfortune: what it says goes wrong on the way, as a soak's profile has it. Everything behind it is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from llm.backends.wrapped import Wrapped
from llm.errors import ModelError, RateLimited, ServerFault, Unreachable
from llm.mishaps import Misfortune, Mishap
from llm.tier_door import SlottedBackend
from llm.types import BackendEvent, Delta, End, Finish, Request

_WORDS_BEFORE: Final = 3  # pieces that come before it stalls or breaks
_NOBODY_WAITS_S: Final = 60.0
_LOOP: Final = "and on and on "
_LOOP_S: Final = 0.05


class Faulty(Wrapped):
    """`llm.tier_door.SlottedBackend` over another."""

    def __init__(self, backend: SlottedBackend, misfortune: Misfortune) -> None:
        super().__init__(backend)
        self._misfortune = misfortune

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """The answer, or what becomes of it. Raises ModelError."""
        mishap = self._misfortune.of(request)
        match mishap:
            case None | Mishap.STALLS | Mishap.BREAKS:
                async with aclosing(self._real(request, mishap)) as events:
                    async for event in events:
                        yield event
            case Mishap.MUTE:
                await asyncio.sleep(_NOBODY_WAITS_S)
            case Mishap.EMPTY:
                yield End(Finish.STOP)
            case Mishap.BABBLES:
                yield Delta(self._misfortune.babble(request))
                yield End(Finish.STOP)
            case Mishap.REPEATS:
                while True:
                    yield Delta(_LOOP)
                    await asyncio.sleep(_LOOP_S)
            case _:
                raise _error_of(mishap)

    async def _real(self, request: Request, mishap: Mishap | None) -> AsyncGenerator[BackendEvent, None]:
        heard = 0
        async with aclosing(self._backend.stream(request)) as events:
            async for event in events:
                yield event
                heard += isinstance(event, Delta)
                if mishap is not None and heard == _WORDS_BEFORE:
                    if mishap is Mishap.BREAKS:
                        raise Unreachable("the line dropped, as the soak wants it")
                    await asyncio.sleep(_NOBODY_WAITS_S)


def _error_of(mishap: Mishap) -> ModelError:
    match mishap:
        case Mishap.AWAY:
            return Unreachable("nobody is there, as the soak wants it")
        case Mishap.BUSY:
            return RateLimited("too much is asked, as the soak wants it", retry_after_s=1.0)
        case _:
            return ServerFault("out of order, as the soak wants it", 500)
