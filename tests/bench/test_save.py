"""The bench of saves: each way really saves; times are for the bench to judge."""

from __future__ import annotations

import pytest

from sim.bench import save
from sim.bench.save import NOT_AT_ALL, WAYS, bench_save, run_saves


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_way_saves(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """But the one that does not."""
    monkeypatch.setattr(save, "EVERY_S", 0.2)
    monkeypatch.setattr(save, "_WARM_UP_S", 0.1)
    run = run_saves(way, 1.5, 25)
    assert len(run.frames) > 20
    assert (run.written > 0) is (way != NOT_AT_ALL)


@pytest.mark.parametrize(("rounds", "seconds"), [(0, 1.0), (1, 0.0)])
def test_nothing_to_measure_is_a_mistake(
    rounds: int, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one line, with exit status 2."""
    assert bench_save(rounds, seconds, None) == 2
    assert "at least one round" in capsys.readouterr().err
