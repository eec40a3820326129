"""From frames to what a person reads."""

from __future__ import annotations

import pytest

from sim.bench.arm import Arm, ArmRun
from sim.bench.frame_arms import ALONE, TALK, control_moved, verdicts_of
from sim.bench.frame_numbers import frame_numbers, stutters
from sim.bench.numbers import arm_report, spread
from sim.bench.tables import show
from sim.bench.trace import Frame

_MS = 1_000_000
_SHARES = ("main_cpu_share", "background_cpu_share", "server_cpu_share")


def _frame(work: int, cpu: int = 1, process_cpu: int = 1, collecting: int = 0) -> Frame:
    return Frame(17 * _MS, work * _MS, cpu * _MS, process_cpu * _MS, collecting * _MS, 1)


def _run(*works: int) -> ArmRun:
    numbers = {
        "chunks_delivered_per_s": 29_999.9,
        "kept_up": 1.0,
        "lines_spoken": 9_999.0,
        "lines_not_spoken": 9_999.0,
        "chunks_lost": 0.0,
        "gc_longest_ms": 100.0,
        **dict.fromkeys(_SHARES, 0.999),
    }
    return ArmRun([_frame(work) for work in works], numbers)


@pytest.mark.parametrize(
    ("frame", "cause"),
    [
        (_frame(20, cpu=17, process_cpu=18), "main"),
        (_frame(20, cpu=2, process_cpu=19), "background"),
        (_frame(20, cpu=2, process_cpu=5), "machine"),
        (_frame(20, cpu=17, process_cpu=19, collecting=4), "gc"),
    ],
)
def test_a_long_frame_is_laid_to_who_spent_it(frame: Frame, cause: str) -> None:
    """Ours if a thread of ours was on a processor for as long, or a collection was what was too much."""
    assert frame.over_budget
    assert frame.explained()["cause"] == cause


def test_only_frames_over_sixteen_milliseconds_are_over() -> None:
    """Exactly 16.0 ms is within."""
    numbers = frame_numbers([_frame(16), _frame(17, cpu=17)])
    assert numbers["over_budget"] == 1
    assert numbers["over_budget_by"] == {"main": 1, "background": 0, "gc": 0, "machine": 0}


def test_percentiles_are_frames_that_were() -> None:
    """By nearest rank, so nothing between two frames is made up."""
    work = frame_numbers([_frame(work) for work in range(1, 1001)])["work_ms"]
    assert work == {"p50": 500.0, "p95": 950.0, "p99": 990.0, "p999": 999.0, "max": 1000.0}


def test_no_frames_give_zeros() -> None:
    """A run that was too short is no crash."""
    assert frame_numbers([])["work_ms"] == dict.fromkeys(("p50", "p95", "p99", "p999", "max"), 0.0)


def test_rounds_become_a_median_and_how_far_they_lie_apart() -> None:
    """The middle round is told, and the best and the worst beside it."""
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0}
    report = arm_report(Arm(25, 8), [_run(1, 20), _run(2), _run(3)])
    assert report["work_ms"]["max"] == {"median": 3.0, "min": 2.0, "max": 20.0}
    assert report["pooled"]["frames"] == 4
    assert [frame["round"] for frame in report["over_budget_frames"]] == [1]


def test_a_stutter_is_twice_the_frames_before_it() -> None:
    """Against the median of the nineteen before, so one long frame does not hide the next."""
    steady = [17] * 19
    assert stutters(steady) == 0
    assert stutters([*steady, 34]) == 0
    assert stutters([*steady, 35, 17, 35]) == 2


def test_both_meanings_of_one_per_cent_low_are_told_apart() -> None:
    """1000 / p99, and 1000 / the mean of the slowest hundredth."""
    frames = [Frame(interval * _MS, _MS, 1, 1, 0, 1) for interval in [10] * 198 + [20, 100]]
    numbers = frame_numbers(frames)
    assert numbers["low_1pct_by_p99_fps"] == 100.0
    assert numbers["low_1pct_by_mean_fps"] == round(1000 / 60, 2)


def test_a_missed_deadline_is_ours_only_if_a_thread_of_ours_ran_meanwhile() -> None:
    """Else the machine ran somebody else, and woke us too late."""
    ours = Frame(30 * _MS, _MS, 1, 1, 0, 1, late=12 * _MS, waiting_cpu=14 * _MS)
    machines = ours._replace(waiting_cpu=2 * _MS)
    in_time = ours._replace(late=2 * _MS)
    numbers = frame_numbers([ours, machines, in_time])
    assert (numbers["missed_deadlines"], numbers["missed_deadlines_ours"]) == (2, 1)


def test_what_the_machine_took_is_not_held_against_us() -> None:
    """A long frame breaks the promise only if one of our threads spent it."""
    mine = ArmRun([_frame(20, cpu=17)] + [_frame(2)] * 99, _run(1).numbers)
    machines = ArmRun([_frame(20)] + [_frame(2)] * 99, _run(1).numbers)
    for run, holds in ((mine, False), (machines, True)):
        verdicts = verdicts_of({TALK: arm_report(TALK, [run]), ALONE: arm_report(ALONE, [machines])})
        assert {one.name: one.holds for one in verdicts}[
            "frames over 16 ms by ourselves, 100 streams"
        ] is holds


def test_a_control_that_drifts_is_seen() -> None:
    """The later half of the rounds against the earlier."""
    assert control_moved([1.0]) == 0.0
    assert control_moved([1.0, 1.1, 1.0, 1.1]) == 0.0
    assert round(control_moved([1.0, 1.0, 1.2, 1.2]), 3) == 0.2


def test_tables_fit_a_hundred_columns_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Even with long numbers nothing is cut off, and all long frames beyond ten are counted in one line."""
    runs = [_run(*[100 + step] * 300) for step in range(3)]
    show([arm_report(Arm(200, 100), runs), arm_report(Arm(25, 0), runs)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert not any("…" in line for line in lines)
    assert sum("round " in line for line in lines) == 10
    assert lines[-1] == "... and 190 more: see --report"  # of the hundred an arm that the report explains
