"""The template tier: the request's own fallback line, spoken as a model's line would be.

It needs no thread, no model and no clock, so it works when nothing else does. It passes the same gate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llm.performance import Performance
from llm.protocol import GateFactory
from llm.types import (
    Failed,
    Finished,
    LineStats,
    Outcome,
    Request,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Usage,
    Why,
)

TEMPLATE_BACKEND: Final = "template"
_NO_TOKENS: Final = Usage(tokens_in=0, tokens_out=0, cached_tokens_in=0)


def speak(
    request: Request, gate: GateFactory, reason: RouteReason, waited_ms: float
) -> tuple[StreamEvent, ...]:
    """The whole life of one template line; the view types it out."""
    text = pass_gate(request, gate, request.fallback_text)
    if not text:
        return (Failed(request.id, Outcome.EMPTY, Why.EMPTY),)
    return (
        Started(request.id, Tier.TEMPLATE, TEMPLATE_BACKEND, "", reason),
        TextDelta(request.id, text),
        Finished(request.id, Outcome.COMPLETE, text, stats=LineStats(waited_ms, waited_ms, _NO_TOKENS)),
    )


def pass_gate(request: Request, gate: GateFactory, text: str, *, cut: bool = False) -> str:
    """What of a whole text may be shown."""
    filter_ = gate(replace(request, written=True))
    return filter_.feed(text) + filter_.close(cut=cut)


def count(performance: Performance, events: tuple[StreamEvent, ...]) -> None:
    """Enter a template line into the counters."""
    for event in events:
        match event:
            case Started(route_reason=reason):
                performance.routed(reason)
            case Finished():
                performance.spoke(Tier.TEMPLATE, TEMPLATE_BACKEND, event)
            case Failed():
                performance.erred(Tier.TEMPLATE, TEMPLATE_BACKEND, event.why)
                performance.fell_silent(event)
            case TextDelta():
                pass  # its text comes once more with the end
