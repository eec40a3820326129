from __future__ import annotations

import pytest

from agents.cues import BeganSpeaking, FellSilent, Spoke
from llm.types import (
    Failed,
    Finished,
    Kind,
    NpcId,
    Outcome,
    Prompt,
    Request,
    RequestId,
    RouteReason,
    Started,
    TextDelta,
    Tier,
    Why,
)
from sim.bubbles import BubbleBoard
from sim.hearing import Hearing

PROMPT = Prompt("", "", "", (), "", "Mira", ("Tomas",))
REQUEST = Request(RequestId(1), NpcId(4), PROMPT, "Good day.", tick=0)
STARTED = Started(RequestId(1), Tier.LOCAL, "embedded", "small", RouteReason.LOCAL_READY)


@pytest.fixture
def hearing() -> Hearing:
    """Ears that expect one line."""
    ears = Hearing(BubbleBoard())
    ears.expect(REQUEST)
    return ears


def test_a_line_opens_a_bubble_fills_it_and_settles_it(hearing: Hearing) -> None:
    """Words go to the bubble in more than one step; the world hears of the beginning and of the end."""
    began = hearing.hear(STARTED, 5)
    assert isinstance(began, BeganSpeaking)
    bubble = hearing.bubbles.of(4)
    assert bubble is not None
    seen = []
    for piece in ("Good ", "day", "."):
        assert hearing.hear(TextDelta(RequestId(1), piece), 5) is None
        seen.append(bubble.text)
    spoke = hearing.hear(Finished(RequestId(1), Outcome.COMPLETE, "Good day."), 9)
    assert seen == ["Good ", "Good day", "Good day."]
    assert isinstance(spoke, Spoke)
    assert (spoke.text, spoke.tier) == ("Good day.", Tier.LOCAL)
    assert bubble.ended
    (line,) = hearing.take_spoken()
    assert (line.text, line.tick) == ("Good day.", 9)
    assert hearing.take_spoken() == []


def test_an_answer_to_a_question_nobody_asks_is_dropped(hearing: Hearing) -> None:
    """It is counted, opens no bubble and tells the world nothing."""
    assert hearing.hear(Started(RequestId(2), Tier.LOCAL, "embedded", "", RouteReason.LOCAL_READY), 1) is None
    assert hearing.hear(TextDelta(RequestId(2), "late"), 1) is None
    assert hearing.stale_events == 2
    assert hearing.bubbles.showing() == ()


def test_silence_is_a_cue(hearing: Hearing) -> None:
    """Nothing visible: the world hears why, and no bubble was there."""
    cue = hearing.hear(Failed(RequestId(1), Outcome.FAILED, Why.UNREACHABLE), 1)
    assert cue == FellSilent(NpcId(4), RequestId(1), Why.UNREACHABLE)
    assert hearing.bubbles.showing() == ()


def test_giving_up_before_the_first_word_is_silence(hearing: Hearing) -> None:
    """The mind is freed at once; what comes later is stale."""
    assert hearing.give_up(RequestId(1), 3) == FellSilent(NpcId(4), RequestId(1), Why.CANCELLED)
    assert hearing.hear(STARTED, 4) is None
    assert hearing.give_up(RequestId(1), 5) is None


def test_giving_up_after_it_keeps_what_was_said(hearing: Hearing) -> None:
    """An interruption ends the line with the words already handed to the bubble."""
    hearing.hear(STARTED, 1)
    hearing.hear(TextDelta(RequestId(1), "Good"), 1)
    cue = hearing.give_up(RequestId(1), 3)
    assert isinstance(cue, Spoke)
    assert (cue.text, cue.outcome) == ("Good", Outcome.INTERRUPTED)


def test_a_warm_up_is_not_awaited() -> None:
    """It has no answer."""
    ears = Hearing(BubbleBoard())
    ears.expect(Request(RequestId(3), NpcId(4), PROMPT, "", tick=0, kind=Kind.WARM))
    assert ears.give_up(RequestId(3), 1) is None


def test_a_bubble_belongs_to_one_utterance() -> None:
    """Words of an older line never reach the bubble that took its place."""
    board = BubbleBoard()
    board.begin(4, RequestId(1), Tier.LOCAL)
    board.begin(4, RequestId(2), Tier.TEMPLATE)
    board.append(4, RequestId(1), "old")
    board.append(4, RequestId(2), "new")
    board.settle(4, RequestId(1), Outcome.COMPLETE)
    (bubble,) = board.showing()
    assert (bubble.text, bubble.ended) == ("new", False)
