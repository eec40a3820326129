"""Saves while the town lives: what goes on after a load is the same town, and a failure costs nothing but a line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sim.app.saving import Saver, open_save
from sim.app.settings_sources import load_settings
from sim.save_file import SaveError, read_state
from tests.support.running import running

ROOT = Path(__file__).parents[2]


def _run(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "run_world.py", "--headless", "--fast", "--llm", "none",
        "--set", f"world.saves={tmp_path}", "--report", str(tmp_path / "r.json"), *more,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )


def _hash(tmp_path: Path) -> str:
    told = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    return str(told["world"]["state_hash"])


@pytest.mark.slow
def test_a_town_goes_on_where_it_was_saved(tmp_path: Path) -> None:
    """Seed and all it is the same town, and has one future, however often it is taken out."""
    hashes = []
    for options in (
        ("--seed", "7", "--ticks", "1000", "--save", "one"),
        ("--load", "one", "--ticks", "1000", "--save", "two"),
        ("--load", "one", "--ticks", "1000"),
    ):
        run = _run(tmp_path, *options)
        assert run.returncode == 0, run.stderr
        hashes.append(_hash(tmp_path))
    assert hashes[0] != hashes[1] == hashes[2]
    ticks = [read_state(tmp_path / f"{slot}.save").tick for slot in ("one", "two")]
    assert ticks == [1000, 2000]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--load", "none"), "there is no such save"),
        (("--load", "../one"), "no name of a save"),
        (("--save", "A B"), "no name of a save"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, options: tuple[str, str], told: str) -> None:
    """Exit 2, before anything was built."""
    run = _run(tmp_path, "--ticks", "1", *options)
    assert run.returncode == 2
    assert told in run.stderr
    assert len(run.stderr.splitlines()) == 1


def _saver(path: Path, told: list[str], clock: list[float], every_s: float | None = 30.0) -> Saver:
    return Saver(running().world, path, {"seed": 7}, told.append, every_s, now_s=lambda: clock[0])


def _until_written(saver: Saver, count: int) -> None:
    while saver.written < count:
        saver()


def test_it_saves_when_it_is_time_and_when_somebody_asks(tmp_path: Path) -> None:
    """By its clock; who asked is told."""
    told: list[str] = []
    clock = [0.0]
    saver = _saver(tmp_path / "saves" / "town.save", told, clock)
    saver()
    assert not saver.path.exists()
    clock[0] = 31.0
    saver()
    _until_written(saver, 1)
    assert told == []
    saver.ask()
    _until_written(saver, 2)
    assert told == ["saved as town"]
    saver.close()
    assert saver.written == 3
    assert read_state(saver.path).header["seed"] == 7


def test_a_failure_is_told_once_and_tried_again(tmp_path: Path) -> None:
    """A folder that is none: the town goes on."""
    told: list[str] = []
    clock = [0.0]
    (tmp_path / "file").write_text("", encoding="utf-8")
    saver = _saver(tmp_path / "file" / "town.save", told, clock, 1.0)
    for second in range(2, 40, 2):
        clock[0] = float(second)
        saver()
        while saver._busy:
            saver()
    saver.close()
    assert saver.written == 0
    assert len(told) == 1
    assert "not saved" in told[0]


def test_nothing_is_saved_when_nobody_wants_it(tmp_path: Path) -> None:
    """No thread, no file."""
    saver = _saver(tmp_path / "town.save", [], [0.0], None)
    saver()
    saver.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_save_of_another_kind_of_town_is_refused_by_the_key(tmp_path: Path) -> None:
    """Which setting differs, and what it was."""
    assert _run(tmp_path, "--seed", "7", "--ticks", "10", "--save", "one").returncode == 0
    other = load_settings(["world.day_length=720", f"world.saves={tmp_path}"], None).settings
    with pytest.raises(SaveError, match=r"world\.day_length=1440, and here it is 720"):
        open_save(tmp_path / "one.save", other)
