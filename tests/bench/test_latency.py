"""`bench latency`, tiny: that it counts right, not how fast anything is."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from llm.types import Tier
from sim.bench import latency, whole_lines
from sim.bench.canned import Canned
from sim.bench.latency import NO_MODEL, Plan, bench_latency, measure
from sim.bench.prefix_pairs import measure_pairs, model_file
from sim.bench.server_process import FakeServer
from sim.bench.whole_lines import lines_through, local_bridge


def _nothing() -> None:
    """No bar."""


@pytest.fixture(autouse=True)
def _short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_lines, "LINE", Canned(4, 100.0, chunks_to=6, delay_s=0.05, stamped=True))


@pytest.mark.slow
def test_every_line_is_counted_once_and_takes_as_long_as_the_server_makes_it() -> None:
    """A line cannot be whole before its server has said it all, nor begin after its end."""
    with FakeServer() as server:
        told = lines_through(partial(local_bridge, server.base_url), Tier.LOCAL, 9, _nothing)
        assert server.counters()["lines"] == told["spoken_by"]["local"]
    assert sum(told["spoken_by"].values()) == told["lines"] == 9
    assert 0.05 < told["first_content_s"]["p50"] <= told["end_s"]["p50"]
    assert told["end_s"]["p50"] >= 0.05 + 4 / 100


@pytest.mark.slow
def test_without_a_model_file_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the rest is measured, shown and written."""
    monkeypatch.setenv("TWITCHMAN_CACHE_DIR", str(tmp_path))
    report = tmp_path / "latency.json"
    assert bench_latency(4, 2, report) in {0, 3}
    assert json.loads(report.read_text(encoding="utf-8"))["parts"]["embedded"] == {"skipped": NO_MODEL}
    told = capsys.readouterr().out.splitlines()
    assert NO_MODEL in told
    assert max(map(len, told)) <= 100


@pytest.mark.slow
def test_no_line_in_time_misses_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The share is of all lines that were asked for."""
    monkeypatch.setattr(whole_lines, "GOAL_S", 0.001)
    numbers, [verdict] = measure(Plan(lines=4, pairs=0))
    assert numbers["parts"]["local"]["within_goal"] == verdict.value == 0.0
    assert not verdict.holds


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.skipif(model_file() is None, reason="the embedded model's file is not here")
def test_a_persona_that_was_read_ahead_comes_from_the_cache() -> None:
    """And one that was not does not."""
    model = model_file()
    assert model is not None
    told = measure_pairs(2, model)
    assert told["pairs"] == 2
    assert told["warm_cached_share"]["min"] > told["cold_cached_share"]["max"]


def test_no_lines_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """Said in one line, with exit status 2."""
    assert latency.bench_latency(0, 1, None) == 2
    assert "at least one line" in capsys.readouterr().err
