"""The keys are told once."""

from __future__ import annotations

from pathlib import Path

from sim.app.first_time import is_first_time


def test_the_first_time_is_the_only_one(tmp_path: Path) -> None:
    """Also where the folder is yet to be made."""
    folder = tmp_path / "state" / "twitchman"
    assert [is_first_time(folder) for _ in range(3)] == [True, False, False]


def test_where_nothing_can_be_written_nothing_is_told_each_time(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert not is_first_time(blocked / "twitchman")
