"""The pure parts between the wire and the world: coalescer, outbox, pace, routing, counters."""

from __future__ import annotations

import threading

import pytest

from llm import routing
from llm.coalescer import Coalescer
from llm.histogram import Histogram
from llm.line import Line, LineBook
from llm.outbox import Outbox
from llm.performance import Performance
from llm.types import (
    Failed,
    Finished,
    LineStats,
    NpcId,
    Outcome,
    Priority,
    RequestId,
    RouteReason,
    Started,
    TextDelta,
    Tier,
    Usage,
    Why,
)
from tests.support.model_requests import ask

ONE = RequestId(1)
START = Started(ONE, Tier.LOCAL, "scripted", "", RouteReason.LOCAL_READY)
END = Finished(ONE, Outcome.COMPLETE, "Good morrow")


def test_small_pieces_are_gathered() -> None:
    """A bubble is not redrawn for every token."""
    coalescer = Coalescer(chunk_size=10, update_rate_s=0.1)
    assert coalescer.feed("Good ", 0.00) == ""
    assert coalescer.feed("morrow", 0.01) == "Good morrow"
    assert coalescer.due_s is None


def test_slow_text_is_handed_on_in_time() -> None:
    """What has waited for the update rate goes on, however little it is."""
    coalescer = Coalescer(chunk_size=10, update_rate_s=0.1)
    coalescer.feed("Hm", 5.0)
    assert coalescer.due_s == pytest.approx(5.1)
    assert coalescer.feed("", 5.05) == ""
    assert coalescer.feed(".", 5.11) == "Hm."


def test_the_end_hands_on_the_rest() -> None:
    """Nothing stays behind."""
    coalescer = Coalescer(chunk_size=float("inf"), update_rate_s=float("inf"))
    coalescer.feed("Good ", 0.0)
    coalescer.feed("morrow", 99.0)
    assert coalescer.flush() == "Good morrow"
    assert coalescer.flush() == ""


@pytest.mark.fault(56)
def test_text_that_was_not_drained_merges() -> None:
    """A main thread that sleeps finds one item, not a thousand."""
    outbox = Outbox()
    out = outbox.open(ONE)
    out.start(START)
    for word in ("Good ", "mor", "row"):
        out.text(word)
    out.end(END)
    assert [outbox.take() for _ in range(3)] == [START, TextDelta(ONE, "Good morrow"), END]
    assert outbox.take() is None
    assert outbox.empty()


def test_text_after_a_drain_comes_as_a_new_item() -> None:
    """In the order in which it was written."""
    outbox = Outbox()
    out = outbox.open(ONE)
    out.text("Good ")
    first = outbox.take()
    out.text("morrow")
    assert [first, outbox.take()] == [TextDelta(ONE, "Good "), TextDelta(ONE, "morrow")]


def test_no_text_is_lost_between_two_threads() -> None:
    """Whatever the interleaving, the pieces taken are the pieces written, before the end."""
    outbox = Outbox()
    out = outbox.open(ONE)
    words = [f"{number} " for number in range(20_000)]

    def write() -> None:
        for word in words:
            out.text(word)
        out.end(END)

    writer = threading.Thread(target=write)
    writer.start()
    said: list[str] = []
    while (event := outbox.take()) is not END:
        if isinstance(event, TextDelta):
            said.append(event.text)
    writer.join()
    assert "".join(said) == "".join(words)
    assert outbox.empty()


def test_every_why_has_a_reason_and_back() -> None:
    """The tables are total."""
    assert {routing.reason_after(why) for why in Why}
    assert all(routing.why_silent(reason) is not Why.NONE for reason in RouteReason)


def test_the_line_book_knows_who_is_late_once() -> None:
    """Only lines that a model has and that show nothing yet, and each only once."""
    book = LineBook()
    late, begun, early = (Line(ask(number, npc=number), Tier.LOCAL, 0, 10 * number) for number in (1, 2, 3))
    for line in (late, begun, early):
        book.add(line)
        book.hand_over(line, Outbox().open(line.request.id))
    assert begun.out is not None
    begun.out.begun = True
    assert list(book.late(25)) == [late]
    assert list(book.late(25)) == []
    assert book.of(NpcId(3)) is early
    assert book.ahead_of(Priority.VISIBLE) == (3, 0)
    assert book.ahead_of(Priority.SPOTLIGHT) == (0, 0)
    book.remove(RequestId(3))
    book.take_back(early)
    assert book.ahead_of(Priority.VISIBLE) == (2, 0)
    assert book.of(NpcId(3)) is None
    book.clear()
    assert len(book) == 0


def test_the_report_has_its_shape() -> None:
    """What was counted stands where scripts look for it."""
    performance = Performance()
    performance.asked(Tier.LOCAL)
    performance.routed(RouteReason.LOCAL_READY)
    stats = LineStats(200.0, 900.0, Usage(120, 12, 100))
    performance.spoke(Tier.LOCAL, "scripted", Finished(ONE, Outcome.COMPLETE, "Hm.", stats=stats))
    report = performance.report()
    local = report["tiers"]["local"]
    assert local["requests"] == 1
    assert local["success_rate"] == 1.0
    assert {name: one["lines"] for name, one in local["backends"].items()} == {"scripted": 1}
    assert local["ttfc_ms"]["p50"] == pytest.approx(200, rel=0.01)
    assert (local["tokens_in"], local["tokens_out"], local["cached_tokens_in"]) == (120, 12, 100)
    assert report["routes"] == {"local_ready": 1}
    assert report["outcomes"]["complete"] == 1


def test_a_line_cut_for_its_length_is_no_failure_and_a_broken_one_is() -> None:
    """Success is what a listener would call one."""
    performance = Performance()
    performance.spoke(Tier.LOCAL, "x", Finished(ONE, Outcome.TRUNCATED, "Hm", Why.LENGTH))
    performance.spoke(Tier.LOCAL, "x", Finished(ONE, Outcome.TRUNCATED, "Hm", Why.STALL))
    performance.spoke(Tier.LOCAL, "x", Finished(ONE, Outcome.TRUNCATED, "Hm", Why.SUPERSEDED))
    local = performance.report()["tiers"]["local"]
    assert local["success_rate"] == 0.5
    assert local["error_counts"] == {"stall": 1}


def test_what_was_given_up_is_counted_by_whether_it_was_heard() -> None:
    """Interrupted is not cancelled."""
    performance = Performance()
    performance.gave_up(begun=True)
    performance.gave_up(begun=False)
    performance.fell_silent(Failed(ONE, Outcome.FAILED, Why.NO_MODEL))
    outcomes = performance.report()["outcomes"]
    assert (outcomes["interrupted"], outcomes["cancelled"], outcomes["failed"]) == (1, 1, 1)


def test_a_percentile_is_close_whatever_the_range() -> None:
    """Off by less than a hundredth, from nanoseconds to minutes."""
    for scale in (10, 10_000, 10_000_000, 10_000_000_000):
        histogram = Histogram()
        for value in range(1, 101):
            histogram.record(value * scale)
        assert histogram.percentile_ms(50) == pytest.approx(50 * scale / 1e6, rel=0.02)
        assert histogram.max_ms == 100 * scale / 1e6
        assert histogram.mean_ms == pytest.approx(50.5 * scale / 1e6)
        assert histogram.mean_of_slowest_ms(0.01) == pytest.approx(100 * scale / 1e6, rel=0.02)


def test_an_empty_histogram_says_nothing() -> None:
    """And a negative duration counts as none."""
    histogram = Histogram()
    assert (histogram.percentile_ms(99), histogram.mean_ms, histogram.mean_of_slowest_ms(0.1)) == (0, 0, 0)
    histogram.record_ms(-1)
    assert (histogram.count, histogram.max_ns) == (1, 0)
