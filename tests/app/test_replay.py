"""What was recorded happens again, bit for bit, with nobody asked; and from any of its ticks it can go on otherwise."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Final

import pytest

from sim.recording import read_recording
from tests.support.program import hash_of, run_program

GOLDEN: Final = Path(__file__).parent / "golden" / "town.recording"
SCRIPT: Final = "scripted"


def replay(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit status, what was told, and what was the matter."""
    run = run_program(folder, command=("replay", *words))
    return run.returncode, run.stdout, run.stderr


@pytest.mark.slow
def test_a_live_run_happens_again(tmp_path: Path) -> None:
    """A real thread, a clock on the wall, and people who do things: what came of it is the same at every look."""
    path = tmp_path / "day.recording"
    run = run_program(
        tmp_path,
        command=("--headless", "--llm", "scripted", "--no-download", "--report", str(tmp_path / "r.json"), "--seed", "5", "--seconds", "25",
                 "--record", str(path), "--exec", "world weather rain", "--exec", "@200 conversation start mira tomas", "--exec", "@400 world speed 2"),
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    status, told, error = replay(tmp_path, str(path), "--report", str(tmp_path / "again.json"))
    assert (status, error) == (0, "")
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert again["state_hash"] == hash_of(tmp_path)
    assert again["looks"] == read_recording(path).last // 600 + 1 >= 3  # and one at the end
    assert f"the same at all {again['looks']} looks" in told


@pytest.mark.slow
def test_the_golden_recording_is_the_same_twice() -> None:
    """A change that makes the world another one is seen here, and is a change for everybody who recorded."""
    read = read_recording(GOLDEN)
    assert read.damage == ""
    for _ in range(2):
        run = run_program(GOLDEN.parent, command=("replay", str(GOLDEN)))
        assert run.returncode == 0, run.stderr
        assert f"the same at all {len(read.marks)} looks" in run.stdout


@pytest.mark.slow
def test_a_town_that_is_not_the_same_is_told_by_its_tick(tmp_path: Path) -> None:
    """Exit 3, and where it was first seen."""
    path = tmp_path / "other.recording"
    assert run_program(tmp_path, "--seed", "7", "--ticks", "1300", "--record", str(path)).returncode == 0
    with sqlite3.connect(path) as file:
        file.create_function("digest_of", 1, digest)
        file.execute("""update pages set body = replace(body, '[1200, "', '[1200, "0')""")
        file.execute("update pages set digest = digest_of(body)")
    file.close()
    status, _, error = replay(tmp_path, str(path))
    assert status == 3
    assert "at tick 1200" in error


def digest(text: str) -> bytes:
    """As the file has it."""
    from sim.recording import _digest

    return _digest(text, b"")


@pytest.mark.slow
def test_from_any_tick_it_can_go_on_otherwise(tmp_path: Path) -> None:
    """A fork is what was recorded up to there, and a recording of its own after it."""
    first, other, deeper = (tmp_path / f"{name}.recording" for name in ("first", "other", "deeper"))
    assert run_program(tmp_path, "--seed", "7", "--ticks", "1500", "--record", str(first)).returncode == 0
    straight = hash_of(tmp_path)
    go_on = ("--headless", "--fast", "--llm", "none", "--report", str(tmp_path / "r.json"))
    status, _, error = replay(
        tmp_path, str(first), "--until", "700", "--fork", str(other), *go_on, "--ticks", "800",
        "--exec", "world weather rain",
    )  # fmt: skip
    assert (status, error) == (0, "")
    forked = hash_of(tmp_path)
    read = read_recording(other)
    assert read.start is not None
    assert (read.start.tick, read.last) == (700, 1500)
    assert forked != straight
    assert replay(tmp_path, str(other), "--report", str(tmp_path / "again.json"))[0] == 0
    assert json.loads((tmp_path / "again.json").read_text("utf-8"))["state_hash"] == forked
    assert replay(tmp_path, str(other), "--fork", str(deeper), *go_on, "--ticks", "60")[0] == 0
    assert read_recording(deeper).last == 1560


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none.recording",), "there is no such save or recording"),
        ((str(GOLDEN), "--until", "999999"), "tick 999999 is not in it"),
        ((str(GOLDEN), "--fork", str(GOLDEN)), "expected another file"),
        ((str(GOLDEN), "--world", str(GOLDEN)), "made on another map"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """Exit 2."""
    status, _, error = replay(tmp_path, *words)
    assert status == 2
    assert told in error
    assert len(error.splitlines()) == 1


@pytest.mark.slow
def test_other_people_or_tables_are_refused_by_name(tmp_path: Path) -> None:
    """It would be another town, and nobody would know why."""
    mods = tmp_path / "mods" / "other" / "templates"
    mods.mkdir(parents=True)
    shutil.copy(GOLDEN.parents[3] / "assets" / "templates" / "sea.toml", mods / "sea.toml")
    (mods / "sea.toml").write_text((mods / "sea.toml").read_text("utf-8") + "\n# other\n", encoding="utf-8")
    status, _, error = replay(tmp_path, str(GOLDEN), "--set", f"mods.folder={tmp_path / 'mods'}")
    assert status == 2
    assert "recorded with another templates/sea.toml" in error
