"""A line through all its phases, tick by tick: begun, said, ended, superseded, cancelled, missed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.canned import CannedAnswer
from llm.errors import NotRecorded
from llm.protocol import GateFactory
from llm.tick_models import TickModels
from llm.types import (
    Finish,
    Finished,
    LineStats,
    Outcome,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Usage,
    Why,
)
from tests.support.canned_answers import Answers, FirstWordGate, SlowGate, drain_all, events_of
from tests.support.model_requests import OpenGate, ShutGate, ask, end_of

BEGIN = 12 + 7  # ticks after its question at which the line number 1 begins, besides its own delay
ONE = RequestId(1)


IN_TWO = CannedAnswer(((0.5, "Good "), (1.0, "morrow.")), end_s=1.5, usage=Usage(9, 4, 2))
FROM_CLOUD = CannedAnswer(
    ((0.5, "Good "),),
    end_s=0.5,
    tier=Tier.CLOUD,
    backend="cassette",
    recorded_backend="openai",
    model="m",
)


def test_words_come_in_the_ticks_in_which_they_were_said() -> None:
    """Begin, more words, end: each at its time, and the line's figures are those ticks."""
    models = TickModels(OpenGate, Answers(IN_TWO))
    models.submit(ask(1, tick=100))
    stats = LineStats((BEGIN + 30) * 1000 / 60, (BEGIN + 90) * 1000 / 60, Usage(9, 4, 2))
    begin = 100 + BEGIN
    assert drain_all(models) == [
        (begin + 30, Started(ONE, Tier.LOCAL, "scripted", "", RouteReason.LOCAL_READY)),
        (begin + 30, TextDelta(ONE, "Good ")),
        (begin + 60, TextDelta(ONE, "morrow.")),
        (begin + 90, Finished(ONE, Outcome.COMPLETE, "Good morrow.", stats=stats)),
    ]
    assert models.performance.tiers[Tier.LOCAL].tokens_out == 4


def test_pieces_of_one_tick_come_as_one() -> None:
    """Nobody could see them apart, and each event costs."""
    answer = CannedAnswer(((0.500, "Good "), (0.501, "mor"), (0.502, "row.")), end_s=0.503)
    models = TickModels(OpenGate, Answers(answer))
    models.submit(ask(1))
    assert [event.text for event in events_of(models, 1) if isinstance(event, TextDelta)] == ["Good morrow."]


def test_an_answer_of_the_cloud_says_so() -> None:
    """Its tier, who said it then and who says it now, and why that tier."""
    models = TickModels(OpenGate, Answers(FROM_CLOUD))
    models.submit(ask(1))
    started = events_of(models, 1)[0]
    assert started == Started(ONE, Tier.CLOUD, "cassette", "m", RouteReason.SPOTLIGHT, "openai")
    assert list(models.performance.report()["tiers"]["cloud"]["backends"]) == ["cassette"]
    assert models.performance.routes == {RouteReason.SPOTLIGHT: 1}


def test_what_a_gate_holds_back_begins_the_line_when_it_is_let_go() -> None:
    """Begun is what can be seen."""
    models = TickModels(SlowGate, Answers(IN_TWO))
    models.submit(ask(1))
    heard = drain_all(models)
    assert [tick for tick, _ in heard] == [BEGIN + 90] * 3
    assert isinstance(heard[0][1], Started)


@pytest.mark.parametrize(
    ("answer", "gate", "outcome", "why", "text"),
    [
        (IN_TWO, OpenGate, Outcome.COMPLETE, Why.NONE, "Good morrow."),
        (CannedAnswer(((0, "Good. Mor"),), Finish.LENGTH), SlowGate, Outcome.TRUNCATED, Why.LENGTH, "Good."),
        (CannedAnswer(((0, "Good"),), Finish.CUT), OpenGate, Outcome.TRUNCATED, Why.BROKEN_STREAM, "Good…"),
        (CannedAnswer(((0, "Good"),), Finish.CUT), FirstWordGate, Outcome.COMPLETE, Why.NONE, "Good"),
        (
            CannedAnswer(((0, "Good"), (0.5, " morrow" * 9 + " "), (1, "x")), Finish.CUT),
            OpenGate,
            Outcome.TRUNCATED,
            Why.LOOPED,
            "Good…",
        ),
        (
            CannedAnswer(((0, "Good"),), error=Why.UNREACHABLE),
            OpenGate,
            Outcome.TRUNCATED,
            Why.BROKEN_STREAM,
            "Good…",
        ),
    ],
    ids=["whole", "length", "cut", "over", "looped", "lost"],
)
def test_how_a_line_ends_that_was_heard(
    answer: CannedAnswer, gate: GateFactory, outcome: Outcome, why: Why, text: str
) -> None:
    """As it ended when it was recorded: in the words of a line that a live model had said."""
    models = TickModels(gate, Answers(answer))
    models.submit(ask(1))
    end = end_of(events_of(models, 1))
    assert isinstance(end, Finished)
    assert (end.outcome, end.why, end.text) == (outcome, why, text)


@pytest.mark.parametrize(
    ("answer", "gate", "error"),
    [
        (CannedAnswer(error=Why.RATE_LIMITED), OpenGate, Why.RATE_LIMITED),
        (CannedAnswer(finish=Finish.CUT), OpenGate, Why.BROKEN_STREAM),
        (CannedAnswer(((0, "x"),), error=Why.UNREACHABLE), SlowGate, Why.UNREACHABLE),
        (CannedAnswer(), OpenGate, Why.EMPTY),
        (CannedAnswer(finish=Finish.LENGTH), OpenGate, Why.EMPTY),
    ],
    ids=["error", "cut", "held", "empty", "long and empty"],
)
def test_what_was_not_heard_is_a_template(answer: CannedAnswer, gate: GateFactory, error: Why) -> None:
    """It counts as the tier's error, with its reason, and the template is spoken at the time of the end."""
    models = TickModels(gate, Answers(answer))
    models.submit(ask(1))
    started = events_of(models, 1)[0]
    assert isinstance(started, Started)
    assert started.tier is Tier.TEMPLATE
    assert models.performance.tiers[Tier.LOCAL].errors == {error: 1}


def test_a_source_without_an_answer_leaves_the_template() -> None:
    """As if there were no source."""
    models = TickModels(OpenGate, Answers(None))
    models.submit(ask(1))
    started = events_of(models, 1)[0]
    assert isinstance(started, Started)
    assert started.route_reason is RouteReason.NO_MODEL_CONFIGURED
    assert Tier.LOCAL not in models.performance.tiers


def test_a_line_that_has_begun_is_superseded_with_what_was_said() -> None:
    """What was said stays said."""
    models = TickModels(OpenGate, Answers(IN_TWO, IN_TWO))
    models.submit(ask(1, npc=7))
    heard = [event for tick in range(60) for event in models.drain(tick)]
    models.submit(ask(2, npc=7, tick=60))
    (end,) = models.drain(60)
    assert [type(event) for event in heard] == [Started, TextDelta]
    assert end == Finished(
        ONE, Outcome.TRUNCATED, "Good ", Why.SUPERSEDED, LineStats((BEGIN + 30) * 1000 / 60, 1000)
    )
    assert models.performance.outcomes[Outcome.TRUNCATED] == 1
    assert {event.request_id for _, event in drain_all(models)} == {2}


@pytest.mark.parametrize(
    ("until_tick", "budget", "outcome"),
    [
        (0, 64, Outcome.CANCELLED),
        (BEGIN + 29, 64, Outcome.CANCELLED),
        (BEGIN + 31, 64, Outcome.INTERRUPTED),
        (BEGIN + 89, 64, Outcome.INTERRUPTED),
        (BEGIN + 31, 0, Outcome.CANCELLED),
    ],
    ids=["at once", "before", "begun", "nearly said", "not drained"],
)
def test_a_line_can_be_cancelled_at_every_moment(until_tick: int, budget: int, outcome: Outcome) -> None:
    """Nothing more of it is heard, and whether any of it was is counted."""
    models = TickModels(OpenGate, Answers(IN_TWO))
    models.submit(ask(1))
    for tick in range(until_tick):
        models.drain(tick, budget)
    models.cancel(ONE)
    assert drain_all(models) == []
    assert +models.performance.outcomes == {outcome: 1}


def test_a_strict_miss_ends_the_run_when_its_answer_is_due() -> None:
    """Not before, for it may be cancelled; then nobody missed it."""
    models = TickModels(OpenGate, Answers(NotRecorded("no answer to request 1"), NotRecorded("nor to 2")))
    models.submit(ask(1))
    models.submit(ask(2, npc=2))
    models.cancel(RequestId(2))
    assert models.drain(BEGIN) == []
    with pytest.raises(NotRecorded, match="request 1"):
        models.drain(BEGIN + 1)
    assert drain_all(models) == []


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "cancel", "pass"]), st.integers(0, 3), st.integers(0, 40)), max_size=40
)
TIMES = st.lists(st.floats(0, 2), min_size=1, max_size=5).map(sorted)
ANSWER = st.builds(
    lambda times, error, finish, tier: CannedAnswer(
        tuple((at_s, f"word{number} ") for number, at_s in enumerate(times[:-1])),
        finish,
        times[-1],
        error=error,
        tier=tier,
    ),
    TIMES,
    st.sampled_from([Why.NONE, Why.NONE, Why.REFUSED, Why.STALL]),
    st.sampled_from(list(Finish)),
    st.sampled_from([Tier.LOCAL, Tier.CLOUD]),
)


def play(
    steps: Sequence[Step], answers: Sequence[CannedAnswer | None], gate: GateFactory, budget: int
) -> tuple[list[tuple[int, StreamEvent]], dict[int, int]]:
    """All events in order, each with the number of events before it; and for each cancelled line, how many came before."""
    models = TickModels(gate, Answers(*answers))
    tick = asked = 0
    heard: list[tuple[int, StreamEvent]] = []
    cancelled: dict[int, int] = {}
    for what, who, number in steps:
        if what == "ask":
            asked += 1
            models.submit(ask(asked, npc=who, tick=tick))
        elif what == "cancel" and asked:
            cancelled.setdefault(1 + number % asked, len(heard))
            models.cancel(RequestId(1 + number % asked))
        else:
            for tick in range(tick, tick + number):  # noqa: B020 - time goes on from where it is
                heard += [(tick, event) for event in models.drain(tick, budget)]
    for later in range(tick, tick + 1000):
        heard += [(later, event) for event in models.drain(later, budget)]
    return heard, cancelled


@given(STEPS, st.lists(st.none() | ANSWER, min_size=40, max_size=40), st.sampled_from([1, 3, 64]), st.data())
@settings(max_examples=60, deadline=None)
def test_every_line_ends_once_whatever_happens(
    steps: list[Step], answers: list[CannedAnswer | None], budget: int, data: st.DataObject
) -> None:
    """Begin, words, one end that repeats them; nothing after a cancel; and the same again a second time."""
    gates: list[GateFactory] = [OpenGate, SlowGate, ShutGate, FirstWordGate]
    gate = data.draw(st.sampled_from(gates))
    heard, cancelled = play(steps, answers, gate, budget)
    assert (heard, cancelled) == play(steps, answers, gate, budget)
    for number in range(1, 1 + sum(what == "ask" for what, _, _ in steps)):
        events = [event for _, event in heard if event.request_id == number]
        before = [
            event for _, event in heard[: cancelled.get(number, len(heard))] if event.request_id == number
        ]
        assert events == before
        if number not in cancelled:
            assert end_of(events)
        assert_in_order(events)


def assert_in_order(events: Sequence[StreamEvent]) -> None:
    """A start if anything was visible, words, and an end that says them all."""
    shape = "".join(type(event).__name__[0] for event in events)
    assert re.fullmatch("(ST*)?F?", shape)  # S(tarted), T(extDelta), F(inished) or F(ailed)
    if events and isinstance(events[-1], Finished):
        assert events[-1].text == "".join(event.text for event in events if isinstance(event, TextDelta))
        assert events[-1].text
    elif shape.endswith("F"):
        assert len(events) == 1
