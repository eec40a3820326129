"""A common beat for all streams: who leaves its stream alone for a while waits here, and needs no timer of its own.

The thread's loop turns every 20 ms whatever happens; a wait is a number of its turns. Three hundred timers a
twentieth of a second cost more than what they were waiting for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from llm.terms import Terms

TURN_S: Final = 0.02
_STREAMS_A_TURN: Final = 16  # so many streams, and each is left alone for one turn of the loop more
_LULL: Final = 0.8  # of the update rate, at most
_MOST_TURNS: Final = 4


class Holding(Protocol):
    """A stream that may hold text which nobody has been handed yet."""

    def hand_on_late(self, now_s: float) -> None:
        """Hand it on, if the next turn would be too late."""


class Beat:
    """On one loop."""

    def __init__(self) -> None:
        self.turn = 0
        self._live: set[Holding] = set()
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    @contextmanager
    def following(self, stream: Holding) -> Iterator[None]:
        """While it goes on, what it holds is looked after at every turn."""
        self._live.add(stream)
        try:
            yield
        finally:
            self._live.discard(stream)

    def lull(self, terms: Terms) -> Awaitable[None] | None:
        """A while to leave a stream alone: the more there are, the more each look should find."""
        by_rate = min(terms.update_rate_s * _LULL, 1.0) / TURN_S
        turns = min(len(self._live) // _STREAMS_A_TURN, int(by_rate), _MOST_TURNS)
        return self._wait(turns) if turns > 0 else None

    def strike(self, now_s: float) -> None:
        """One turn more."""
        self.turn += 1
        for future in self._waiting.pop(self.turn, ()):
            if not future.done():  # who waited may have been cancelled
                future.set_result(None)
        for stream in self._live:
            stream.hand_on_late(now_s)

    async def _wait(self, turns: int) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(self.turn + turns, []).append(future)
        await future
