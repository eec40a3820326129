"""A common beat for all streams: who leaves its stream alone for a while waits here, and needs no timer of its own.

A wait is a number of the beat's steps of 5 ms, and streams take turns within it: three hundred timers cost more than
what they wait for, and three hundred streams that are looked at in one moment hold up a frame.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Protocol

from llm.terms import Terms

TURN_S: Final = 0.02  # of the thread's loop
_STEP_S: Final = 0.005
_FEW: Final = 24  # streams that are looked at as they come
_STREAMS_A_STEP: Final = 5  # so many more, and each is left alone for one step more
_LULL: Final = 0.8  # of the update rate, at most
_MOST_STEPS: Final = 16


class Holding(Protocol):
    """A stream that may hold text which nobody has been handed yet."""

    def hand_on_late(self, now_s: float) -> None:
        """Hand it on, if the next turn of the loop would be too late."""


Lull = Callable[[], Awaitable[None] | None]


class Beat:
    """On one loop."""

    def __init__(self) -> None:
        self.turn = 0
        self._live: set[Holding] = set()
        self._phases = itertools.count()
        self._step = 0
        self._ticking = False
        self._waiting: dict[int, list[asyncio.Future[None]]] = {}

    def lulls(self, terms: Terms) -> Lull:
        """What one stream asks after each look: how long to leave it alone, if at all."""
        return partial(self._lull, next(self._phases), min(terms.update_rate_s * _LULL, 1.0) / _STEP_S)

    @contextmanager
    def following(self, stream: Holding) -> Iterator[None]:
        """While it goes on, what it holds is looked after at every turn."""
        self._live.add(stream)
        try:
            yield
        finally:
            self._live.discard(stream)

    def strike(self, now_s: float) -> None:
        """One turn of the thread's loop."""
        self.turn += 1
        for stream in self._live:
            stream.hand_on_late(now_s)

    def _lull(self, phase: int, most_steps: float) -> Awaitable[None] | None:
        """The more streams there are, the more each look should find."""
        steps = min((len(self._live) - _FEW) // _STREAMS_A_STEP, int(most_steps), _MOST_STEPS)
        return self._wait(steps - (self._step - phase) % steps) if steps > 0 else None

    async def _wait(self, steps: int) -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.setdefault(self._step + steps, []).append(future)
        if not self._ticking:
            self._ticking = True
            loop.call_later(_STEP_S, self._tick, loop)
        await future

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._step += 1
        for future in self._waiting.pop(self._step, ()):
            if not future.done():  # who waited may have been cancelled
                future.set_result(None)
        self._ticking = bool(self._waiting)
        if self._ticking:
            loop.call_later(_STEP_S, self._tick, loop)
