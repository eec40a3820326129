"""One line through one backend, under its clocks: typed outcomes, and never anything after the end.

Nothing was visible: `Failed`, and the main thread may speak a template. Something was: what was said stays said,
and the line is closed as truncated.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llm.coalescer import Coalescer
from llm.errors import ModelError, TooSlow
from llm.outbox import OutStream
from llm.protocol import Backend, Gate
from llm.scheduler import Job
from llm.settings import LlmSettings
from llm.types import (
    Delta,
    End,
    Failed,
    Finish,
    Finished,
    LineStats,
    Outcome,
    RouteReason,
    Started,
    Usage,
    Why,
)

_WHY: Final = {
    Finish.STOP: Why.NONE,
    Finish.LENGTH: Why.LENGTH,
    Finish.FILTERED: Why.REFUSED,
    Finish.CUT: Why.BROKEN_STREAM,
}
_NO_CHUNK: Final = float("inf")  # characters: a line that is handed on whole


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds: to the first content, between two pieces, for the whole line."""

    first_content: float
    stall: float
    total: float

    @classmethod
    def of(cls, settings: LlmSettings, left_s: float) -> Clocks:
        """As the settings say, but never past what is left of the line's silence deadline."""
        timeouts = settings.timeouts
        return cls(max(0.0, min(timeouts.local, left_s)), timeouts.stall, timeouts.total)


class Attempt:
    """Runs once."""

    def __init__(
        self, job: Job, backend: Backend, gate: Gate, out: OutStream, now_s: Callable[[], float]
    ) -> None:
        self._job = job
        self._backend = backend
        self._gate = gate
        self._out = out
        self._now_s = now_s
        self._said: list[str] = []
        self._first_visible_s = 0.0
        self._coalescer = Coalescer(1, 0.0)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def first_visible_s(self) -> float | None:
        """When the first word became visible; None if none did."""
        return self._first_visible_s if self._said else None

    async def run(self, settings: LlmSettings) -> ModelError | None:
        """Speak the line to its end; what went wrong with the backend, if anything did."""
        streaming = settings.streaming
        chunk_size = streaming.chunk_size if streaming.enabled else _NO_CHUNK
        self._coalescer = Coalescer(chunk_size, streaming.update_rate if streaming.enabled else _NO_CHUNK)
        try:
            await self._speak(Clocks.of(settings, self._job.deadline_s - self._now_s()))
        except ModelError as error:
            self._break_off(error.why)
            return error
        finally:
            self._stop_timer()
        return None

    async def _speak(self, clocks: Clocks) -> None:
        loop = asyncio.get_running_loop()
        total_at = loop.time() + clocks.total
        why = Why.FIRST_CONTENT
        try:
            async with (
                asyncio.timeout(clocks.first_content) as clock,
                contextlib.aclosing(self._backend.stream(self._job.request)) as events,
            ):
                async for event in events:
                    if isinstance(event, End):
                        self._finish(event)
                        return
                    stall_at = loop.time() + clocks.stall
                    why = Why.STALL if stall_at < total_at else Why.TOTAL
                    clock.reschedule(min(stall_at, total_at))
                    self._hear(event)
        except TimeoutError as error:
            raise TooSlow(f"the model was too slow ({why})", why) from error

    def _hear(self, delta: Delta) -> None:
        self._show(self._gate.feed(delta.text))
        due_s = self._coalescer.due_s
        if due_s is not None and self._timer is None and due_s < _NO_CHUNK:
            self._timer = asyncio.get_running_loop().call_later(due_s - self._now_s(), self._hand_on_late)

    def _show(self, text: str) -> None:
        """Visible text: from its first piece on, the line has begun."""
        if not text:
            return
        if not self._said:
            self._first_visible_s = self._now_s()
            backend = self._backend
            self._out.start(
                Started(self._job.id, backend.tier, backend.name, backend.model, RouteReason.LOCAL_READY)
            )
        self._said.append(text)
        self._hand_on(self._coalescer.feed(text, self._now_s()))

    def _hand_on(self, text: str) -> None:
        if text:
            self._stop_timer()
            self._out.text(text)

    def _hand_on_late(self) -> None:
        self._timer = None
        self._hand_on(self._coalescer.flush())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self, end: End) -> None:
        self._show(self._gate.close(cut=end.finish is not Finish.STOP))
        self._end(_WHY[end.finish], end.usage)

    def _break_off(self, why: Why) -> None:
        """Before the first visible word nothing is shown of it: a template may speak instead."""
        if self._said:
            self._show(self._gate.close(cut=True))
        self._end(Why.BROKEN_STREAM if self._said and why is Why.UNREACHABLE else why, Usage())

    def _end(self, why: Why, usage: Usage) -> None:
        self._hand_on(self._coalescer.flush())
        if self._said:
            outcome = Outcome.TRUNCATED if why else Outcome.COMPLETE
            self._out.end(Finished(self._job.id, outcome, "".join(self._said), why, self._stats(usage)))
        elif why in {Why.NONE, Why.LENGTH}:
            self._out.end(Failed(self._job.id, Outcome.EMPTY, Why.EMPTY))
        else:
            self._out.end(Failed(self._job.id, Outcome.FAILED, why))

    def _stats(self, usage: Usage) -> LineStats:
        asked_s = self._job.submitted_s
        return LineStats(
            ttfc_ms=(self._first_visible_s - asked_s) * 1000,
            duration_ms=(self._now_s() - asked_s) * 1000,
            usage=usage,
        )
