"""From frames to what a person reads."""

from __future__ import annotations

import pytest

from sim.bench.arm import Arm, ArmRun
from sim.bench.numbers import arm_report, spread
from sim.bench.tables import show
from sim.bench.trace import Frame, frame_numbers

_MS = 1_000_000
_SHARES = ("main_cpu_share", "background_cpu_share", "server_cpu_share")


def _frame(work: int, cpu: int = 1, process_cpu: int = 1, collecting: int = 0) -> Frame:
    return Frame(17 * _MS, work * _MS, cpu * _MS, process_cpu * _MS, collecting * _MS, 1)


def _run(*works: int) -> ArmRun:
    numbers = {
        "chunks_delivered_per_s": 29_999.9,
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
    assert work == {"p50": 500.0, "p99": 990.0, "p999": 999.0, "max": 1000.0}


def test_no_frames_give_zeros() -> None:
    """A run that was too short is no crash."""
    assert frame_numbers([])["work_ms"] == {"p50": 0.0, "p99": 0.0, "p999": 0.0, "max": 0.0}


def test_rounds_become_a_median_and_how_far_they_lie_apart() -> None:
    """The middle round is told, and the best and the worst beside it."""
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0}
    report = arm_report(Arm(25, 8), [_run(1, 20), _run(2), _run(3)])
    assert report["work_ms"]["max"] == {"median": 3.0, "min": 2.0, "max": 20.0}
    assert report["pooled"]["frames"] == 4
    assert [frame["round"] for frame in report["over_budget_frames"]] == [1]


def test_tables_fit_a_hundred_columns_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Even with long numbers nothing is cut off, and all long frames beyond ten are counted in one line."""
    runs = [_run(*[100 + step] * 300) for step in range(3)]
    show([arm_report(Arm(200, 100), runs), arm_report(Arm(25, 0), runs)])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert not any("…" in line for line in lines)
    assert sum("round " in line for line in lines) == 10
    assert lines[-1] == "... and 190 more: see --report"  # of the hundred an arm that the report explains
