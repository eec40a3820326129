"""Answers to whoever asked: signals, callbacks, futures, all on the game thread and each exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from llm.generation import Reply, ReplyFacts
from llm.routing import reason_after
from llm.signals import Signal
from llm.types import Failed, Finished, LineStats, RequestId, Started, StreamEvent, TextDelta, Tier

log = logging.getLogger(__name__)

FIRST_CALLERS_ID: Final = 1 << 48  # the world counts its own questions from 1
Callback = Callable[[Reply], object]


@dataclass(frozen=True, slots=True)
class Asked:
    """A caller's question on its way."""

    streams: bool
    callback: Callback | None = None
    future: Future[Reply] | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """The original's, under its names."""

    llm_stream_started: Signal[[RequestId]] = field(default_factory=lambda: Signal("llm_stream_started"))
    llm_stream_chunk: Signal[[RequestId, str, bool]] = field(
        default_factory=lambda: Signal("llm_stream_chunk")
    )
    llm_stream_completed: Signal[[RequestId, str]] = field(
        default_factory=lambda: Signal("llm_stream_completed")
    )
    llm_response_received: Signal[[RequestId, Reply]] = field(
        default_factory=lambda: Signal("llm_response_received")
    )
    llm_request_failed: Signal[[RequestId, str]] = field(default_factory=lambda: Signal("llm_request_failed"))
    llm_health_changed: Signal[[Tier, bool]] = field(default_factory=lambda: Signal("llm_health_changed"))


@dataclass(frozen=True, slots=True)
class _Live:
    """A line that has begun; whether it streams is settled then."""

    started: Started
    streams: bool


class Deliveries:
    """Hears every event of a drain, the town's lines among them: signals tell of those too."""

    def __init__(self, signals: Signals, town_streams: Callable[[], bool]) -> None:
        self._signals = signals
        self._town_streams = town_streams
        self._asked: dict[RequestId, Asked] = {}
        self._live: dict[RequestId, _Live] = {}

    def expect(self, request_id: RequestId, asked: Asked) -> None:
        """Somebody waits for this."""
        self._asked[request_id] = asked

    def forget(self, request_id: RequestId) -> None:
        """Nobody does any more."""
        self._live.pop(request_id, None)
        asked = self._asked.pop(request_id, None)
        if asked is not None and asked.future is not None:
            asked.future.cancel()

    def forget_all(self) -> None:
        """The client is closed."""
        for request_id in list(self._asked):
            self.forget(request_id)
        self._live.clear()

    def hear(self, event: StreamEvent) -> None:
        """One event, in its order; nothing of a question that its caller has given up."""
        request_id, signals = event.request_id, self._signals
        if request_id >= FIRST_CALLERS_ID and request_id not in self._asked:
            return
        match event:
            case Started():
                live = self._live[request_id] = _Live(event, self._streams(request_id))
                if live.streams:
                    signals.llm_stream_started.emit(request_id)
                if event.tier is Tier.TEMPLATE:
                    signals.llm_request_failed.emit(request_id, event.route_reason.value)
            case TextDelta(text=text):
                if self._is_streaming(request_id):
                    signals.llm_stream_chunk.emit(request_id, text, False)
            case Finished():
                self._finish(event)
            case Failed():
                facts = _facts(self._live.pop(request_id, None), event)
                signals.llm_request_failed.emit(request_id, event.why.value)
                self._deliver(request_id, Reply("", facts))

    def _finish(self, event: Finished) -> None:
        request_id, signals = event.request_id, self._signals
        streams = self._is_streaming(request_id)
        reply = Reply(event.text, _facts(self._live.pop(request_id, None), event))
        if streams:
            signals.llm_stream_chunk.emit(request_id, "", True)
            signals.llm_stream_completed.emit(request_id, event.text)
        signals.llm_response_received.emit(request_id, reply)
        self._deliver(request_id, reply)

    def _is_streaming(self, request_id: RequestId) -> bool:
        live = self._live.get(request_id)
        return live is not None and live.streams

    def _deliver(self, request_id: RequestId, reply: Reply) -> None:
        asked = self._asked.pop(request_id, None)
        if asked is None:
            return
        if asked.future is not None and asked.future.set_running_or_notify_cancel():
            asked.future.set_result(reply)
        if asked.callback is not None:
            try:
                asked.callback(reply)
            except Exception:  # somebody else's code must not cost a frame
                log.exception("callback.failed", extra={"request_id": request_id})

    def _streams(self, request_id: RequestId) -> bool:
        asked = self._asked.get(request_id)
        return self._town_streams() if asked is None else asked.streams


def _facts(live: _Live | None, end: Finished | Failed) -> ReplyFacts:
    started = live.started if live else None
    return ReplyFacts(
        request_id=end.request_id,
        tier=started.tier if started else Tier.TEMPLATE,
        backend=started.backend if started else "",
        model=started.model if started else "",
        route_reason=started.route_reason if started else reason_after(end.why),
        outcome=end.outcome,
        why=end.why,
        stats=end.stats if isinstance(end, Finished) else LineStats(),
    )
