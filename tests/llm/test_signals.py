"""Signals, and what is told by them and to callers of every event: on one thread, with nothing behind it."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future

import pytest

from llm.deliveries import Asked, Deliveries, Signals
from llm.generation import Reply
from llm.signals import Signal
from llm.types import (
    Failed,
    Finished,
    Outcome,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Why,
)

ONE, TWO = RequestId(1), RequestId(2)
HEARD = ["started 1", "chunk 1 'Good ' False", "chunk 1 'morrow' False", "chunk 1 '' True", "completed 1"]


def a_line(
    number: RequestId = ONE,
    tier: Tier = Tier.LOCAL,
    reason: RouteReason = RouteReason.LOCAL_READY,
) -> list[StreamEvent]:
    """A line as a drain gives it."""
    return [
        Started(number, tier, "scripted", "small", reason),
        TextDelta(number, "Good "),
        TextDelta(number, "morrow"),
        Finished(number, Outcome.COMPLETE, "Good morrow"),
    ]


class Desk:
    """Deliveries, and a listener at each of its signals."""

    def __init__(self, *, town_streams: bool = True) -> None:
        self.signals = Signals()
        self.told: list[str] = []
        self.replies: list[Reply] = []
        self.deliveries = Deliveries(self.signals, lambda: town_streams)
        told = self.told.append
        self.signals.llm_stream_started.connect(lambda number: told(f"started {number}"))
        self.signals.llm_stream_chunk.connect(lambda n, text, is_last: told(f"chunk {n} {text!r} {is_last}"))
        self.signals.llm_stream_completed.connect(lambda number, _text: told(f"completed {number}"))
        self.signals.llm_response_received.connect(lambda number, _reply: told(f"received {number}"))
        self.signals.llm_request_failed.connect(lambda number, error: told(f"failed {number} {error}"))

    def hear(self, *events: StreamEvent) -> None:
        """A drain's events."""
        for event in events:
            self.deliveries.hear(event)

    def callback(self, reply: Reply) -> None:
        """A caller's."""
        self.told.append(f"callback {reply.facts.request_id}")
        self.replies.append(reply)


def test_listeners_are_told_in_the_order_in_which_they_came() -> None:
    """With what the signal says."""
    signal, heard = Signal[[int]]("news"), list[str]()
    signal.emit(0)
    signal.connect(lambda number: heard.append(f"first {number}"))
    signal.connect(lambda number: heard.append(f"second {number}"))
    signal.emit(7)
    assert heard == ["first 7", "second 7"]
    assert repr(signal) == "<Signal news, 2 connected>"


def test_connected_twice_is_told_once() -> None:
    """A method of one object is one listener; that of another object is another."""
    signal, heard, other = Signal[[int]]("news"), list[int](), list[object]()
    signal.connect(heard.append)
    signal.connect(heard.append)
    signal.connect(other.append)
    signal.emit(7)
    assert (heard, other) == ([7], [7])
    signal.disconnect(heard.append)
    signal.disconnect(heard.append)
    signal.emit(8)
    assert (heard, other) == ([7], [7, 8])


def test_a_listener_may_disconnect_itself_while_it_is_told() -> None:
    """Nobody else misses the news for it."""
    signal, heard = Signal[[int]]("news"), list[str]()

    def once(number: int) -> None:
        heard.append(f"once {number}")
        signal.disconnect(once)

    signal.connect(once)
    signal.connect(lambda number: heard.append(f"always {number}"))
    signal.emit(1)
    signal.emit(2)
    assert heard == ["once 1", "always 1", "always 2"]


def test_who_connects_during_the_news_hears_the_next() -> None:
    """And not this one, or it might never end."""
    signal, heard = Signal[[int]]("news"), list[int]()
    signal.connect(lambda _number: signal.connect(heard.append))
    signal.emit(1)
    assert heard == []
    signal.emit(2)
    assert heard == [2]


def test_a_listener_that_fails_spoils_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with the signal's name, and the others are told."""
    signal, heard = Signal[[int]]("news"), list[int]()

    def fail(_number: int) -> None:
        raise RuntimeError("a bug of theirs")

    signal.connect(fail)
    signal.connect(heard.append)
    signal.emit(7)
    assert heard == [7]
    (record,) = caplog.records
    assert (record.message, record.__dict__["signal"]) == ("signal.listener_failed", "news")
    assert record.exc_info is not None


def test_a_streamed_line_is_told_from_start_to_end() -> None:
    """Then the reply is received, and the caller who asked is the last to get it."""
    desk = Desk()
    desk.deliveries.expect(ONE, Asked(streams=True, callback=desk.callback))
    desk.hear(*a_line())
    assert desk.told == [*HEARD, "received 1", "callback 1"]
    (reply,) = desk.replies
    assert reply == "Good morrow"
    assert (reply.facts.tier, reply.facts.backend, reply.facts.model) == (Tier.LOCAL, "scripted", "small")
    assert (reply.facts.outcome, reply.facts.why) == (Outcome.COMPLETE, Why.NONE)


def test_a_whole_line_is_told_once() -> None:
    """However it came."""
    desk = Desk()
    desk.deliveries.expect(ONE, Asked(streams=False, callback=desk.callback))
    desk.hear(*a_line())
    assert desk.told == ["received 1", "callback 1"]


@pytest.mark.parametrize("streams", [True, False])
def test_the_towns_own_lines_are_told_as_well(streams: bool) -> None:
    """As the town streams; nobody is called back."""
    desk = Desk(town_streams=streams)
    desk.hear(*a_line())
    assert desk.told == [*(HEARD if streams else ()), "received 1"]


def test_lines_that_come_together_are_kept_apart() -> None:
    """Each has its own order."""
    desk = Desk()
    for number in (ONE, TWO):
        desk.deliveries.expect(number, Asked(streams=number is ONE, callback=desk.callback))
    for pair in zip(a_line(ONE), a_line(TWO), strict=True):
        desk.hear(*pair)
    assert [told for told in desk.told if " 1" in told] == [*HEARD, "received 1", "callback 1"]
    assert [told for told in desk.told if " 2" in told] == ["received 2", "callback 2"]


def test_a_template_is_a_failure_and_a_reply() -> None:
    """Why no model spoke is told, and what was said instead."""
    desk = Desk()
    desk.deliveries.expect(ONE, Asked(streams=True, callback=desk.callback))
    desk.hear(*a_line(tier=Tier.TEMPLATE, reason=RouteReason.MODEL_DOWN))
    assert desk.told == [HEARD[0], "failed 1 model_down", *HEARD[1:], "received 1", "callback 1"]
    assert desk.replies[0].is_template
    assert desk.replies[0].facts.route_reason is RouteReason.MODEL_DOWN


def test_a_line_of_which_nothing_was_said_is_an_empty_reply() -> None:
    """With its reason; no stream was begun, and none is completed."""
    desk = Desk()
    desk.deliveries.expect(ONE, Asked(streams=True, callback=desk.callback))
    desk.hear(Failed(ONE, Outcome.FAILED, Why.UNREACHABLE))
    assert desk.told == ["failed 1 unreachable", "callback 1"]
    (reply,) = desk.replies
    assert (reply, reply.facts.outcome, reply.facts.why) == ("", Outcome.FAILED, Why.UNREACHABLE)


def test_a_callback_that_fails_spoils_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with the question's number, and the next caller is served."""

    def fail(_reply: Reply) -> None:
        raise RuntimeError("a bug of theirs")

    desk = Desk()
    desk.deliveries.expect(ONE, Asked(streams=False, callback=fail))
    desk.deliveries.expect(TWO, Asked(streams=False, callback=desk.callback))
    desk.hear(*a_line(ONE), *a_line(TWO))
    assert desk.told == ["received 1", "received 2", "callback 2"]
    (record,) = caplog.records
    assert (record.message, record.__dict__["request_id"]) == ("callback.failed", ONE)


def test_a_future_is_fulfilled_or_cancelled() -> None:
    """And one that its holder has cancelled is left alone."""
    desk = Desk()
    kept, dropped, forgotten = Future[Reply](), Future[Reply](), Future[Reply]()
    for number, future in enumerate((kept, dropped, forgotten), 1):
        desk.deliveries.expect(RequestId(number), Asked(streams=False, future=future))
    dropped.cancel()
    desk.deliveries.forget(RequestId(3))
    desk.hear(*a_line(ONE), *a_line(TWO))
    assert kept.result(0) == "Good morrow"
    assert dropped.cancelled()
    with pytest.raises(CancelledError):
        forgotten.result(0)


def test_what_is_forgotten_is_not_delivered() -> None:
    """One question, or all of them; to forget what nobody asked is no error."""
    desk, future = Desk(town_streams=False), Future[Reply]()
    desk.deliveries.expect(ONE, Asked(streams=False, callback=desk.callback))
    desk.deliveries.expect(TWO, Asked(streams=False, callback=desk.callback, future=future))
    desk.deliveries.forget(ONE)
    desk.deliveries.forget(ONE)
    desk.deliveries.forget_all()
    desk.hear(*a_line(ONE), *a_line(TWO))
    assert desk.replies == []
    assert future.cancelled()
