"""`bench world`, tiny: that it counts right and that both sides keep the same rules, not how fast anything is."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.app.options import OutputError
from sim.bench import world
from sim.bench.town_ticks import Length, found, run_ticks, settings_of
from sim.bench.walkers import FULL, WEARS, Walkers, course_of, ended
from sim.bench.world import PARTS, Plan, bench_world, measure
from sim.bench.world_tables import show

slow = pytest.mark.slow  # real processes
_TINY = Plan(
    1,
    0.05,
    sizes=(25, 230),
    least_ticks=3,
    warm_up_ticks=3,
    fast_ticks=60,
    compared=(20, 300),
    timed_people=20,
)


def _without_mesa(name: str) -> None:
    assert name == "mesa"


@slow
@pytest.mark.skipif(find_spec("mesa") is None, reason="the bench extra is not installed")
@given(st.integers(1, 120), st.integers(0, 1500))
@settings(max_examples=8, deadline=None)
def test_mesa_and_columns_keep_the_same_rules(people: int, ticks: int) -> None:
    """However many people and ticks, arrivals, needs and tiles add up to the same whole numbers."""
    from sim.bench.mesa_arm import MesaWalkers  # two seconds of imports

    assert ended(Walkers, people, ticks) == ended(MesaWalkers, people, ticks)


@slow
def test_walkers_walk_arrive_and_are_topped_up() -> None:
    """Else both arms could agree on standing still."""
    people = 60
    arm = Walkers(course_of(people))
    before = arm.outcome()
    for _ in range(4000):
        arm.tick()
    after = arm.outcome()
    worn = people * 4000 // 30 * int(WEARS.sum())
    assert before.needs == people * len(WEARS) * FULL
    assert after.arrivals > people
    assert before.needs - worn < after.needs < before.needs
    assert (after.x, after.y) != (before.x, before.y)


@slow
def test_a_town_of_many_is_laid_out_in_districts() -> None:
    """Two hundred to each, and every tick is told."""
    town = found(settings_of(230)).town
    assert town.districts == 2
    assert found(settings_of(25)).town.districts == 1


@slow
def test_every_part_is_measured_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    """All parts, their tables and their limits, and a report that is JSON."""
    numbers, verdicts = measure(_TINY)
    assert tuple(numbers["parts"]) == PARTS
    few, many = numbers["parts"]["ticks"]["towns"]
    assert (few["people"], few["districts"], many["people"], many["districts"]) == (25, 1, 230, 2)
    assert few["ticks"] >= 3
    assert 0 < few["tick_ms"]["p50"] <= few["tick_ms"]["p99"]
    assert numbers["parts"]["fast"]["world_seconds_per_second"]["median"] > 0
    assert {verdict.name for verdict in verdicts} >= {"world seconds a second, fast"}
    show(numbers["parts"], verdicts)
    out = capsys.readouterr().out
    assert "230" in out
    assert max(map(len, out.splitlines())) <= 100
    assert json.loads(json.dumps(numbers))["command"] == "bench world"


def test_without_mesa_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no mistake, and nothing else is held against it."""
    monkeypatch.setattr(world, "find_spec", _without_mesa)
    report = tmp_path / "world.json"
    assert bench_world(1, 0.1, report, ["mesa"]) == 0
    assert "Mesa is not installed" in capsys.readouterr().out
    assert json.loads(report.read_text(encoding="utf-8"))["limits"] == []


def test_limits_are_held_against_the_sizes_they_are_for() -> None:
    """Growth from a thousand people to the largest town, and the two times that a frame has room for."""
    towns = [
        {
            "people": people,
            "tick_ms": {"p99": ms},
            "mean_ms": {"median": ms},
            "us_per_person": {"median": ms / people},
        }
        for people, ms in ((25, 0.1), (1_000, 1.0), (10_000, 7.0), (100_000, 50.0))
    ]
    verdicts = world._tick_verdicts({"towns": towns})
    assert [(verdict.limit, verdict.holds) for verdict in verdicts] == [
        (6.0, False),
        (60.0, True),
        (1.2, True),
    ]
    assert verdicts[-1].value == pytest.approx(0.5)


def test_nothing_to_measure_is_a_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit status 2 and one line; a report that cannot be written is said before anything runs."""
    assert bench_world(0, 1.0, None) == 2
    assert bench_world(1, 1.0, None, ["tics"]) == 2
    assert "no part 'tics'; there are ticks, fast, mesa" in capsys.readouterr().err
    with pytest.raises(OutputError):
        bench_world(1, 1.0, tmp_path / "nowhere" / "report.json")


@slow
def test_a_run_counts_its_ticks() -> None:
    """At least as many as asked, in whole turns of all systems."""
    from sim.bench.apart import apart

    town = apart(lambda: None, run_ticks, 25, Length(0.01, 5, 2))
    assert len(town.ticks_ms) >= 5
    assert len(town.ticks_ms) % 60 == 0
