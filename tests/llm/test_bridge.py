"""The bridge over a real thread and a scripted backend: who speaks, when, and that it never waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from llm.backends.scripted import Scripted
from llm.bridge import Bridge
from llm.errors import NoModel, Unreachable
from llm.protocol import GateFactory
from llm.script_book import ScriptBook, ScriptedLine
from llm.settings import LlmSettings
from llm.tier_door import FixedTier, SlottedBackend, TierContext, TierDoor
from llm.types import (
    Failed,
    Finished,
    Kind,
    Outcome,
    Priority,
    Request,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Why,
)
from tests.support.model_clock import ManualClock
from tests.support.model_requests import OpenGate, ShutGate, ask, end_of, frames, hear, until, until_state
from tests.support.model_tiers import only_local


def settings_with(**changes: object) -> LlmSettings:
    """Settings with some groups replaced."""
    return LlmSettings.model_validate(changes)


QUICK = settings_with(timeouts={"local": 0.15, "stall": 0.15, "total": 1.0}, fallback={"response_time": 0.05})


@contextmanager
def bridge_over(
    *lines: ScriptedLine | str,
    settings: LlmSettings | None = None,
    gate: GateFactory = OpenGate,
    clock: ManualClock | None = None,
    in_flight: int = 4,
) -> Iterator[Bridge]:
    """A bridge to a script that is ready to speak."""
    book = ScriptBook(lines)

    def make_tier(context: TierContext) -> TierDoor:
        return FixedTier(context, Scripted(book, in_flight))

    clock_ns = clock or time.perf_counter_ns
    with Bridge(
        settings or LlmSettings(), gate, clock_ns=clock_ns, make_tiers=only_local(make_tier)
    ) as bridge:
        until_state(bridge, TierState.READY)
        yield bridge


def mishap(kind: str, text: str = "Good morrow to you all", **more: object) -> ScriptedLine:
    """A line that goes wrong."""
    return ScriptedLine.model_validate({"text": text, "mishap": kind, **more})


def said_by(events: list[StreamEvent]) -> tuple[Tier, RouteReason]:
    """Which tier began the line, and why that one."""
    (start,) = (event for event in events if isinstance(event, Started))
    assert events[0] is start
    return start.tier, start.route_reason


def test_a_line_is_heard_from_its_first_word_to_its_end() -> None:
    """One start, its words in order, one end that repeats them whole."""
    with bridge_over("Good morrow to you all, my friends.") as bridge:
        bridge.submit(ask(1))
        events = hear(bridge, 1)[1]
    assert said_by(events) == (Tier.LOCAL, RouteReason.LOCAL_READY)
    end = end_of(events)
    assert isinstance(end, Finished)
    assert end.outcome is Outcome.COMPLETE
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == end.text
    assert end.text == "Good morrow to you all, my friends."
    assert 0 < end.stats.ttfc_ms <= end.stats.duration_ms


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (mishap("unreachable"), RouteReason.MODEL_DOWN),
        (mishap("refused"), RouteReason.ATTEMPT_FAILED),
        (mishap("no_model"), RouteReason.MODEL_DOWN),
        (mishap("protocol"), RouteReason.ATTEMPT_FAILED),
        (mishap("silence"), RouteReason.FIRST_CONTENT_MISSED),
        (ScriptedLine(text=""), RouteReason.NOTHING_SAID),
    ],
    ids=lambda value: value.mishap or "empty" if isinstance(value, ScriptedLine) else value,
)
def test_before_the_first_word_a_template_speaks(line: ScriptedLine, reason: RouteReason) -> None:
    """Whatever goes wrong, somebody says something, and the reason is counted."""
    with bridge_over(line, settings=QUICK) as bridge:
        bridge.submit(ask(1, fallback="Fine weather."))
        begun = time.monotonic()
        events = hear(bridge, 1)[1]
        waited = time.monotonic() - begun
        performance = bridge.performance
    assert said_by(events) == (Tier.TEMPLATE, reason)
    end = end_of(events)
    assert isinstance(end, Finished)
    assert (end.text, end.outcome) == ("Fine weather.", Outcome.COMPLETE)
    assert waited < 1.0
    assert performance.tiers[Tier.LOCAL].errors.total() == 1
    assert performance.tiers[Tier.TEMPLATE].successes == 1


@pytest.mark.parametrize(
    ("line", "why", "text"),
    [
        (mishap("break", chunk=50), Why.BROKEN_STREAM, "Good morrow…"),
        (mishap("stall", chunk=50), Why.STALL, "Good morrow…"),
        (mishap("length", chunk=50), Why.LENGTH, "Good morrow to you all…"),
        (ScriptedLine(text="".join(f"{n} and " for n in range(60)), chunk=5, pause=0.04), Why.TOTAL, None),
    ],
    ids=["break", "stall", "length", "total"],
)
@pytest.mark.slow
def test_after_the_first_word_what_was_said_stays_said(
    line: ScriptedLine, why: Why, text: str | None
) -> None:
    """No second backend and no template: the line is closed as truncated, with its reason."""
    with bridge_over(line, settings=QUICK) as bridge:
        bridge.submit(ask(1))
        events = hear(bridge, 1)[1]
    assert said_by(events)[0] is Tier.LOCAL
    end = end_of(events)
    assert isinstance(end, Finished)
    assert (end.outcome, end.why) == (Outcome.TRUNCATED, why)
    assert text is None or end.text == text


def test_without_fallback_a_failure_is_said_openly() -> None:
    """Templates can be switched off; then silence has its reason."""
    settings = settings_with(fallback={"enabled": False})
    with bridge_over(mishap("refused"), settings=settings) as bridge:
        bridge.submit(ask(1))
        assert hear(bridge, 1)[1] == [Failed(RequestId(1), Outcome.FAILED, Why.PROTOCOL)]
        assert bridge.performance.outcomes[Outcome.FAILED] == 1


def test_a_gate_that_lets_nothing_through_is_silence() -> None:
    """Neither the model nor the template is shown."""
    with bridge_over("Rude words.", gate=ShutGate) as bridge:
        bridge.submit(ask(1))
        assert hear(bridge, 1)[1] == [Failed(RequestId(1), Outcome.EMPTY, Why.EMPTY)]


def test_the_silence_deadline_is_kept_by_this_half_alone() -> None:
    """A backend that hangs for ever costs first content plus response time; what it says later is stale."""
    clock = ManualClock()
    with bridge_over(mishap("silence"), clock=clock) as bridge:
        bridge.submit(ask(1))
        clock.advance(1.99)
        assert bridge.drain(0) == []
        clock.advance(0.02)
        assert said_by(bridge.drain(0)) == (Tier.TEMPLATE, RouteReason.FIRST_CONTENT_MISSED)


def test_late_words_are_stale() -> None:
    """An answer to a question nobody asks any more is counted and dropped."""
    clock = ManualClock()
    with bridge_over("Good morrow.", clock=clock) as bridge:
        bridge.submit(ask(1))
        bridge.hand_in()
        until(lambda: not bridge._outbox.empty())
        bridge.cancel(RequestId(1))
        until(lambda: bridge.drain(0) == [] and bridge.performance.stale_dropped > 0)
        assert bridge.performance.outcomes[Outcome.CANCELLED] == 1


def test_the_newest_question_of_an_npc_wins() -> None:
    """The older ends as superseded, and only the newer is spoken."""
    with bridge_over(ScriptedLine(text="Good morrow.", delay=0.05)) as bridge:
        bridge.submit(ask(1, npc=7))
        bridge.submit(ask(2, npc=7))
        heard = hear(bridge, 1, 2)
    assert heard[1] == [Failed(RequestId(1), Outcome.CANCELLED, Why.SUPERSEDED)]
    assert isinstance(end_of(heard[2]), Finished)


def test_a_line_that_has_begun_and_is_superseded_stays_said() -> None:
    """It is closed with the words that were heard."""
    with bridge_over(mishap("stall", chunk=50), "Second.") as bridge:
        bridge.submit(ask(1, npc=7))
        first = next(events for events in frames(bridge) if any(isinstance(one, TextDelta) for one in events))
        bridge.submit(ask(2, npc=7))
        heard = hear(bridge, 1, 2)
    end = end_of(heard[1])
    assert isinstance(first[0], Started)
    assert isinstance(end, Finished)
    assert (end.outcome, end.why, end.text) == (Outcome.TRUNCATED, Why.SUPERSEDED, "Good morrow")


def test_before_a_model_is_ready_templates_speak_at_once() -> None:
    """Nobody waits for a model that is still starting."""
    started = threading.Event()

    class Starting(FixedTier):
        async def tend(self) -> None:
            started.set()

    def make_tier(context: TierContext) -> TierDoor:
        return Starting(context, Scripted(ScriptBook([])))

    with Bridge(LlmSettings(), OpenGate, make_tiers=only_local(make_tier)) as bridge:
        assert started.wait(5)
        bridge.submit(ask(1))
        assert said_by(bridge.drain(0)) == (Tier.TEMPLATE, RouteReason.MODEL_STARTING)


def test_a_queue_that_is_too_long_is_not_joined() -> None:
    """With one slot and slow lines, the later ones are templates at once."""
    with bridge_over(mishap("silence"), in_flight=1) as bridge:
        until(lambda: bool(bridge.published.lanes))  # a turn after it is ready its slots are known
        for number in range(1, 9):
            bridge.submit(ask(number, npc=number))
        events = bridge.drain(0)
        reasons = {event.route_reason for event in events if isinstance(event, Started)}
        assert reasons == {RouteReason.QUEUE_TOO_LONG}
        assert bridge.performance.tiers[Tier.LOCAL].requests < 8


def test_draining_is_bounded() -> None:
    """However much has come, a frame takes no more than its budget, and nothing is lost."""
    with bridge_over("Good morrow.", in_flight=99) as bridge:
        for number in range(1, 4):
            bridge.submit(ask(number, npc=number))
        heard: list[StreamEvent] = []
        for _ in frames(bridge, 5.0):
            events = bridge.drain(0, budget=1)
            assert len(events) <= 1
            heard += events
            if bridge._outbox.empty() and not bridge._lines:
                break


def test_drain_never_waits_while_a_backend_is_stalled() -> None:
    """A thousand frames beside a hanging backend cost next to nothing."""
    with bridge_over(mishap("silence")) as bridge:
        for number in range(4):
            bridge.submit(ask(number, npc=number))
        begun = time.perf_counter()
        for _ in range(1000):
            bridge.drain(0)
        assert time.perf_counter() - begun < 0.5


@pytest.mark.fault(58)
def test_a_dead_thread_means_templates_and_a_restart() -> None:
    """Its lines are ended from here, and the next ones are spoken by a new thread."""
    notices: list[str] = []
    doomed = threading.Event()
    lives: list[TierDoor] = []

    class Mortal(FixedTier):
        """A tier that breaks our own code once, when told to."""

        def backends(self) -> Sequence[SlottedBackend]:
            if doomed.is_set() and lives[0] is self:
                raise RuntimeError("a bug of ours")
            return super().backends()

    def make_tier(context: TierContext) -> TierDoor:
        lives.append(Mortal(context, Scripted(ScriptBook(["Alive."]))))
        return lives[-1]

    with Bridge(LlmSettings(), OpenGate, make_tiers=only_local(make_tier), notice=notices.append) as bridge:
        until_state(bridge, TierState.READY)
        doomed.set()
        bridge.submit(ask(1))
        assert said_by(hear(bridge, 1)[1]) == (Tier.TEMPLATE, RouteReason.THREAD_DOWN)
        until_state(bridge, TierState.READY)
        bridge.submit(ask(2))
        assert said_by(hear(bridge, 2)[2])[0] is Tier.LOCAL
    assert len(notices) == 1


@pytest.mark.fault(58)
def test_a_thread_that_dies_twice_is_left_dead() -> None:
    """Templates speak from then on, and people are told so."""
    notices: list[str] = []

    class Hopeless(FixedTier):
        async def tend(self) -> None:
            raise RuntimeError("a bug of ours")

    def make_tier(context: TierContext) -> TierDoor:
        return Hopeless(context, Scripted(ScriptBook([])))

    with Bridge(LlmSettings(), OpenGate, make_tiers=only_local(make_tier), notice=notices.append) as bridge:
        for _ in frames(bridge):
            if len(notices) == 2:
                break
        bridge.submit(ask(1))
        assert said_by(bridge.drain(0)) == (Tier.TEMPLATE, RouteReason.THREAD_DOWN)
        assert bridge.status().state is TierState.DOWN


def test_words_of_a_dead_thread_stay_said() -> None:
    """A line that had begun is closed with what was heard of it."""
    with bridge_over(mishap("stall", chunk=50)) as bridge:
        bridge.submit(ask(1))
        next(events for events in frames(bridge) if any(isinstance(one, TextDelta) for one in events))
        thread = bridge._supervisor.thread
        assert thread._loop is not None
        thread._loop.call_soon_threadsafe(thread._loop.stop)
        end = end_of(hear(bridge, 1)[1])
        assert isinstance(end, Finished)
        assert (end.outcome, end.why, end.text) == (Outcome.TRUNCATED, Why.THREAD_DIED, "Good morrow")


def test_a_thought_and_a_line_of_one_npc_both_come() -> None:
    """The line is the model's; the thought ends neither it nor by it."""
    with bridge_over("Good morrow.") as bridge:
        bridge.submit(ask(1, npc=1, priority=Priority.OFF_SCREEN, kind=Kind.SUMMARY))
        bridge.submit(ask(2, npc=1))
        bridge.submit(ask(3, npc=1, priority=Priority.OFF_SCREEN, kind=Kind.REFLECTION))
        heard = hear(bridge, 1, 2, 3)
    ends = [end_of(heard[number]) for number in (1, 2, 3)]
    assert all(isinstance(end, Finished) and end.outcome is Outcome.COMPLETE for end in ends)


def test_a_warm_up_is_never_heard_and_never_in_the_way() -> None:
    """It has no line; one that comes while nothing is ready is dropped."""
    with bridge_over("Good morrow.") as bridge:
        bridge.submit(ask(1, npc=1, kind=Kind.WARM))
        bridge.submit(ask(2, npc=1))
        assert list(hear(bridge, 2)) == [2]


def test_a_trial_is_one_real_round_trip() -> None:
    """For `llm test`: what answered, how fast, or why not."""
    with bridge_over("Good morrow.") as bridge:
        trial = bridge.test_line().result(5)
        assert (trial.backend, trial.text) == ("scripted", "Good morrow.")
        assert trial.ttfc_ms is not None
    with pytest.raises(Unreachable):
        bridge.test_line().result(5)


def test_after_close_nothing_is_left() -> None:
    """No thread, no task, and a second close does nothing; whoever asks still is not left waiting."""
    before = threading.active_count()
    with bridge_over(mishap("silence")) as bridge:
        bridge.submit(ask(1))
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    assert threading.active_count() == before
    bridge.close()
    bridge.submit(ask(2))
    assert said_by(bridge.drain(0)) == (Tier.TEMPLATE, RouteReason.THREAD_DOWN)


def test_words_that_are_not_to_be_streamed_come_whole() -> None:
    """The setting changes what is handed on, not how it is asked for."""
    settings = settings_with(streaming={"enabled": False})
    with bridge_over(ScriptedLine(text="Good morrow to you all.", chunk=3), settings=settings) as bridge:
        bridge.submit(ask(1))
        deltas = [event for event in hear(bridge, 1)[1] if isinstance(event, TextDelta)]
    assert deltas == [TextDelta(RequestId(1), "Good morrow to you all.")]


def test_the_bridge_shows_its_state() -> None:
    """In a debugger and in a log."""
    with bridge_over("x") as bridge:
        assert repr(bridge) == "<Bridge cloud off, local ready, 0 lines>"
        assert bridge.status() == TierStatus(TierState.READY, "scripted")
        assert bridge.lines_open == 0


def test_slow_words_are_handed_on_in_time() -> None:
    """Less than a whole piece goes on after the update rate, though nothing new has come."""
    settings = settings_with(streaming={"chunk_size": 1000, "update_rate": 0.01})
    line = ScriptedLine(text="Good morrow", chunk=4, pause=0.05)
    with bridge_over(line, settings=settings) as bridge:
        bridge.submit(ask(1))
        deltas = [event.text for event in hear(bridge, 1)[1] if isinstance(event, TextDelta)]
    assert deltas == ["Good", " mor", "row"]


def test_a_bug_in_one_line_costs_only_that_line() -> None:
    """Its template speaks, the thread lives on, and the next line is a model's again."""

    def gate(request: Request) -> OpenGate:
        if request.id == 1 and threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a bug of ours")
        return OpenGate(request)

    with bridge_over("Good morrow.", gate=gate) as bridge:
        bridge.submit(ask(1))
        assert said_by(hear(bridge, 1)[1]) == (Tier.TEMPLATE, RouteReason.ATTEMPT_FAILED)
        bridge.submit(ask(2))
        assert said_by(hear(bridge, 2)[2])[0] is Tier.LOCAL


def test_a_line_whose_model_has_gone_meanwhile_is_a_template() -> None:
    """What is published may be a moment old; the background looks again."""

    class Gone(FixedTier):
        def backends(self) -> Sequence[SlottedBackend]:
            return ()

    def make_tier(context: TierContext) -> TierDoor:
        return Gone(context, Scripted(ScriptBook([])))

    with Bridge(LlmSettings(), OpenGate, make_tiers=only_local(make_tier)) as bridge:
        until_state(bridge, TierState.READY)
        bridge.submit(ask(1))
        assert said_by(hear(bridge, 1)[1]) == (Tier.TEMPLATE, RouteReason.MODEL_DOWN)
        with pytest.raises(NoModel):
            bridge.test_line().result(5)


def test_a_superseded_template_is_not_spoken() -> None:
    """It waited to be drained; the newer question's line is heard instead."""
    with bridge_over("x", settings=settings_with(local={"base_url": "none"})) as bridge:
        bridge.close()
        bridge.submit(ask(1, npc=7, fallback="First."))
        bridge.submit(ask(2, npc=7, fallback="Second."))
        events = bridge.drain(0)
    assert events[0] == Failed(RequestId(1), Outcome.CANCELLED, Why.SUPERSEDED)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Second."]


def test_many_lines_that_fail_at_once_are_spoken_as_they_are_drained() -> None:
    """The gate is work: a frame pays for those that it takes, not for all that wait."""
    passed: list[Request] = []

    def counted(request: Request) -> OpenGate:
        passed.append(request)
        return OpenGate(request)

    with bridge_over("x", settings=settings_with(local={"base_url": "none"}), gate=counted) as bridge:
        bridge.close()
        for number in range(1, 101):
            bridge.submit(ask(number, npc=number))
        assert len(bridge.drain(0, 16)) == 16
        assert len(passed) == 6
        rest = [event for _ in range(20) for event in bridge.drain(0, 16)]
    assert sum(isinstance(event, Finished) for event in rest) + 5 == 100
