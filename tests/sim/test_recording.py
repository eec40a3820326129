"""A recording: whole or told where it is not, checked when it is read, and nothing but numbers and text is made of it."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm.types import NpcId
from sim.inputs import Input, SpotlightTurned
from sim.journal import Page
from sim.packing import SaveError, pack, unpack
from sim.plain import Arrays
from sim.recording import RecordingFile, read_recording

STATE = {"own": {"tick": 7, "names": [["ä", None], [1.5, True]]}, "empty": {}, "none": []}
ARRAYS: Arrays = [np.arange(12, dtype=np.int32).reshape(3, 4), np.zeros((0, 2)), np.array([True, False])]
HEADER = {"seed": 7}
OLD: Final = Path(__file__).parent / "data" / "first-schema.save"


def page(first: int, last: int, seq: int = 0) -> Page:
    """With one input in its midst, and a look at its end."""
    inputs = (Input(seq, last, SpotlightTurned(NpcId(3))),) if seq else ()
    return Page(first, last, inputs, ((last, f"mark {last}"),))


def written(path: Path, pages: int = 2) -> Path:
    """A file of ten ticks a page, that begins after tick 7."""
    file = RecordingFile(path, HEADER, (7, pack(STATE, ARRAYS)))
    for number in range(pages):
        file.append([page(8 + 10 * number, 17 + 10 * number, number + 1)])
    file.close()
    return path


def test_state_and_arrays_come_back() -> None:
    """Bytes, shapes and types."""
    state, arrays = unpack(pack(STATE, ARRAYS))
    assert state == STATE
    for one, other in zip(arrays, ARRAYS, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.array_equal(one, other)


def test_all_of_it_is_read(tmp_path: Path) -> None:
    """Header, state, inputs by tick, looks, and how far it came."""
    read = read_recording(written(tmp_path / "town.save"))
    assert read.start is not None
    assert (read.header, read.start.tick, read.start.state) == (HEADER, 7, STATE)
    assert read.inputs == {
        17: (Input(1, 17, SpotlightTurned(NpcId(3))),),
        27: (Input(2, 27, SpotlightTurned(NpcId(3))),),
    }
    assert (read.marks, read.last, read.seq, read.damage) == ({17: "mark 17", 27: "mark 27"}, 27, 2, "")


def test_one_that_begins_with_the_town_has_no_state(tmp_path: Path) -> None:
    """Whoever replays it founds that."""
    path = tmp_path / "day.recording"
    file = RecordingFile(path, HEADER)
    file.append([page(1, 60), page(61, 90)])
    file.close()
    read = read_recording(path)
    assert (read.start, read.last) == (None, 90)
    assert sorted(path.parent.iterdir()) == [path]


def test_what_is_not_closed_can_be_read(tmp_path: Path) -> None:
    """As it is found when the program was killed."""
    path = tmp_path / "town.save"
    file = RecordingFile(path, HEADER, (7, pack(STATE, ARRAYS)))
    file.append([page(8, 17, 1)])
    assert read_recording(path).last == 17
    file.close()


@pytest.mark.parametrize(
    ("change", "last", "told"),
    [
        ("update pages set body = '[' where id = 2", 17, "digest does not fit"),
        ("delete from pages where id = 1", 7, "a page is missing before tick 18"),
        ("update pages set digest = x'00' where id = 1", 7, "digest does not fit"),
        ("drop table pages", 7, "no such table"),
    ],
)
def test_pages_count_up_to_the_first_that_is_damaged(
    tmp_path: Path, change: str, last: int, told: str
) -> None:
    """What comes after it could be anything."""
    path = written(tmp_path / "town.save")
    with sqlite3.connect(path) as file:
        file.execute(change)
    file.close()
    read = read_recording(path)
    assert read.last == last
    assert told in read.damage


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("update state set body = zeroblob(40)", "its state is damaged"),
        ("update state set tick = 8", "its state is damaged"),
        ("update meta set value = '{}' where key = 'header'", "its header is damaged"),
        ("update meta set value = '99' where key = 'schema'", "schema 1 to 2, got 99"),
        ("delete from meta where key = 'schema'", "schema 1 to 2, got None"),
        ("create view more as select 1", "more than tables"),
        ("create trigger more after insert on pages begin delete from meta; end", "more than tables"),
    ],
)
def test_what_cannot_be_begun_from_is_refused(tmp_path: Path, change: str, told: str) -> None:
    """In one line that names the file."""
    path = written(tmp_path / "town.save")
    with sqlite3.connect(path) as file:
        file.execute(change)
    file.close()
    with pytest.raises(SaveError, match=told) as raised:
        read_recording(path)
    assert str(path) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.fault(53)
@pytest.mark.slow
def test_every_byte_of_a_small_save_may_be_turned(tmp_path: Path) -> None:
    """It is read as it was, or up to where it is whole, or refused in one line; never anything else."""
    path, turned = written(tmp_path / "town.save"), tmp_path / "turned.save"
    whole, data = read_recording(path), path.read_bytes()
    refusals: list[str] = []
    for at in range(0, len(data), 7):
        turned.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            read = read_recording(turned)
        except SaveError as error:
            refusals.append(str(error))
        else:
            assert read.start is not None
            assert read.start.state == STATE
            assert read.inputs.items() <= whole.inputs.items()
            assert read.damage or (read.last, read.inputs) == (whole.last, whole.inputs)
    assert refusals
    assert all(len(told.splitlines()) == 1 for told in refusals)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_half_a_file_is_refused(tmp_path: Path, share: float) -> None:
    """A disk that was full when it was copied."""
    path = written(tmp_path / "town.save")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SaveError, match=re.escape(str(path))):
        read_recording(path)


@pytest.mark.fault(53)
def test_a_save_of_the_first_schema_is_read() -> None:
    """It was written by the version before there were pages."""
    read = read_recording(OLD)
    assert read.start is not None
    assert (read.header["seed"], read.header["npcs"], read.start.tick, read.last) == (7, 25, 600, 600)
    assert (read.inputs, read.damage) == ({}, "")


def _packed(head: Any, rest: bytes = b"") -> bytes:
    told = json.dumps(head).encode()
    return zlib.compress(b"TOWN" + len(told).to_bytes(8, "little") + told + rest)


@pytest.mark.fault(54)
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


@pytest.mark.fault(54)
def test_a_link_is_no_save(tmp_path: Path) -> None:
    """Whoever put it there may have it lead anywhere."""
    path = written(tmp_path / "town.save")
    link = tmp_path / "link.save"
    link.symlink_to(path)
    with pytest.raises(SaveError, match="no such save"):
        read_recording(link)
    with pytest.raises(SaveError, match="cannot be written"):
        RecordingFile(tmp_path / "none" / "x.save", HEADER)
