"""The backend without a model: lines that somebody wrote down, with the delays and mishaps they wrote beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

from llm.errors import BadAnswer, ModelError, NoModel, Refused, Unreachable
from llm.script_book import ScriptBook, ScriptedLine
from llm.types import BackendEvent, Delta, End, Finish, Request, Tier, Usage, Why

_CHARACTERS_PER_TOKEN: Final = 4
_MISHAPS: Final[Mapping[str, Callable[[str], ModelError]]] = {
    "unreachable": Unreachable,
    "refused": Refused,
    "no_model": NoModel,
    "protocol": BadAnswer,
}


class Scripted:
    """`llm.protocol.Backend` over a book of lines."""

    name: Final = "scripted"
    tier: Final = Tier.LOCAL
    model: Final = ""

    def __init__(self, book: ScriptBook, in_flight: int = 4) -> None:
        self.in_flight = in_flight
        self._book = book

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """The next line of the book, as it says."""
        line = self._book.next_line(request) or ScriptedLine(text="")
        await asyncio.sleep(line.delay)
        if line.mishap in _MISHAPS:
            raise _MISHAPS[line.mishap]("the script says so")
        for piece in line.pieces():
            yield Delta(piece)
            await asyncio.sleep(line.pause)
        await self._come_to_the_end(line)
        finish = Finish.LENGTH if line.mishap == "length" else Finish.STOP
        yield End(finish, Usage(0, len(line.said) // _CHARACTERS_PER_TOKEN, 0))

    def reading_s(self, request: Request) -> float:  # noqa: ARG002 - the door has it
        """It has read its book."""
        return 0.0

    async def warm(self, request: Request) -> None:
        """There is nothing to read ahead."""

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """There is nothing to give back."""

    @staticmethod
    async def _come_to_the_end(line: ScriptedLine) -> None:
        if line.mishap in {"silence", "stall"}:
            await asyncio.Event().wait()  # for ever: the clocks are our caller's
        if line.mishap == "break":
            raise Unreachable("the script breaks off here", Why.BROKEN_STREAM)
