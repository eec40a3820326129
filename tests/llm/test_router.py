"""Where a line goes, and the closed word for why: a table, a row a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from llm.budget import Ladder
from llm.complexity import complexity
from llm.generation import GenerationContext
from llm.pace import Pace, PaceMeter
from llm.router import COMPLEX, Question, RouterView, TierView, route
from llm.routing import reason_after, why_silent
from llm.types import RouteReason, Tier, TierState, TierStatus, Why

READY = TierView(TierStatus(TierState.READY, "some", "model"), Pace(slots=4))
OFF = TierView(TierStatus(TierState.OFF))
DOWN = TierView(TierStatus(TierState.DOWN))
BOTH = RouterView(local=READY, cloud=READY)
TALK = Question(spotlight=False, score=0.2)
LIT = Question(spotlight=True, score=0.2)
HARD = Question(spotlight=False, score=COMPLEX)
SLOW = replace(READY, pace=Pace(slots=4, first_s=5.0, slow_first_s=9.0, line_s=10.0))


@dataclass(frozen=True)
class Row:
    """One case."""

    question: Question
    view: RouterView
    tier: Tier
    hybrid: bool = True


def local_with(state: TierState, cloud: TierView = OFF) -> RouterView:
    """A local tier in this state."""
    return RouterView(local=TierView(TierStatus(state)), cloud=cloud)


TABLE = {
    RouteReason.LOCAL_READY: Row(TALK, BOTH, Tier.LOCAL),
    RouteReason.SPOTLIGHT: Row(LIT, BOTH, Tier.CLOUD),
    RouteReason.COMPLEX: Row(HARD, BOTH, Tier.CLOUD),
    RouteReason.CLOUD_ONLY: Row(TALK, RouterView(local=OFF, cloud=READY), Tier.CLOUD),
    RouteReason.HYBRID_OFF: Row(LIT, BOTH, Tier.LOCAL, hybrid=False),
    RouteReason.NO_KEY: Row(LIT, RouterView(local=READY), Tier.LOCAL),
    RouteReason.CLOUD_DOWN: Row(LIT, RouterView(local=READY, cloud=DOWN), Tier.LOCAL),
    RouteReason.CLOUD_RESTING: Row(
        LIT, RouterView(local=READY, cloud=replace(READY, resting=True)), Tier.LOCAL
    ),
    RouteReason.CLOUD_SLOW: Row(replace(LIT, ahead_cloud=1), RouterView(local=READY, cloud=SLOW), Tier.LOCAL),
    RouteReason.CLOUD_BUSY: Row(replace(LIT, ahead_cloud=60), BOTH, Tier.LOCAL),
    RouteReason.BUDGET_LOW: Row(HARD, replace(BOTH, ladder=Ladder.LOW), Tier.LOCAL),
    RouteReason.BUDGET_SPENT: Row(LIT, replace(BOTH, ladder=Ladder.SPENT), Tier.LOCAL),
    RouteReason.NO_MODEL_CONFIGURED: Row(TALK, RouterView(local=OFF), Tier.TEMPLATE),
    RouteReason.MODEL_STARTING: Row(TALK, local_with(TierState.STARTING), Tier.TEMPLATE),
    RouteReason.MODEL_DOWN: Row(TALK, local_with(TierState.DOWN), Tier.TEMPLATE),
    RouteReason.MODEL_RESTING: Row(TALK, RouterView(local=replace(READY, resting=True)), Tier.TEMPLATE),
    RouteReason.QUEUE_TOO_LONG: Row(replace(TALK, ahead_local=60), RouterView(local=READY), Tier.TEMPLATE),
}
AFTERWARDS = {
    RouteReason.PROMPT_UNREAD: Why.UNREAD,
    RouteReason.FIRST_CONTENT_MISSED: Why.FIRST_CONTENT,
    RouteReason.ATTEMPT_FAILED: Why.PROTOCOL,
    RouteReason.NOTHING_SAID: Why.EMPTY,
    RouteReason.REPEATED: Why.REPEATED,
    RouteReason.FLAGGED: Why.FLAGGED,
    RouteReason.THREAD_DOWN: Why.THREAD_DIED,
}


@pytest.mark.parametrize("reason", TABLE, ids=str)
def test_every_reason_has_its_case(reason: RouteReason) -> None:
    """What is decided beforehand."""
    row = TABLE[reason]
    way = route(row.question, row.view, hybrid=row.hybrid)
    assert (way.tier, way.reason) == (row.tier, reason)
    assert (way.predicted_ttfc_ms > 0) is (way.tier is not Tier.TEMPLATE)


@pytest.mark.parametrize("reason", AFTERWARDS, ids=str)
def test_every_other_reason_is_an_attempts(reason: RouteReason) -> None:
    """What is known only afterwards, and back again."""
    why = AFTERWARDS[reason]
    assert why_silent(reason) is why
    if why is not Why.THREAD_DIED:  # that is found out by looking at the thread, and is no attempt's end
        assert reason_after(why) is reason


def test_no_reason_is_without_a_case() -> None:
    """The enum is closed: who adds a word adds a row."""
    assert set(TABLE) | set(AFTERWARDS) == set(RouteReason)


def test_low_money_is_for_the_spotlight_alone() -> None:
    """Four fifths spent: the moments that matter are still paid for."""
    assert route(LIT, replace(BOTH, ladder=Ladder.LOW), hybrid=True).tier is Tier.CLOUD


def test_a_slow_tier_is_tried_by_one_at_a_time() -> None:
    """Or it would be passed over for ever."""
    assert route(LIT, RouterView(local=READY, cloud=SLOW), hybrid=True).tier is Tier.CLOUD


def test_where_neither_can_the_reason_is_the_better_tiers() -> None:
    """Nobody is helped by hearing that no local model is set up, if the money is spent."""
    view = RouterView(local=OFF, cloud=READY, ladder=Ladder.SPENT)
    way = route(TALK, view, hybrid=True)
    assert (way.tier, way.reason) == (Tier.TEMPLATE, RouteReason.BUDGET_SPENT)


def scored(context: dict[str, object]) -> Question:
    """A caller's context as the client scores it."""
    checked = GenerationContext.of(context)
    return Question(checked.is_spotlight, complexity(checked.as_prompt(""), checked.weight))


def test_the_originals_two_worked_examples() -> None:
    """A greeting goes local; philosophy in the spotlight among five goes to the cloud."""
    hello = scored(
        {"prompt": "Hello", "is_spotlight": False, "conversation_history": [], "participants": ["a"]}
    )
    philosophy = scored(
        {
            "prompt": "Discuss philosophical implications",
            "is_spotlight": True,
            "topic_complexity": 0.9,
            "participants": ["a", "b", "c", "d", "e"],
        }
    )
    assert route(hello, BOTH, hybrid=True).tier is Tier.LOCAL
    assert route(philosophy, BOTH, hybrid=True).tier is Tier.CLOUD
    assert route(replace(philosophy, spotlight=False), BOTH, hybrid=True).reason is RouteReason.COMPLEX


def test_a_pace_knows_the_slow_ones_and_the_wait() -> None:
    """Nine of ten first words came no later than predicted."""
    meter = PaceMeter(0.4)
    for tenths in range(1, 11):
        meter.note(tenths / 10, 1.0)
    pace = meter.pace(2)
    assert pace.slow_first_s == pytest.approx(0.9)
    assert pace.wait_s(1) == 0
    assert pace.wait_s(3) == pytest.approx(2 * pace.line_s / 2)


def test_a_line_that_said_nothing_teaches_nothing_of_first_words() -> None:
    """Only its length."""
    meter = PaceMeter(0.4)
    meter.note(None, 9.0)
    assert meter.pace(1).first_s == pytest.approx(0.4)
    assert meter.pace(1).line_s > 0.8
