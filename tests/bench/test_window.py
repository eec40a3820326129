"""The bench of the window: it shows whom it says it shows, and what it tells is what was measured."""

from __future__ import annotations

import pytest

from sim.bench.window import Plan, bench_window, measure
from sim.bench.window_frames import BUBBLES, PEOPLE


@pytest.mark.slow
def test_everybody_is_in_sight_and_thirty_speak() -> None:
    """In every frame that is measured; times are for the bench to judge, not for a test."""
    numbers, verdicts = measure(Plan(seconds=0.3))
    still, turning = numbers["parts"]["still"], numbers["parts"]["turning"]
    assert (still["people"], still["bubbles"], still["frames"]) == (PEOPLE, BUBBLES, 18)
    assert turning["frames"] == 18
    assert 0 < still["work_ms"]["p50"]["median"] <= still["work_ms"]["max"]["median"]
    assert {verdict.name: verdict.holds for verdict in verdicts}["people in sight"]
    assert still["letters"] > 0


@pytest.mark.parametrize(("rounds", "seconds", "parts"), [(0, 1.0, ()), (1, 0.0, ()), (1, 1.0, ("flying",))])
def test_nothing_to_measure_is_said_in_one_line(
    rounds: int, seconds: float, parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and no measuring."""
    assert bench_window(rounds, seconds, None, parts) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
