"""Backends at both ends of a cassette: one that records what a real one says, one that says it again."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from llm.backends.scripted import Scripted
from llm.backends.wrapped import Wrapped
from llm.cassette import CassetteBook, CassetteWriter, Tape
from llm.errors import ModelError
from llm.tier_door import SlottedBackend
from llm.types import BackendEvent, Delta, End, Kind, Request, Tier


class Cassette(Scripted):
    """`llm.protocol.Backend` over a cassette; it goes by the cassette's name."""

    def __init__(self, book: CassetteBook, in_flight: int = 4, tier: Tier = Tier.LOCAL) -> None:
        super().__init__(book, in_flight, tier)


class Recorded(Wrapped):
    """A backend with a microphone: each answer is written down when it ends. Whoever opened the cassette closes it."""

    def __init__(
        self, backend: SlottedBackend, writer: CassetteWriter, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(backend)
        self._writer = writer
        self._now_s = now_s

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """The backend's answer; errors and early ends are written down too, with what was heard until then."""
        tape = Tape(request, self.tier, self.name, self.model)
        begun_s = self._now_s()
        try:
            async with aclosing(self._backend.stream(request)) as events:
                async for event in events:
                    _hear(tape, event, self._now_s() - begun_s)
                    yield event
        except ModelError as error:
            tape.error = error.why
            raise
        finally:
            if request.kind is not Kind.WARM:
                tape.model = self.model  # some know it only after the first answer
                tape.end_s = tape.end_s or self._now_s() - begun_s
                self._writer.write(tape)


def _hear(tape: Tape, event: BackendEvent, at_s: float) -> None:
    match event:
        case Delta(text=text):
            if text:
                tape.pieces.append((at_s, text))
        case End():
            tape.finish, tape.usage, tape.end_s = event.finish, event.usage, at_s
            tape.fields = event.fields
