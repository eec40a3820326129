from __future__ import annotations

from collections.abc import Sequence

import pytest

from agents.cues import BeganSpeaking, FellSilent, Reflected, Spoke, Summarised
from agents.reading import Reading
from llm.types import (
    Failed,
    Fields,
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


def read(text: str, listeners: Sequence[str], fields: Fields) -> Reading:
    """A fake: what it was given, handed on."""
    return Reading(mood=len(text), addressed=listeners[0], topic=str(dict(fields).get("topic", "")))


PROMPT = Prompt("", "", "", (), "", "Mira", ("Tomas",))
REQUEST = Request(RequestId(1), NpcId(4), PROMPT, "Good day.", tick=0)
STARTED = Started(RequestId(1), Tier.LOCAL, "embedded", "small", RouteReason.LOCAL_READY)


@pytest.fixture
def hearing() -> Hearing:
    """Ears that expect one line."""
    ears = Hearing(BubbleBoard(), read)
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
    (line,) = hearing.take_spoken(99)
    assert (line.text, line.tick) == ("Good day.", 9)
    assert hearing.take_spoken(99) == []


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
    assert (cue.text, cue.outcome) == ("Good—", Outcome.INTERRUPTED)


def test_a_warm_up_is_not_awaited() -> None:
    """It has no answer."""
    ears = Hearing(BubbleBoard(), read)
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


OWN = "Baked bread six times."
SUMMARY = Request(RequestId(1), NpcId(4), PROMPT, OWN, tick=0, kind=Kind.SUMMARY)
CUT = Finished(RequestId(1), Outcome.TRUNCATED, "I baked", Why.STALL)


@pytest.fixture
def thinking() -> Hearing:
    """Ears that expect a thought."""
    ears = Hearing(BubbleBoard(), read)
    ears.expect(SUMMARY)
    return ears


def test_a_thought_is_gathered_and_told_at_its_end(thinking: Hearing) -> None:
    """No bubble, no line of the transcript, and nothing before it is whole."""
    for event in (STARTED, TextDelta(RequestId(1), "I baked "), TextDelta(RequestId(1), "bread.")):
        assert thinking.hear(event, 1) is None
    cue = thinking.hear(Finished(RequestId(1), Outcome.COMPLETE, "I baked bread."), 2)
    assert cue == Summarised(NpcId(4), RequestId(1), "I baked bread.", Tier.LOCAL)
    assert thinking.bubbles.showing() == ()
    assert thinking.take_spoken(99) == []
    assert thinking.newest is None
    assert thinking.stale_events == 0


@pytest.mark.parametrize("end", [Failed(RequestId(1), Outcome.FAILED, Why.UNREACHABLE), CUT])
@pytest.mark.parametrize("begun", [False, True])
def test_a_thought_that_fails_is_in_own_words(thinking: Hearing, end: Failed | Finished, begun: bool) -> None:
    """One that was broken off is worth no more than none."""
    if begun:
        thinking.hear(STARTED, 1)
        thinking.hear(TextDelta(RequestId(1), "I baked"), 1)
    assert thinking.hear(end, 2) == Summarised(NpcId(4), RequestId(1), OWN, Tier.TEMPLATE)
    assert thinking.hear(end, 3) is None
    assert thinking.stale_events == 1


def test_own_words_are_told_whole() -> None:
    """The template tier says them as a line, which is shorter."""
    ears = Hearing(BubbleBoard(), read)
    ears.expect(Request(RequestId(1), NpcId(4), PROMPT, OWN, tick=0, kind=Kind.REFLECTION))
    ears.hear(Started(RequestId(1), Tier.TEMPLATE, "template", "", RouteReason.NO_MODEL_CONFIGURED), 1)
    ears.hear(TextDelta(RequestId(1), "Baked…"), 1)
    cue = ears.hear(Finished(RequestId(1), Outcome.COMPLETE, "Baked…"), 1)
    assert cue == Reflected(NpcId(4), RequestId(1), OWN, Tier.TEMPLATE)


def test_a_thought_that_is_given_up_is_no_cue(thinking: Hearing) -> None:
    """Who gave it up has made do with own words."""
    assert thinking.give_up(RequestId(1), 3) is None
    assert thinking.hear(STARTED, 4) is None
    assert thinking.stale_events == 1
