from __future__ import annotations

import pytest

from llm.null_models import NullModels
from llm.script_book import ScriptBook, ScriptedLine
from llm.tick_models import TickModels
from llm.types import (
    Failed,
    Finished,
    Kind,
    Outcome,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TierState,
    Why,
)
from tests.support.canned_answers import Answers, drain_all, events_of
from tests.support.model_requests import OpenGate, ShutGate, ask, end_of


def test_the_same_questions_have_the_same_answers_at_the_same_ticks() -> None:
    """Same seed, same history: a window, a headless run and a fast one agree."""

    def run() -> list[tuple[int, StreamEvent]]:
        models = TickModels(OpenGate, ScriptBook(["One.", "Two.", "Three."]))
        for number in range(1, 6):
            models.submit(ask(number, npc=number, tick=number * 3))
        return drain_all(models)

    assert run() == run()


def test_an_answer_takes_a_moment() -> None:
    """Nobody answers in the tick in which they are asked, and lines asked together begin apart."""
    models = TickModels(OpenGate)
    for number in (1, 2):
        models.submit(ask(number, npc=number, tick=100))
    assert models.drain(111) == []
    begun = [tick for tick, event in drain_all(models) if isinstance(event, Started)]
    assert all(112 <= tick < 130 for tick in begun)
    assert begun[0] != begun[1]


def test_without_a_book_the_template_is_spoken() -> None:
    """And its tier, backend and reason say so."""
    models = TickModels(OpenGate)
    models.submit(ask(1))
    started, _, end = events_of(models, 1)
    assert isinstance(started, Started)
    assert (started.backend, started.route_reason) == ("template", RouteReason.NO_MODEL_CONFIGURED)
    assert isinstance(end, Finished)
    assert end.text == "Fine weather today."


def test_a_budget_spreads_events_over_ticks_and_loses_none() -> None:
    """However small the budget, every line ends, in order."""
    models = TickModels(OpenGate)
    for number in range(1, 11):
        models.submit(ask(number, npc=number))
    heard = drain_all(models, budget=1)
    assert all(end_of([event for _, event in heard if event.request_id == n]) for n in range(1, 11))


def test_the_newest_question_of_an_npc_wins_without_a_thread_too() -> None:
    """The older ends as superseded, once."""
    models = TickModels(OpenGate)
    models.submit(ask(1, npc=7))
    models.submit(ask(2, npc=7))
    assert models.drain(0) == [Failed(RequestId(1), Outcome.CANCELLED, Why.SUPERSEDED)]
    assert [event.request_id for _, event in drain_all(models)] == [2, 2, 2]


def test_a_thought_and_a_line_of_one_npc_both_come() -> None:
    """Whichever was asked first; and no book of lines answers a thought."""
    models = TickModels(OpenGate, ScriptBook(["Good morrow."]))
    models.submit(ask(1, npc=7, kind=Kind.SUMMARY, fallback="Baked bread."))
    models.submit(ask(2, npc=7))
    models.submit(ask(3, npc=7, kind=Kind.REFLECTION, fallback="Baking goes well."))
    heard = [event for _, event in drain_all(models)]
    ends = {event.request_id: event.text for event in heard if isinstance(event, Finished)}
    assert ends == {1: "Baked bread.", 2: "Good morrow.", 3: "Baking goes well."}


def test_a_cancelled_line_is_never_heard() -> None:
    """Even if it was about to be."""
    models = TickModels(OpenGate)
    models.submit(ask(1))
    models.cancel(RequestId(1))
    models.cancel(RequestId(99))
    assert drain_all(models) == []
    assert models.performance.outcomes[Outcome.CANCELLED] == 1


def test_a_warm_up_has_no_answer() -> None:
    """It is only reading ahead."""
    models = TickModels(OpenGate)
    models.submit(ask(1, kind=Kind.WARM))
    assert drain_all(models) == []


def test_a_line_the_gate_swallows_is_silence() -> None:
    """What must not be shown is not shown, template or not."""
    models = TickModels(ShutGate)
    models.submit(ask(1))
    assert events_of(models, 1) == [Failed(RequestId(1), Outcome.EMPTY, Why.EMPTY)]


@pytest.mark.parametrize(
    ("mishap", "reason"),
    [
        ("", RouteReason.LOCAL_READY),
        ("refused", RouteReason.ATTEMPT_FAILED),
        ("silence", RouteReason.ATTEMPT_FAILED),
    ],
)
def test_a_book_speaks_or_its_template_does(mishap: str, reason: RouteReason) -> None:
    """A mishap before the first word costs the model's words, not the line."""
    models = TickModels(
        OpenGate, ScriptBook([ScriptedLine.model_validate({"text": "Hello.", "mishap": mishap})])
    )
    models.submit(ask(1))
    started = events_of(models, 1)[0]
    assert isinstance(started, Started)
    assert started.route_reason is reason
    assert models.performance.routes[reason] == 1


def test_a_mishap_half_way_leaves_half_the_line() -> None:
    """What was said stays said."""
    models = TickModels(OpenGate, ScriptBook([ScriptedLine(text="Hello there", mishap="break")]))
    models.submit(ask(1))
    end = end_of(events_of(models, 1))
    assert isinstance(end, Finished)
    assert (end.outcome, end.why, end.text) == (Outcome.TRUNCATED, Why.BROKEN_STREAM, "Hello…")


def test_the_status_says_what_speaks() -> None:
    """A script is ready; templates alone need no model."""
    for source, backend in ((ScriptBook(["x"]), "scripted"), (Answers(), "cassette")):
        status = TickModels(OpenGate, source).status()
        assert (status.state, status.backend) == (TierState.READY, backend)
    assert TickModels(OpenGate).status().state is TierState.OFF


def test_closing_forgets_every_question() -> None:
    """Nothing comes afterwards."""
    models = TickModels(OpenGate)
    models.submit(ask(1))
    models.close()
    assert drain_all(models) == []


def test_null_models_answer_nothing() -> None:
    """A replay has its answers in the recording."""
    models = NullModels()
    models.submit(ask(1))
    models.cancel(RequestId(1))
    assert models.drain(10_000) == []
    assert models.status().state is TierState.OFF
    models.close()
