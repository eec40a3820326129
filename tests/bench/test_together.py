"""`bench all`: one after another, one report, and nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.app.main import main
from sim.app.options import OutputError
from sim.bench.together import Bench, bench_all


def finds(status: int, what: str) -> Bench:
    """A benchmark that has found something."""

    def bench(report: Path) -> int:
        report.write_text(json.dumps({"found": what}), encoding="utf-8")
        return status

    return bench


def stopped(_report: Path) -> int:
    """A benchmark amid which somebody presses Ctrl-C."""
    raise KeyboardInterrupt


def test_all_are_in_one_report_and_the_worst_status_counts(tmp_path: Path) -> None:
    """A promise that one broke is broken."""
    report = tmp_path / "all.json"
    assert bench_all({"one": finds(3, "a"), "other": finds(0, "b")}, report) == 3
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["benches"] == {"one": {"found": "a"}, "other": {"found": "b"}}
    assert told["command"] == "bench all"


def test_what_was_measured_before_it_was_stopped_is_written(tmp_path: Path) -> None:
    """An hour's numbers are not lost."""
    report = tmp_path / "all.json"
    with pytest.raises(KeyboardInterrupt):
        bench_all({"one": finds(0, "a"), "other": stopped, "third": finds(0, "c")}, report)
    assert json.loads(report.read_text(encoding="utf-8"))["benches"] == {"one": {"found": "a"}}


def test_mistakes_are_said_before_anything_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A report that cannot be written; a part, of which all have others."""
    with pytest.raises(OutputError, match="cannot be written there"):
        bench_all({"one": stopped}, tmp_path / "nowhere" / "all.json")
    assert main(["bench", "all", "ticks"]) == 2
    assert "'ticks'" in capsys.readouterr().err


def test_all_means_every_one_but_the_gate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each is asked with what was asked of all, and writes to a file of its own."""
    from sim.app import main as program

    asked: list[tuple[str, int, float]] = []

    def noted(parsed: object) -> int:
        asked.append((parsed.name, parsed.rounds, parsed.seconds))  # type: ignore[attr-defined]
        parsed.report.write_text("{}", encoding="utf-8")  # type: ignore[attr-defined]
        return 0

    for name in program._BENCHES:
        if name != "all":
            monkeypatch.setitem(program._BENCHES, name, noted)
    report = tmp_path / "all.json"
    assert main(["bench", "all", "--rounds", "2", "--seconds", "0.5", "--report", str(report)]) == 0
    names = ["frame", "window", "client", "latency", "world", "save"]
    assert asked == [(name, 2, 0.5) for name in names]
    assert list(json.loads(report.read_text(encoding="utf-8"))["benches"]) == names
