"""A save file: whole or not there, checked when it is read, and nothing but numbers and text is made of it."""

from __future__ import annotations

import json
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.plain import Arrays
from sim.save_file import (
    GENERATIONS,
    SaveError,
    pack,
    read_state,
    slot_path,
    unpack,
    write_state,
)

STATE = {"own": {"tick": 7, "names": [["ä", None], [1.5, True]]}, "empty": {}, "none": []}
ARRAYS: Arrays = [np.arange(12, dtype=np.int32).reshape(3, 4), np.zeros((0, 2)), np.array([True, False])]
HEADER = {"seed": 7}


def test_state_and_arrays_come_back() -> None:
    """Bytes, shapes and types."""
    state, arrays = unpack(pack(STATE, ARRAYS))
    assert state == STATE
    for one, other in zip(arrays, ARRAYS, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.array_equal(one, other)


def test_the_newest_state_is_read_and_only_a_few_are_kept(tmp_path: Path) -> None:
    """However often it is saved."""
    path = tmp_path / "town.save"
    for tick in range(GENERATIONS + 3):
        write_state(path, tick, HEADER, pack(STATE | {"tick": tick}, ARRAYS))
    saved = read_state(path)
    assert (saved.tick, saved.state["tick"], saved.header) == (GENERATIONS + 2, GENERATIONS + 2, HEADER)
    with sqlite3.connect(path) as file:
        assert file.execute("select count(*) from states").fetchone() == (GENERATIONS,)
    file.close()


def test_a_damaged_state_is_passed_over_and_told(tmp_path: Path) -> None:
    """The one before it is read."""
    path = tmp_path / "town.save"
    for tick in (1, 2):
        write_state(path, tick, HEADER, pack(STATE, ARRAYS))
    with sqlite3.connect(path) as file:
        file.execute("update states set body = zeroblob(40) where tick = 2")
    file.close()
    saved = read_state(path)
    assert saved.tick == 1
    assert "tick 2" in saved.passed_over[0]


@pytest.mark.slow
def test_every_byte_of_a_small_save_may_be_turned(tmp_path: Path) -> None:
    """It is read as it was, or refused in one line; never anything else."""
    path, turned = tmp_path / "town.save", tmp_path / "turned.save"
    write_state(path, 1, HEADER, pack(STATE, ARRAYS))
    data = path.read_bytes()
    refusals: list[str] = []
    for at in range(0, len(data), 7):
        turned.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            saved = read_state(turned)
        except SaveError as error:
            refusals.append(str(error))
        else:
            assert saved.state == STATE
    assert refusals
    assert all(len(told.splitlines()) == 1 for told in refusals)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "cannot be read|expected a save|no state"),
        (b"no database at all" * 100, "cannot be read"),
    ],
)
def test_what_is_no_save_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    """In one line that names the file."""
    path = tmp_path / "town.save"
    path.write_bytes(data)
    with pytest.raises(SaveError, match=told) as raised:
        read_state(path)
    assert str(path) in str(raised.value)


def test_a_save_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    """Older and newer alike."""
    path = tmp_path / "town.save"
    write_state(path, 1, HEADER, pack(STATE, ARRAYS))
    with sqlite3.connect(path) as file:
        file.execute("update meta set value = '99'")
    file.close()
    with pytest.raises(SaveError, match="schema 1, got 99"):
        read_state(path)


def _packed(head: Any, rest: bytes = b"") -> bytes:
    told = json.dumps(head).encode()
    return zlib.compress(b"TOWN" + len(told).to_bytes(8, "little") + told + rest)


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(b"TOWN" + (1 << 62).to_bytes(8, "little")),
        _packed({"state": {}, "arrays": [["|O", [1]]]}, b"12345678"),
        _packed({"state": {}, "arrays": [["<i8", [1 << 40]]]}),
        _packed({"state": {}, "arrays": [["<i8", [-1]]]}),
        _packed({"state": {}, "arrays": [["<i8", [1]]]}, b"1234567890"),
        _packed({"state": {}, "arrays": 7}),
        _packed([]),
        zlib.compress(b"TOWN" + (200_000).to_bytes(8, "little") + b"[" * 200_000),
        b"\x80\x04\x95pickle",
        pack(STATE, ARRAYS)[:-9],
    ],
)
def test_hostile_states_are_refused(packed: bytes) -> None:
    """Objects, lies about lengths, depth without end, another format, half of one."""
    with pytest.raises(SaveError):
        unpack(packed)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_make_anything_else(data: bytes) -> None:
    """A state, or an error."""
    for packed in (data, zlib.compress(data), zlib.compress(b"TOWN" + data)):
        with pytest.raises(SaveError):
            unpack(packed)


@pytest.mark.parametrize("slot", ["", "../town", "a/b", "Town", ".hidden", "x" * 41, "a b", "con:"])
def test_a_slot_is_a_plain_name(tmp_path: Path, slot: str) -> None:
    """It can lead nowhere else."""
    with pytest.raises(SaveError, match="no name of a save"):
        slot_path(tmp_path, slot)


def test_a_link_is_no_save(tmp_path: Path) -> None:
    """Whoever put it there may have it lead anywhere."""
    path = tmp_path / "town.save"
    write_state(path, 1, HEADER, pack(STATE, ARRAYS))
    link = tmp_path / "link.save"
    link.symlink_to(path)
    with pytest.raises(SaveError, match="no such save"):
        read_state(link)
    with pytest.raises(SaveError, match="cannot be written"):
        write_state(tmp_path / "none" / "x.save", 1, HEADER, b"")
