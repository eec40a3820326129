"""The arithmetic under `bench client` and `bench latency`."""

from __future__ import annotations

import time

import pytest

from sim.bench.canned import STAMP_NS, Canned, age_ms, stamp
from sim.bench.client_numbers import Verdict, over_rounds, percentiles, ratio, there_and_back
from sim.bench.client_runs import Mark, Run
from sim.bench.client_tables import console, table, verdict_table
from sim.bench.frame_load import Toil
from sim.bench.prefix_pairs import First, Pair, told_of


def _run(wall_s: float = 2.0, cpu_ms: float = 100.0, words: int = 500, sent: int = 1000) -> Run:
    first = Mark(1, 2, 3, 4)
    last = Mark(
        first.wall_ns + int(wall_s * 1e9),
        first.cpu_ns + int(cpu_ms * 1e6),
        first.words + words,
        first.sent + sent,
    )
    return Run(first, last, in_flight=1)


def test_turns_are_taken_there_and_back() -> None:
    """A B B A: a machine that grows slower by the minute favours neither."""
    assert there_and_back("ours", "sdk") == ("ours", "sdk", "sdk", "ours")


def test_a_rounds_ratio_is_of_its_means_and_the_median_is_over_rounds() -> None:
    """Each round is compared within itself."""
    rounds = [
        {"ratio": ratio(ours, sdk)} for ours, sdk in [((1, 3), (4, 4)), ((1, 1), (2, 2)), ((9, 9), (9, 9))]
    ]
    assert over_rounds(rounds) == {"ratio": {"median": 0.5, "min": 0.5, "max": 1.0}}
    assert ratio([1.0], [0.0]) == 0.0


def test_percentiles_are_values_that_were() -> None:
    """By nearest rank; of nothing they are zero."""
    assert percentiles(range(1, 1001)) == {"p50": 500, "p95": 950, "p99": 990, "p999": 999, "max": 1000}
    assert set(percentiles([]).values()) == {0.0}


def test_a_chunk_costs_what_is_over_the_idle_cost() -> None:
    """100 ms in two seconds, 20 of a second's 50 ms idle: 60 ms over 500 chunks."""
    run = _run()
    assert run.cpu_ms_per_s == 50.0
    assert run.cpu_us_per_chunk(idle_ms_per_s=20.0) == pytest.approx(120.0)
    assert run.kept_up == 0.5


def test_a_run_in_which_nothing_came_is_no_crash() -> None:
    """An idle client keeps up with nothing."""
    run = _run(words=0, sent=0)
    assert run.cpu_us_per_chunk(0.0) == 0.0
    assert run.kept_up == 1.0


@pytest.mark.parametrize(
    ("value", "at_least", "holds"),
    [(0.35, False, True), (0.36, False, False), (0.35, True, True), (0.3, True, False)],
)
def test_a_limit_itself_is_within(value: float, at_least: bool, holds: bool) -> None:
    """From either side."""
    verdict = Verdict("share", value, 0.35, at_least=at_least)
    assert verdict.holds is holds
    assert verdict.as_json()["holds"] is holds


@pytest.mark.parametrize("sent_ns", [0, 123_456_789_000, 26**4 * STAMP_NS - 1, 26**4 * STAMP_NS * 3 + 1])
def test_a_stamp_tells_how_old_it_is(sent_ns: int) -> None:
    """To a tenth of a millisecond, also across the moment at which stamps begin anew."""
    word = stamp(sent_ns).decode()
    assert len(word) == 4
    assert word.isalpha()
    assert age_ms(word, sent_ns + 121_700_000) == pytest.approx(121.7, abs=0.11)


def test_lines_are_of_every_length_that_was_asked_for() -> None:
    """In turn, and of one length where only one is named."""
    assert {Canned(40, 60.0, chunks_to=70).length(line) for line in range(31)} == set(range(40, 71))
    assert {Canned(40, 60.0).length(line) for line in range(31)} == {40}


def test_what_is_asked_of_the_server_survives_the_way_there() -> None:
    """In the body of the request; other bodies ask nothing."""
    line = Canned(10, 30.0, 20, 0.3, stamped=True)
    assert Canned.of({"model": "canned"} | line.as_body()) == line
    assert Canned.of({"model": "canned"}) is None


def test_pairs_are_compared_pair_by_pair() -> None:
    """The median is of ratios, not the ratio of medians; unknown counts are no share."""
    pairs = [
        Pair(First(1000, 100, 0), First(200, 100, 80)),
        Pair(First(100, 100, 0), First(90, 100, 80)),
        Pair(First(1000, 100, None), First(300, 100, 80)),
    ]
    told = told_of(pairs)
    assert told["warm_over_cold"] == {"median": 0.3, "min": 0.2, "max": 0.9}
    assert told["cold_cached_share"]["max"] == 0.0
    assert told["warm_cached_share"]["median"] == 0.8


def test_work_takes_as_much_of_the_processor_as_it_should() -> None:
    """However long that is by the wall."""
    began_ns = time.thread_time_ns()
    Toil(2_000_000)()
    assert time.thread_time_ns() - began_ns >= 2_000_000


def test_tables_fit_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Limits too."""
    verdicts = [Verdict("CPU per chunk, 10000 chunks a line / 150", 123456.7, 1.1, "us")]
    console().print(verdict_table(verdicts))
    console().print(table("A title", ("", "number"), [("row", "1")]))
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 100
    assert "MISSED" in told
