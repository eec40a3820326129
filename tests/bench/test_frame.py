"""`bench frame`: nothing is asserted of time, only that what was sent arrived and that what is promised is told."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from agents.persona import load_personas
from agents.templates import TemplateBook
from sim.app.options import OutputError
from sim.app.settings import ASSETS, Settings, rules_of
from sim.bench import arm, frame
from sim.bench.arm import CLIENTS, SEED, Arm, found, run_arm
from sim.bench.frame import Plan, bench_frame, measure
from sim.bench.server_process import FakeServer
from sim.founding import found_world
from sim.roster import Roster
from sim.world import World
from tests.support.small_town import small_town, world_lore


def _small(settings: Settings) -> World:
    roster = Roster(load_personas(ASSETS / "personas"), settings.world.npcs, SEED)
    book = TemplateBook.load(ASSETS / "templates")
    return found_world(rules_of(settings, SEED), world_lore(), small_town(), roster, book)


@pytest.fixture(autouse=True)
def _short_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm, "WARM_UP_S", 0.1)


_NUMBERS = {
    "frames",
    "work_ms",
    "work_cpu_ms",
    "interval_ms",
    "late_ms",
    "over_budget",
    "over_budget_by",
    "stutters",
}
_SHARES = {"gc_share", "gc_longest_ms", "main_cpu_share", "background_cpu_share", "server_cpu_share"}
_CHUNKS = {"chunks_sent_per_s", "chunks_delivered_per_s", "chunks_sent", "chunks_delivered", "chunks_lost"}


@pytest.mark.slow
def test_every_chunk_that_was_sent_is_delivered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through wire, gate, outbox and drain not a word is lost; report, CSV and pictures have what is promised."""
    monkeypatch.setattr(frame, "Plan", lambda rounds, seconds, _arms: Plan(rounds, seconds, (Arm(25, 8),)))
    report, plots = tmp_path / "bench.json", tmp_path / "plots"
    assert bench_frame(1, 1.0, report, plots=plots) == 0
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told.keys() >= {"schema", "version", "machine", "python", "versions", "seconds", "arms", "limits"}
    [only] = told["arms"]
    assert (only["npcs"], only["streams"], only["rounds"]) == (25, 8, 1)
    assert only.keys() >= _NUMBERS | _SHARES | _CHUNKS | {"pooled", "over_budget_frames", "streams_mean"}
    assert only["frames"]["median"] > 0
    assert only["lines_spoken"]["median"] + only["chunks_delivered"]["median"] > 0
    assert 0 <= only["chunks_lost"]["max"] <= only["chunks_sent_to_left"]["max"]  # only who left missed any
    assert "chunks/s" in capsys.readouterr().out
    rows = (plots / "frames-ours-25-8.csv").read_text(encoding="utf-8").splitlines()
    assert rows[2].startswith("fps,frametime,cpu_load,")
    assert len(rows) == 3 + only["frames"]["median"]
    assert {path.name for path in plots.glob("*.png")} == {
        "frame-times.png",
        "frame-timeline.png",
        "frame-scaling.png",
    }


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_brings_the_words(client: str) -> None:
    """Ours and what people would use instead: what is compared is the same work."""
    with FakeServer() as server:
        run = run_arm(Arm(25, 2, client), 0.5, server.door, _small)
    assert run.numbers["chunks_delivered"] > 0
    assert run.frames or client == "blocking"  # it had a frame of a second and more


@pytest.mark.slow
def test_what_strangers_say_is_drawn() -> None:
    """In a window there must be a head for every bubble."""
    with FakeServer() as server:
        run = run_arm(Arm(25, 30, window=True), 0.5, server.door, found)
    assert run.numbers["chunks_delivered"] > 0


@pytest.mark.slow
def test_faulty_lines_go_wrong_in_every_way_and_are_counted() -> None:
    """Each kind in turn; the town goes on, with templates where nothing came."""
    with FakeServer() as server:
        run = run_arm(Arm(25, 8, faulty=3), 1.5, server.door, _small)
    assert run.numbers["faults"] > 0
    assert run.numbers["lines_not_spoken"] + run.numbers["lines_spoken"] > 0


@pytest.mark.slow
def test_an_interrupted_bench_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a round ends the server too, and is passed on to who knows the exit status."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = psutil.Process().children()
    monkeypatch.setattr(frame, "apart", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure(Plan(1, 1.0, (Arm(25, 8),)))
    assert psutil.Process().children() == before


def test_a_report_that_cannot_be_written_is_said_before_measuring(tmp_path: Path) -> None:
    """One line now, not after ten minutes."""
    with pytest.raises(OutputError, match="cannot be written there"):
        bench_frame(1, 1.0, tmp_path / "no" / "such.json")


@pytest.mark.parametrize(
    ("rounds", "seconds", "parts", "told"),
    [
        (0, 1.0, (), "at least one round"),
        (1, 0.0, (), "at least one round"),
        (1, 1.0, ("flying",), "no part 'flying'"),
    ],
)
def test_nothing_to_measure_is_a_mistake(
    rounds: int, seconds: float, parts: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in one line, with exit status 2."""
    assert bench_frame(rounds, seconds, None, parts) == 2
    assert told in capsys.readouterr().err
