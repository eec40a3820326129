"""The words for what happened to a line: why another tier speaks it, or why nobody does. Pure tables."""

from __future__ import annotations

from typing import Final

from llm.types import RouteReason, Why

_REASON_BY_WHY: Final = {
    Why.EXPIRED: RouteReason.QUEUE_TOO_LONG,
    Why.UNREAD: RouteReason.PROMPT_UNREAD,
    Why.FIRST_CONTENT: RouteReason.FIRST_CONTENT_MISSED,
    Why.NO_MODEL: RouteReason.MODEL_DOWN,
    Why.UNREACHABLE: RouteReason.MODEL_DOWN,
    Why.CONNECT: RouteReason.MODEL_DOWN,
    Why.BAD_KEY: RouteReason.MODEL_DOWN,
    Why.LOADING: RouteReason.MODEL_STARTING,
    Why.RESTING: RouteReason.MODEL_RESTING,
    Why.RATE_LIMITED: RouteReason.MODEL_RESTING,
    Why.BUDGET: RouteReason.BUDGET_SPENT,
    Why.EMPTY: RouteReason.NOTHING_SAID,
    Why.REPEATED: RouteReason.REPEATED,
    Why.FLAGGED: RouteReason.FLAGGED,
}
_WHY_BY_REASON: Final = {
    RouteReason.QUEUE_TOO_LONG: Why.EXPIRED,
    RouteReason.PROMPT_UNREAD: Why.UNREAD,
    RouteReason.FIRST_CONTENT_MISSED: Why.FIRST_CONTENT,
    RouteReason.THREAD_DOWN: Why.THREAD_DIED,
    RouteReason.NOTHING_SAID: Why.EMPTY,
    RouteReason.REPEATED: Why.REPEATED,
    RouteReason.FLAGGED: Why.FLAGGED,
    RouteReason.MODEL_DOWN: Why.UNREACHABLE,
    RouteReason.MODEL_RESTING: Why.RESTING,
    RouteReason.BUDGET_SPENT: Why.BUDGET,
    RouteReason.BUDGET_LOW: Why.BUDGET,
    RouteReason.ATTEMPT_FAILED: Why.PROTOCOL,
}


def reason_after(why: Why) -> RouteReason:
    """Why another tier speaks after an attempt that came to nothing."""
    return _REASON_BY_WHY.get(why, RouteReason.ATTEMPT_FAILED)


def why_silent(reason: RouteReason) -> Why:
    """Why nothing is said at all, where a template for this reason is not wanted."""
    return _WHY_BY_REASON.get(reason, Why.NO_MODEL)
