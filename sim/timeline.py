"""The last half minute, instant by instant: what each frame did, what was asked and when it was answered, and collections.

Written as a trace that the usual viewers open (Trace Event Format: `ph` X is a span, b and e an asynchronous one, i an
instant; times in microseconds).
"""

from __future__ import annotations

import gc
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from llm.types import Failed, Finished, Kind, Request, Started, StreamEvent

_KEPT_S: Final = 30
_SPANS: Final = 24_000  # of thirty seconds at sixty frames, and some to spare
_MARKS: Final = 12_000
_PROCESS: Final = 1
_FRAME, _WORLD, _COLLECTOR = 1, 2, 3  # rows of the trace
_ROWS: Final = {_FRAME: "frame", _WORLD: "ticks", _COLLECTOR: "garbage"}


@dataclass(slots=True)
class Timeline:
    """Kept on the main thread; what is older than half a minute is forgotten."""

    now_ns: Callable[[], int] = time.perf_counter_ns
    _spans: deque[tuple[int, str, int, int]] = field(default_factory=lambda: deque(maxlen=_SPANS))
    _marks: deque[tuple[str, int, int, str]] = field(default_factory=lambda: deque(maxlen=_MARKS))
    _collecting_ns: int = 0

    def watch_collections(self) -> Callable[[], None]:
        """From now on; what it gives back ends it."""
        gc.callbacks.append(self._collected)
        return lambda: gc.callbacks.remove(self._collected)

    def span(self, name: str, began_ns: int) -> int:
        """Something of a frame is over; the time now, at which the next begins."""
        now_ns = self.now_ns()
        self._spans.append((_WORLD if name == "tick" else _FRAME, name, began_ns, now_ns))
        return now_ns

    def parts_since(self, began_ns: int) -> dict[str, int]:
        """How long everything took that began since then, by name; nanoseconds."""
        parts: dict[str, int] = {}
        for _, name, then_ns, ended_ns in reversed(self._spans):
            if then_ns < began_ns:
                break
            parts[name] = parts.get(name, 0) + ended_ns - then_ns
        return parts

    def asked(self, request: Request) -> None:
        """A line was asked for."""
        if request.kind is Kind.LINE:
            self._marks.append(("b", request.id, self.now_ns(), request.prompt.speaker))

    def heard(self, event: StreamEvent) -> None:
        """Its first words, or its end."""
        match event:
            case Started():
                self._marks.append(("n", event.request_id, self.now_ns(), f"first word, {event.tier}"))
            case Finished() | Failed():
                self._marks.append(("e", event.request_id, self.now_ns(), event.outcome.value))
            case _:
                pass

    def write(self, path: Path) -> None:
        """As a file. Raises OSError."""
        path.write_text(json.dumps(self.trace()), encoding="utf-8")

    def trace(self) -> dict[str, Any]:
        """All of the last half minute."""
        since_ns = self.now_ns() - _KEPT_S * 1_000_000_000
        names = [_event("M", "thread_name", row, 0, args={"name": name}) for row, name in _ROWS.items()]
        spans = [
            _event("X", name, row, began_ns, dur=(ended_ns - began_ns) / 1000)
            for row, name, began_ns, ended_ns in list(self._spans)
            if began_ns >= since_ns
        ]
        return {"traceEvents": [*names, *spans, *self._requests(since_ns)], "displayTimeUnit": "ms"}

    def _requests(self, since_ns: int) -> list[dict[str, Any]]:
        """Those of which both ends are known, or the beginning."""
        marks = [mark for mark in list(self._marks) if mark[2] >= since_ns]
        speakers = {number: what for kind, number, _, what in marks if kind == "b"}
        return [
            _event(
                kind,
                speakers[number],
                _FRAME,
                at_ns,
                cat="line",
                id=number,
                args={} if kind == "b" else {"what": what},
            )
            for kind, number, at_ns, what in marks
            if number in speakers
        ]

    def _collected(self, phase: str, info: Mapping[str, int]) -> None:
        now_ns = self.now_ns()
        if phase == "start":
            self._collecting_ns = now_ns
        elif self._collecting_ns:
            self._spans.append((_COLLECTOR, f"generation {info['generation']}", self._collecting_ns, now_ns))


def _event(kind: str, name: str, row: int, at_ns: int, **more: Any) -> dict[str, Any]:
    return {"ph": kind, "name": name, "pid": _PROCESS, "tid": row, "ts": at_ns / 1000, **more}
