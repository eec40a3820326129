"""A slot of saves: the newest that can be read is, and what cannot is put aside with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.packing import SaveError, pack
from sim.recording import RecordingFile
from sim.slots import GENERATIONS, Slot, slots_in


def save(slot: Slot, tick: int) -> Path:
    """One more."""
    path = slot.next_path()
    RecordingFile(path, {"seed": 7}, (tick, pack({"tick": tick}, []))).close()
    return path


def test_the_newest_is_read_and_only_a_few_are_kept(tmp_path: Path) -> None:
    """However often it is saved."""
    slot = Slot(tmp_path, "town")
    for tick in range(GENERATIONS + 3):
        save(slot, tick)
        slot.forget_old()
    recording, told = slot.newest()
    assert (recording.last, told) == (GENERATIONS + 2, [])
    assert [path.name for path in slot.files()] == ["000006.save", "000005.save", "000004.save"]
    assert [one.name for one in slots_in(tmp_path)] == ["town"]


@pytest.mark.fault(53)
@pytest.mark.parametrize("data", [b"", b"no database at all" * 100, None])
def test_what_cannot_be_read_is_put_aside_with_its_reason(tmp_path: Path, data: bytes | None) -> None:
    """The one before it is read, and nothing is lost for who wants to look at it."""
    slot = Slot(tmp_path, "town")
    save(slot, 1)
    newest = save(slot, 2)
    whole = newest.read_bytes()
    newest.write_bytes(whole[: len(whole) // 2] if data is None else data)
    damaged = newest.read_bytes()
    recording, (told,) = slot.newest()
    aside = slot.path / "damaged" / newest.name
    assert recording.last == 1
    assert str(aside) in told
    assert aside.read_bytes() == damaged
    assert newest.name in aside.with_suffix(".txt").read_text(encoding="utf-8")
    assert slot.next_path() == newest


def test_none_that_can_be_read_is_said(tmp_path: Path) -> None:
    """With what was the matter with each."""
    slot = Slot(tmp_path, "town")
    for tick in (1, 2):
        save(slot, tick).write_bytes(b"x")
    with pytest.raises(SaveError, match=r"000002\.save.*000001\.save"):
        slot.newest()
    with pytest.raises(SaveError, match="there is no such save"):
        Slot(tmp_path, "other").newest()


@pytest.mark.parametrize("name", ["", "../town", "a/b", "Town", ".hidden", "x" * 41, "a b", "con:"])
def test_a_slot_is_a_plain_name(tmp_path: Path, name: str) -> None:
    """It can lead nowhere else."""
    with pytest.raises(SaveError, match="no name of a save"):
        Slot(tmp_path, name)


def test_a_folder_that_is_a_link_is_no_slot(tmp_path: Path) -> None:
    """Nothing is written where it leads."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "town").symlink_to(elsewhere)
    slot = Slot(tmp_path, "town")
    with pytest.raises(SaveError, match="it is a link"):
        slot.next_path()
    assert slot.files() == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """By whom it belongs to."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SaveError, match="cannot be written"):
        Slot(tmp_path / "file", "town").next_path()
