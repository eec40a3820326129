"""A save: a SQLite file with the newest few states of one town. Whole or not there, checked when it is read, never trusted.

A state is JSON and the bytes of arrays, packed together, compressed, and kept with a digest. SQLite (WAL) makes each a transaction, so
a program that is killed amid one leaves the one before. What is read may be anybody's: sizes, types and depth are bounded,
and nothing is made of it but numbers and text.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.plain import Arrays

SCHEMA: Final = 1
GENERATIONS: Final = 3
SUFFIX: Final = ".save"
_SLOT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MAGIC: Final = b"TOWN"
_LENGTH: Final = struct.Struct("<Q")
_MOST_BYTES: Final = 1 << 30  # of one state, unpacked
_KINDS: Final = frozenset("biuf")  # of numbers that an array may hold: truth, whole and real ones
_DEPTH: Final = 5  # to which JSON is made piece by piece: down to one person's memories, one talk's lines
_LEVEL: Final = 1  # of compressing: three times as quick as the usual, and hardly larger
_TABLES: Final = """
create table if not exists meta (key text primary key, value text not null);
create table if not exists states (
    id integer primary key, tick integer not null, header text not null, body blob not null, digest blob not null
);
"""


class SaveError(Exception):
    """A save cannot be written or read. One line that names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Saved:
    """One state as it was read."""

    tick: int
    header: dict[str, Any]
    state: dict[str, Any]
    arrays: Arrays
    passed_over: tuple[str, ...] = ()  # newer ones that were damaged, and how


def slot_path(folder: Path, slot: str) -> Path:
    """Where a slot lies. Raises SaveError for what is no name of one."""
    if not _SLOT.fullmatch(slot):
        raise SaveError(f"{slot!r} is no name of a save; expected small letters, digits, - and _, at most 40")
    return folder / f"{slot}{SUFFIX}"


def write_state(path: Path, tick: int, header: dict[str, Any], packed: bytes) -> None:
    """One more state behind those that are there; the oldest beyond three go. Raises SaveError."""
    told, digest = json.dumps(header), _digest(header, packed)
    try:
        with _opened(path) as file, file:
            file.executescript(_TABLES)
            file.execute("insert or replace into meta values ('schema', ?)", (str(SCHEMA),))
            file.execute(
                "insert into states (tick, header, body, digest) values (?, ?, ?, ?)",
                (tick, told, packed, digest),
            )
            file.execute(
                "delete from states where id not in (select id from states order by id desc limit ?)",
                (GENERATIONS,),
            )
    except (sqlite3.Error, OSError) as error:
        raise SaveError(f"{path}: cannot be written: {error}") from error


def read_state(path: Path) -> Saved:
    """The newest state that is whole. Raises SaveError that says why there is none."""
    if path.is_symlink() or not path.is_file():
        raise SaveError(f"{path}: there is no such save")
    passed_over: list[str] = []
    try:
        with _opened(path, write=False) as file:
            _check_schema(path, file)
            for tick, header, body, digest in file.execute(
                "select tick, header, body, digest from states order by id desc"
            ):
                try:
                    return _read_one(tick, header, body, digest, tuple(passed_over))
                except SaveError as error:
                    passed_over.append(f"tick {tick}: {error}")
    except (sqlite3.Error, OSError, UnicodeError) as error:  # SQLite may quote what is damaged
        raise SaveError(f"{path}: cannot be read: {error}") from error
    told = "; ".join(passed_over) or "it holds no state"
    raise SaveError(f"{path}: no state in it is whole: {told}")


def pack(state: dict[str, Any], arrays: Arrays, breathe: Callable[[], None] = lambda: None) -> bytes:
    """State and arrays as bytes; `breathe` is called between pieces, for a thread that should let others go first."""
    shapes = [[array.dtype.str, list(array.shape)] for array in arrays]
    pieces = []
    for piece in _json({"state": state, "arrays": shapes}, _DEPTH):
        pieces.append(piece)
        breathe()
    head = "".join(pieces).encode()
    parts = zlib.compressobj(_LEVEL)
    packed = [parts.compress(_MAGIC + _LENGTH.pack(len(head)) + head)]
    for array in arrays:
        breathe()
        packed.append(parts.compress(np.ascontiguousarray(array).tobytes()))
    return b"".join([*packed, parts.flush()])


def _json(value: Any, depth: int) -> Iterator[str]:
    """As `json.dumps`, in pieces: one call of that for all of a town holds the interpreter for many frames."""
    if depth and isinstance(value, dict):
        for at, (name, one) in enumerate(value.items()):
            yield f"{',' if at else '{'}{json.dumps(name)}:"
            yield from _json(one, depth - 1)
        yield "}" if value else "{}"
    elif depth and isinstance(value, list):
        for at, one in enumerate(value):
            yield "," if at else "["
            yield from _json(one, depth - 1)
        yield "]" if value else "[]"
    else:
        yield json.dumps(value)


def unpack(packed: bytes) -> tuple[dict[str, Any], Arrays]:
    """The same again. Raises SaveError for what `pack` would not have made."""
    try:
        unpacker = zlib.decompressobj()
        data = memoryview(unpacker.decompress(packed, _MOST_BYTES))
        if unpacker.unconsumed_tail or not unpacker.eof or bytes(data[:4]) != _MAGIC:
            raise SaveError("it is no state, or too large for one")
        (length,) = _LENGTH.unpack(data[4:12])
        head = json.loads(bytes(data[12 : 12 + length]))
        return head["state"], list(_arrays(head["arrays"], data[12 + length :]))
    except (zlib.error, struct.error, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise SaveError(f"it is damaged: {error}") from error


def _arrays(shapes: list[Any], data: memoryview) -> Iterator[np.ndarray[Any, Any]]:
    at = 0
    for kind, shape in shapes:
        dtype = np.dtype(str(kind))
        if dtype.kind not in _KINDS or not all(type(side) is int and side >= 0 for side in shape):
            raise SaveError(f"it has an array of {kind!r}")
        end = at + dtype.itemsize * math.prod(shape)
        if end > len(data):
            raise SaveError("its arrays are longer than it is")
        yield np.frombuffer(data[at:end], dtype=dtype).reshape(shape)
        at = end
    if at != len(data):
        raise SaveError("it is longer than its arrays")


def _digest(header: dict[str, Any], packed: bytes) -> bytes:
    told = json.dumps(header, sort_keys=True).encode()
    return hashlib.blake2b(told + packed, digest_size=16).digest()


def _read_one(tick: Any, header: Any, body: Any, digest: Any, passed_over: tuple[str, ...]) -> Saved:
    try:
        told = json.loads(header)
    except (ValueError, TypeError, RecursionError) as error:
        raise SaveError("its header is damaged") from error
    if not isinstance(told, dict) or not isinstance(body, bytes) or _digest(told, body) != digest:
        raise SaveError("its digest does not fit")
    state, arrays = unpack(body)
    return Saved(int(tick), told, state, arrays, passed_over)


def _check_schema(path: Path, file: sqlite3.Connection) -> None:
    found = file.execute("select value from meta where key = 'schema'").fetchone()
    if found is None or found[0] != str(SCHEMA):
        told = "none" if found is None else found[0]
        raise SaveError(
            f"{path}: expected a save of schema {SCHEMA}, got {told}: it was made by another version"
        )


@contextmanager
def _opened(path: Path, *, write: bool = True) -> Iterator[sqlite3.Connection]:
    where = path.absolute().as_uri() + ("" if write else "?mode=ro")
    with closing(sqlite3.connect(where, uri=True)) as file:
        file.text_factory = lambda text: text.decode(
            errors="replace"
        )  # what is damaged is found by its digest
        if write:
            file.execute("pragma journal_mode=wal")
            file.execute("pragma synchronous=full")  # a state is there when it is said to be
        yield file
