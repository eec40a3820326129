"""Whether a line goes to a model or is a template at once, and the words for why. Pure."""

from __future__ import annotations

from typing import Final

from llm.pace import Pace
from llm.types import RouteReason, TierState, Why

REASON_BY_STATE: Final = {
    TierState.OFF: RouteReason.NO_MODEL_CONFIGURED,
    TierState.FETCHING: RouteReason.MODEL_STARTING,
    TierState.STARTING: RouteReason.MODEL_STARTING,
    TierState.DOWN: RouteReason.MODEL_DOWN,
}
_REASON_BY_WHY: Final = {
    Why.EXPIRED: RouteReason.QUEUE_TOO_LONG,
    Why.UNREAD: RouteReason.PROMPT_UNREAD,
    Why.FIRST_CONTENT: RouteReason.FIRST_CONTENT_MISSED,
    Why.NO_MODEL: RouteReason.MODEL_DOWN,
    Why.UNREACHABLE: RouteReason.MODEL_DOWN,
    Why.CONNECT: RouteReason.MODEL_DOWN,
    Why.EMPTY: RouteReason.NOTHING_SAID,
}
_WHY_BY_REASON: Final = {
    RouteReason.QUEUE_TOO_LONG: Why.EXPIRED,
    RouteReason.PROMPT_UNREAD: Why.UNREAD,
    RouteReason.FIRST_CONTENT_MISSED: Why.FIRST_CONTENT,
    RouteReason.THREAD_DOWN: Why.THREAD_DIED,
    RouteReason.NOTHING_SAID: Why.EMPTY,
    RouteReason.MODEL_DOWN: Why.UNREACHABLE,
    RouteReason.ATTEMPT_FAILED: Why.PROTOCOL,
}


def route(state: TierState, pace: Pace, ahead: int, silence_s: float) -> RouteReason:
    """`LOCAL_READY` if a model can answer in time, as far as is known; else why a template has to."""
    if state is not TierState.READY:
        return REASON_BY_STATE[state]
    wait_s = pace.wait_s(ahead)
    if wait_s > 0 and wait_s + pace.least_s > silence_s:  # where nobody waits it is always worth a try
        return RouteReason.QUEUE_TOO_LONG
    return RouteReason.LOCAL_READY


def reason_after(why: Why) -> RouteReason:
    """Why a template speaks after an attempt that came to nothing."""
    return _REASON_BY_WHY.get(why, RouteReason.ATTEMPT_FAILED)


def why_silent(reason: RouteReason) -> Why:
    """Why nothing is said at all, where a template for this reason is not wanted."""
    return _WHY_BY_REASON.get(reason, Why.NO_MODEL)
