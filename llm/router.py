"""Which tier a line goes to, and the closed word for why. Pure: the same view and question give the same route.

The main thread decides by the view that the background last published; whoever dispatches the line looks again.
Spotlight and complex questions are worth the cloud, background talk is not. A tier that is off, down, resting, slow,
busy or over its budget is passed over; what no model can say in time is a template at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from llm.budget import Ladder
from llm.complexity import complexity
from llm.pace import Pace
from llm.terms import Terms
from llm.types import Priority, Request, RouteReason, Tier, TierState, TierStatus

COMPLEX: Final = 0.6  # the score from which a question is worth the cloud without a spotlight
_OFF: Final = TierStatus(TierState.OFF)
_UNMEASURED: Final = Pace(
    slots=64
)  # until its lanes are published: who dispatches a line knows them, and looks again
_STARTING: Final = TierStatus(TierState.STARTING)

_LOCAL_REASONS: Final = {
    TierState.OFF: RouteReason.NO_MODEL_CONFIGURED,
    TierState.FETCHING: RouteReason.MODEL_STARTING,
    TierState.STARTING: RouteReason.MODEL_STARTING,
    TierState.DOWN: RouteReason.MODEL_DOWN,
}


@dataclass(frozen=True, slots=True)
class TierView:
    """What is known of a tier just now."""

    status: TierStatus = _OFF
    pace: Pace = _UNMEASURED
    resting: bool = False  # every backend of it rests: after failures, or because it was asked to
    success_rate: float | None = None  # of the last attempts; None before the first


@dataclass(frozen=True, slots=True)
class RouterView:
    """Published by the background in one assignment, only read elsewhere."""

    local: TierView = field(default_factory=lambda: TierView(_STARTING))
    cloud: TierView = field(default_factory=TierView)
    ladder: Ladder = Ladder.OPEN

    def of(self, tier: Tier) -> TierView:
        """One tier's part."""
        return self.cloud if tier is Tier.CLOUD else self.local


@dataclass(frozen=True, slots=True)
class Question:
    """What of a line decides its way."""

    spotlight: bool
    score: float  # of `llm.complexity`
    ahead_local: int = 0  # lines that are served no later
    ahead_cloud: int = 0
    local_silence_s: float = 2.0  # how long it may stay silent there
    cloud_silence_s: float = 4.5

    @classmethod
    def of(cls, request: Request, terms: Terms, ahead: tuple[int, int]) -> Self:
        """What of this request decides its way; `ahead` are lines of the local tier and of the cloud."""
        return cls(
            spotlight=request.priority is Priority.SPOTLIGHT,
            score=complexity(request.prompt, request.weight),
            ahead_local=ahead[0],
            ahead_cloud=ahead[1],
            local_silence_s=terms.silence_s(Tier.LOCAL),
            cloud_silence_s=terms.silence_s(Tier.CLOUD),
        )


@dataclass(frozen=True, slots=True)
class Route:
    """The decision."""

    tier: Tier
    reason: RouteReason
    score: float
    predicted_ttfc_ms: float  # 0 for a template


def route(question: Question, view: RouterView, *, hybrid: bool) -> Route:
    """Where this line goes."""
    wish = _wish(question, view)
    passed_over = None
    if wish is not None:
        passed_over = _why_not_cloud(question, view, hybrid=hybrid)
        if passed_over is None:
            ttfc_s = view.cloud.pace.predicted_s(question.ahead_cloud)
            return Route(Tier.CLOUD, wish, question.score, ttfc_s * 1000)
    silent = _why_not_local(question, view)
    if silent is None:
        ttfc_s = view.local.pace.predicted_s(question.ahead_local)
        return Route(Tier.LOCAL, passed_over or RouteReason.LOCAL_READY, question.score, ttfc_s * 1000)
    if silent is RouteReason.NO_MODEL_CONFIGURED and passed_over not in {None, RouteReason.NO_KEY}:
        silent = passed_over
    return Route(Tier.TEMPLATE, silent, question.score, 0.0)


def _wish(question: Question, view: RouterView) -> RouteReason | None:
    """Why the cloud is wanted, if it is."""
    if question.spotlight:
        return RouteReason.SPOTLIGHT
    if question.score >= COMPLEX:
        return RouteReason.COMPLEX
    only = view.local.status.state is TierState.OFF and view.cloud.status.state is not TierState.OFF
    return RouteReason.CLOUD_ONLY if only else None


def _why_not_cloud(question: Question, view: RouterView, *, hybrid: bool) -> RouteReason | None:
    """The first thing that speaks against it; None if nothing does."""
    cloud, ahead = view.cloud, question.ahead_cloud
    against = (
        (not hybrid, RouteReason.HYBRID_OFF),
        (cloud.status.state is TierState.OFF, RouteReason.NO_KEY),
        (cloud.status.state in {TierState.DOWN, TierState.FETCHING}, RouteReason.CLOUD_DOWN),
        (cloud.resting, RouteReason.CLOUD_RESTING),
        (view.ladder is Ladder.SPENT, RouteReason.BUDGET_SPENT),
        (view.ladder is Ladder.LOW and not question.spotlight, RouteReason.BUDGET_LOW),
        (_waits_too_long(cloud.pace, ahead, question.cloud_silence_s), RouteReason.CLOUD_BUSY),
        # The first of several is always tried, or a tier that was slow once would never be asked again.
        (ahead > 0 and cloud.pace.slow_first_s > question.cloud_silence_s, RouteReason.CLOUD_SLOW),
    )
    return next((reason for is_so, reason in against if is_so), None)


def _why_not_local(question: Question, view: RouterView) -> RouteReason | None:
    local = view.local
    if local.status.state is not TierState.READY:
        return _LOCAL_REASONS[local.status.state]
    if local.resting:
        return RouteReason.MODEL_RESTING
    if _waits_too_long(local.pace, question.ahead_local, question.local_silence_s):
        return RouteReason.QUEUE_TOO_LONG
    return None


def _waits_too_long(pace: Pace, ahead: int, silence_s: float) -> bool:
    """Whether the queue alone makes the first word come too late; where nobody waits it is always worth a try."""
    wait_s = pace.wait_s(ahead)
    return wait_s > 0 and wait_s + pace.least_s > silence_s
