"""What the main thread says by itself: template lines, and ends of lines that the background will not end.

It needs no other thread, so it works when nothing else does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from llm import template_tier
from llm.line import Line, LineBook
from llm.performance import Performance
from llm.protocol import GateFactory
from llm.routing import why_silent
from llm.settings import Fallback
from llm.types import (
    Failed,
    Finished,
    Outcome,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Why,
)


@dataclass(frozen=True, slots=True)
class _Template:
    """A line that is to be spoken when its turn comes: the gate takes a while, and many lines may fail at once."""

    line: Line
    reason: RouteReason

    @property
    def request_id(self) -> RequestId:
        return self.line.request.id


class OwnVoice:
    """Events of this half's own, in order, waiting to be drained."""

    def __init__(
        self,
        lines: LineBook,
        performance: Performance,
        gate: GateFactory,
        fallback: Fallback,
        waited_ms: Callable[[Line], float],
    ) -> None:
        self._lines = lines
        self._performance = performance
        self._gate = gate
        self._fallback = fallback
        self._waited_ms = waited_ms
        self._ready: deque[StreamEvent | _Template] = deque()

    @property
    def waits(self) -> bool:
        """Whether there is something to be drained."""
        return bool(self._ready)

    def clear(self) -> None:
        """Say nothing more."""
        self._ready.clear()

    def forget(self, request_id: RequestId) -> None:
        """Say nothing more of one line."""
        if self._ready:
            self._ready = deque(event for event in self._ready if event.request_id != request_id)

    def fall_back(self, line: Line, reason: RouteReason) -> None:
        """Speak its template, or, where templates are off, say that it failed."""
        self._lines.take_back(line)
        if not self._fallback.enabled:
            self._ready.append(Failed(line.request.id, Outcome.FAILED, why_silent(reason)))
            return
        self._performance.asked(Tier.TEMPLATE)
        line.falling_back = True
        self._ready.append(_Template(line, reason))

    def break_off(self, line: Line, why: Why) -> None:
        """End a line from here: what was said of it stays said."""
        self._lines.take_back(line)
        self._lines.remove(line.request.id)
        if line.begun:
            self._ready.append(self.count_end(line, line.truncated(why, self._waited_ms(line))))
        else:
            self._ready.append(self.count_end(line, Failed(line.request.id, Outcome.CANCELLED, why)))

    def next(self) -> StreamEvent:
        """One event: a template's, or an end."""
        event = self._next()
        line = self._lines.get(event.request_id)
        if line is None:
            return event  # a line that was broken off, and counted, before
        if isinstance(event, Started):
            line.started = event
        if isinstance(event, TextDelta):
            line.said.append(event.text)
        if isinstance(event, Finished | Failed):
            self._lines.remove(event.request_id)
        if line.falling_back:
            template_tier.count(self._performance, (event,))
        elif isinstance(event, Failed):
            self._performance.fell_silent(event)
        return event

    def _next(self) -> StreamEvent:
        event = self._ready.popleft()
        if not isinstance(event, _Template):
            return event
        line = event.line
        first, *rest = template_tier.speak(line.request, self._gate, event.reason, self._waited_ms(line))
        self._ready.extendleft(reversed(rest))
        return first

    def count_end(self, line: Line, end: Finished | Failed) -> StreamEvent:
        """Enter an end into the counters; the end itself."""
        if isinstance(end, Failed):
            self._performance.fell_silent(end)
        elif line.started is not None:
            self._performance.spoke(line.started.tier, line.started.backend, end)
        return end
