"""Cloud and local together: where a line is asked, when it is asked again, and who speaks in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from llm.backends.scripted import Scripted
from llm.breaker import IN_A_ROW
from llm.bridge import Bridge
from llm.canned import CannedAnswer
from llm.settings import LlmSettings
from llm.tier_door import fixed
from llm.types import (
    Finish,
    Finished,
    Outcome,
    Priority,
    Request,
    RouteReason,
    Started,
    TextDelta,
    Tier,
    TierState,
    Weight,
    Why,
)
from tests.support.model_requests import OpenGate, ask, end_of, hear, until, until_state


class Always:
    """A source that gives one answer to everybody, until it is given another; and counts."""

    name = "scripted"

    def __init__(self, answer: CannedAnswer) -> None:
        self.now = answer
        self.first: CannedAnswer | None = None
        self.asked: list[Request] = []

    def answer(self, request: Request) -> CannedAnswer:
        """The one; the first question may have an answer of its own."""
        self.asked.append(request)
        return self.first if self.first and len(self.asked) == 1 else self.now


def says(*words: str, error: Why = Why.NONE, finish: Finish = Finish.STOP) -> CannedAnswer:
    """These words at once."""
    return CannedAnswer(tuple((0.0, word) for word in words), finish, error=error)


def fails(why: Why) -> CannedAnswer:
    """Nothing but this."""
    return CannedAnswer(error=why)


@contextmanager
def both(
    up_says: CannedAnswer, local: CannedAnswer | None = None, *, key: str = "k", **changes: object
) -> Iterator[tuple[Bridge, Always, Always]]:
    """A bridge with a cloud and a local tier, both scripted, and a key."""
    up, down = Always(up_says), Always(local or says("Local word."))
    settings = LlmSettings.model_validate(
        {
            "cloud": {"api_key": key},
            "timeouts": {"cloud": 0.3, "local": 0.3, "stall": 0.3},
            "fallback": {"response_time": 0.3},
            **changes,
        }
    )
    tiers = fixed(Scripted(up, 4, Tier.CLOUD), Scripted(down, 4))
    with Bridge(settings, OpenGate, make_tiers=tiers) as bridge:
        until_state(bridge, TierState.READY)
        until(lambda: len(bridge.published.lanes) == 2)
        yield bridge, up, down


def spoken(bridge: Bridge, number: int, priority: Priority = Priority.SPOTLIGHT) -> tuple[Started, Finished]:
    """Ask once, and listen to the end."""
    bridge.submit(ask(number, npc=number, priority=priority))
    events = hear(bridge, number)[number]
    start, end = events[0], end_of(events)
    assert isinstance(start, Started)
    assert isinstance(end, Finished)
    return start, end


def test_the_spotlight_is_the_clouds_and_background_talk_is_not() -> None:
    """Per line, and the reason goes with it."""
    with both(says("Cloud word.")) as (bridge, cloud, local):
        start, end = spoken(bridge, 1)
        assert (start.tier, start.route_reason, end.text) == (
            Tier.CLOUD,
            RouteReason.SPOTLIGHT,
            "Cloud word.",
        )
        start, _ = spoken(bridge, 2, Priority.VISIBLE)
        assert (start.tier, start.route_reason) == (Tier.LOCAL, RouteReason.LOCAL_READY)
    assert (len(cloud.asked), len(local.asked)) == (1, 1)
    assert cloud.asked[0].limits.reply_tokens > local.asked[0].limits.reply_tokens


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (Why.UNREACHABLE, RouteReason.MODEL_DOWN),
        (Why.RATE_LIMITED, RouteReason.MODEL_RESTING),
        (Why.PROTOCOL, RouteReason.ATTEMPT_FAILED),
        (Why.EMPTY, RouteReason.NOTHING_SAID),
    ],
    ids=str,
)
def test_before_the_first_word_the_lower_tier_speaks(why: Why, reason: RouteReason) -> None:
    """And says why the better one did not; both are counted."""
    failed = says() if why is Why.EMPTY else fails(why)
    with both(failed) as (bridge, _, _):
        start, end = spoken(bridge, 1)
        performance = bridge.performance
    assert (start.tier, start.route_reason, end.outcome) == (Tier.LOCAL, reason, Outcome.COMPLETE)
    assert performance.tiers[Tier.CLOUD].errors[why] == 1
    assert performance.tiers[Tier.LOCAL].successes == 1


def test_after_the_first_word_there_is_no_second_backend() -> None:
    """What was said stays said."""
    with both(says("Cloud wor", error=Why.UNREACHABLE)) as (bridge, _, local):
        start, end = spoken(bridge, 1)
    assert (start.tier, end.outcome, end.why) == (Tier.CLOUD, Outcome.TRUNCATED, Why.BROKEN_STREAM)
    assert local.asked == []


def test_a_silent_cloud_leaves_room_for_the_lower_tier() -> None:
    """One silence deadline for the line: the local tier is tried only if it can still make it."""
    with both(fails(Why.FIRST_CONTENT), fallback={"response_time": 2.0}) as (bridge, _, _):
        start, _ = spoken(bridge, 1)
        assert (start.tier, start.route_reason) == (Tier.LOCAL, RouteReason.FIRST_CONTENT_MISSED)
    with both(fails(Why.FIRST_CONTENT), fallback={"response_time": 0.05}) as (bridge, _, local):
        start, _ = spoken(bridge, 1)
        assert start.tier is Tier.TEMPLATE
        assert local.asked == []


def test_a_servers_own_trouble_is_worth_one_more_try() -> None:
    """The same tier speaks, a moment later, and the retry is counted; there must be time for it."""
    timeouts = {"cloud": 2.0, "local": 0.3, "stall": 0.3}
    with both(says("Cloud word."), timeouts=timeouts) as (bridge, cloud, _):
        cloud.first = fails(Why.SERVER_ERROR)
        start, _ = spoken(bridge, 1)
        assert start.tier is Tier.CLOUD
        assert bridge.performance.retries == 1
        assert bridge.performance.attempts == 2


def test_a_prompt_that_was_too_long_is_asked_again_shorter() -> None:
    """Once; a third request for one line would be more than a line may cost."""
    with both(fails(Why.OVERFLOW)) as (bridge, cloud, local):
        start, _ = spoken(bridge, 1)
    assert start.tier is Tier.TEMPLATE
    assert local.asked == []
    first, second = (request.limits.prompt_tokens for request in cloud.asked)
    assert second < first


def test_requests_stay_within_a_tenth_of_lines() -> None:
    """A cloud that is broken for good costs neither money nor time."""
    lines = 60
    with both(fails(Why.SERVER_ERROR)) as (bridge, cloud, local):
        for number in range(1, lines + 1):
            start, _ = spoken(bridge, number)
            assert start.tier in {Tier.LOCAL, Tier.TEMPLATE}
        performance = bridge.performance
        assert len(cloud.asked) + len(local.asked) == performance.attempts
        assert performance.attempts <= 1.1 * lines + 3
        assert performance.breaker_opens >= 1
        assert performance.routes[RouteReason.CLOUD_RESTING] > lines / 2


def test_a_breaker_that_opened_lets_one_probe_through_and_closes() -> None:
    """When the fault ends, the better tier is used again."""
    with both(fails(Why.PROTOCOL)) as (bridge, cloud, _):
        number = 0
        while bridge.published.lanes[0].breaker == "closed":
            number += 1
            spoken(bridge, number)
        assert number >= IN_A_ROW
        cloud.now = says("Cloud word.")
        until(lambda: not bridge.published.view.cloud.resting)
        start, _ = spoken(bridge, number + 1)
        assert start.tier is Tier.CLOUD
        until(lambda: bridge.published.lanes[0].breaker == "closed")


def test_switching_hybrid_off_means_local_only_from_the_next_line_on() -> None:
    """And on again."""
    with both(says("Cloud word.")) as (bridge, cloud, _):
        bridge.settings.hybrid = False
        start, _ = spoken(bridge, 1)
        assert (start.tier, start.route_reason) == (Tier.LOCAL, RouteReason.HYBRID_OFF)
        assert cloud.asked == []
        bridge.settings.hybrid = True
        assert spoken(bridge, 2)[0].tier is Tier.CLOUD


def test_without_a_key_there_is_no_cloud() -> None:
    """Whatever serves that tier."""
    with both(says("Cloud word."), key="") as (bridge, cloud, _):
        start, _ = spoken(bridge, 1)
    assert (start.tier, start.route_reason) == (Tier.LOCAL, RouteReason.NO_KEY)
    assert cloud.asked == []


def test_a_hard_question_is_worth_the_cloud_without_a_spotlight() -> None:
    """Philosophy among five."""
    request = ask(1)
    with both(says("Cloud word.")) as (bridge, _, _):
        hard = Request(
            request.id, request.npc, request.prompt, "Hm.", 0, weight=Weight(topic=0.9, participants=5)
        )
        bridge.submit(hard)
        start = hear(bridge, 1)[1][0]
    assert isinstance(start, Started)
    assert (start.tier, start.route_reason) == (Tier.CLOUD, RouteReason.COMPLEX)


def test_an_endless_reply_is_cut_and_says_so() -> None:
    """Its connection is closed, not read to the end."""
    with both(says(*["round and round we go "] * 50)) as (bridge, _, _):
        _, end = spoken(bridge, 1)
    assert (end.outcome, end.why) == (Outcome.TRUNCATED, Why.LOOPED)
    assert len(end.text) < 200


def test_a_reply_cut_for_its_length_keeps_whole_sentences() -> None:
    """What nobody has seen yet and is no sentence is dropped."""
    streaming = {"enabled": False}
    answer = says("I was at the mill. And then ", "I went", finish=Finish.LENGTH)
    with both(answer, streaming=streaming) as (bridge, _, _):
        bridge.submit(ask(1, priority=Priority.SPOTLIGHT))
        events = hear(bridge, 1)[1]
    end = end_of(events)
    assert isinstance(end, Finished)
    assert (end.text, end.why) == ("I was at the mill.", Why.LENGTH)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == end.text


def test_a_line_that_no_tier_can_speak_is_a_template_in_time() -> None:
    """Both are broken; nobody is left without a word."""
    with both(fails(Why.REFUSED), fails(Why.REFUSED)) as (bridge, _, _):
        start, end = spoken(bridge, 1)
    assert (start.tier, start.route_reason) == (Tier.TEMPLATE, RouteReason.ATTEMPT_FAILED)
    assert end.stats.duration_ms < 600
