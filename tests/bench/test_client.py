"""`bench client`, tiny: that it counts right, not how fast anything is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sim.app.options import OutputError
from sim.bench import client
from sim.bench.cancels import measure_cancels
from sim.bench.canned import Canned
from sim.bench.client import PARTS, Plan, bench_client, measure
from sim.bench.client_arms import Ask, ClientFactory, Ours
from sim.bench.client_runs import Course, Span, run_streams
from sim.bench.client_tables import show
from sim.bench.growth import Lengths
from sim.bench.sdk_arm import Sdk
from sim.bench.server_process import FakeServer, ServerDoor
from sim.bench.submits import time_asking

slow = pytest.mark.slow  # a real process and real sockets
_SPAN = Span(0.3, warm_up_s=0.1)
_TINY = Plan(
    1,
    _SPAN,
    levels=(2,),
    growth=Lengths(20, 100, 0.5),
    frame_streams=3,
    delay_rates=(30.0,),
    submits=12,
    cancels=20,
)


def _nothing() -> None:
    """No bar."""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerDoor]:
    """One for all tests here."""
    with FakeServer() as running:
        yield running.door


@slow
@pytest.mark.parametrize("make", [Ours, Sdk])
def test_either_client_gives_every_chunk_that_was_sent(make: ClientFactory, server: ServerDoor) -> None:
    """Five lines of seven chunks, two at a time."""
    ask = Ask(Canned(7, 100.0, stamped=True), at_once=2, lines=5)
    running = make(server.base_url, ask)
    try:
        assert Course(running, server).until(lambda: running.ended == 5, 10)
        assert (running.words, running.begun, running.in_flight) == (35, 5, 0)
    finally:
        running.close()


@slow
@pytest.mark.parametrize("make", [Ours, Sdk])
def test_streams_without_end_are_ended_whole(make: ClientFactory, server: ServerDoor) -> None:
    """What was sent in all has come out in all, and nothing of the run is left on the server or in threads."""
    threads = threading.active_count()
    run = run_streams(make, Ask(Canned(10**6, 50.0, stamped=True), 3, 3), server, _SPAN)
    assert run.in_flight == 3
    assert run.delivered == run.sent > 0
    assert 0 < run.words <= run.delivered
    assert run.wall_s == pytest.approx(0.3, abs=0.2)
    assert len(run.frames) == len(run.late_ns) > 3
    assert server.counters()["open_streams"] == 0
    assert threading.active_count() == threads


@slow
def test_lines_that_were_given_up_leave_nothing_behind(server: ServerDoor) -> None:
    """And the next ones are whole."""
    told = measure_cancels(server, _nothing, count=30)
    assert told["whole_lines_afterwards"] == told["whole_lines_asked"] == 8
    assert told["left_over"] == []
    assert 0 < told["reached_the_server"] <= 30


@slow
def test_all_parts_are_measured_told_and_held_against_their_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One file, and tables of a hundred columns."""
    children = psutil.Process().children()
    numbers, verdicts = measure(_TINY)
    assert tuple(numbers["parts"]) == PARTS
    assert json.loads(json.dumps(numbers)) == numbers
    assert [one["name"] for one in numbers["limits"]] == [verdict.name for verdict in verdicts]
    _check_numbers(numbers["parts"])
    show(numbers["parts"], verdicts)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100
    left = set(psutil.Process().children()) - set(children)
    assert all("resource_tracker" in " ".join(child.cmdline()) for child in left)  # one a program, to its end


def _check_numbers(parts: dict[str, Any]) -> None:
    [level] = parts["cpu"]["levels"]
    assert level["streams"] == 2
    assert level["ours_kept_up"]["median"] > 0
    assert parts["growth"]["rate"] == 200.0
    assert parts["frames"]["clients"].keys() == {"ours", "sdk"}
    assert all(of["lost"] == 0 for of in parts["frames"]["clients"].values())
    assert parts["submit"]["submits"] == 12
    assert sum(parts["submit"]["spoken_by"].values()) == 12
    [rate] = parts["delay"]["rates"]
    assert rate["chunks"] > 0
    assert 0 <= rate["delay_ms"]["p50"] < 10_000


@slow
def test_the_exit_status_says_whether_all_limits_hold(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And the report is written either way."""
    report = tmp_path / "client.json"
    monkeypatch.setattr(client, "Plan", lambda *_: Plan(1, _SPAN, ("submit",), submits=12))
    monkeypatch.setattr("sim.bench.submits.MOST_US", 1e9)
    assert bench_client(1, 0.3, report, ("submit",)) == 0
    monkeypatch.setattr("sim.bench.submits.MOST_US", 0.0)
    assert bench_client(1, 0.3, report, ("submit",)) == 3
    [limit] = json.loads(report.read_text(encoding="utf-8"))["limits"]
    assert limit["holds"] is False


def test_every_call_is_timed_and_frames_go_on_between() -> None:
    """Whatever is called; four calls a frame, no question twice."""
    asked: list[int] = []
    frames: list[int] = []
    took = time_asking(lambda request: asked.append(request.id), lambda: frames.append(len(asked)), 10)
    assert asked == list(range(1, 11))
    assert frames == [4, 8]
    assert len(took) == 10
    assert all(one.wall_ns >= 0 and one.cpu_ns >= 0 for one in took)


@pytest.mark.parametrize(("rounds", "seconds", "parts"), [(0, 1.0, ()), (1, 0.0, ()), (1, 1.0, ("nothing",))])
def test_nothing_to_measure_is_a_mistake(
    rounds: int, seconds: float, parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one line, with exit status 2."""
    assert bench_client(rounds, seconds, None, parts) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_report_that_cannot_be_written_is_said_before_measuring(tmp_path: Path) -> None:
    """One line now, not after ten minutes."""
    with pytest.raises(OutputError, match="cannot be written there"):
        bench_client(1, 1.0, tmp_path / "no" / "such.json")
