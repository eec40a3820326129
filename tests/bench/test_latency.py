"""`bench latency`, tiny: that it counts right, not how fast anything is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm.types import Tier
from sim.bench import latency
from sim.bench.canned import Canned
from sim.bench.latency import NO_MODEL, Plan, bench_latency, measure
from sim.bench.prefix_pairs import measure_pairs, model_file
from sim.bench.server_process import FakeServer, ServerDoor
from sim.bench.whole_lines import Lines, cloud_lines, local_lines

_SHORT = Canned(4, 100.0, chunks_to=6, delay_s=0.05, stamped=True)
Speak = Callable[[ServerDoor, Lines], dict[str, Any]]


@pytest.mark.slow
@pytest.mark.parametrize(("speak", "tier"), [(local_lines, "local"), (cloud_lines, "cloud")])
def test_every_line_is_counted_once_and_takes_as_long_as_the_server_makes_it(
    speak: Speak, tier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line cannot be whole before its server has said it all, nor begin after its end."""
    monkeypatch.setenv(
        "TWITCHMAN_STATE_DIR", ""
    )  # put back afterwards: the cloud's lines are nobody's spending
    with FakeServer() as server:
        told = speak(server.door, Lines(9, _SHORT))
        assert server.door.counters()["lines"] == told["spoken_by"][tier]
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
def test_no_line_in_time_misses_the_limit() -> None:
    """The share is of all lines that were asked for."""
    goals = {Tier.LOCAL: 0.001, Tier.CLOUD: 0.001}
    numbers, verdicts = measure(Plan(Lines(4, _SHORT, goals), pairs=0))
    for tier, verdict in zip(("local", "cloud"), verdicts, strict=True):
        assert numbers["parts"][tier]["within_goal"] == verdict.value == 0.0
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
