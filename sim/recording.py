"""A recording: a SQLite file with a header, perhaps a state to begin from, and all that entered the town since, page by page.

A save is the same, begun anew at each autosave. SQLite (WAL) makes each state and each page a transaction, so a program that is
killed amid one leaves all before it. Everything has a digest; what is damaged is told, and nothing after it is used.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.inputs import Input
from sim.journal import Page, by_tick, page_of, page_text
from sim.packing import SaveError, unpack
from sim.plain import Arrays

SCHEMA: Final = 2
_FIRST_SCHEMA: Final = 1  # states alone, several in a file
_MOST_CELL: Final = 1 << 30  # bytes, of what a file may hold in one place
_TABLES: Final = """
create table meta (key text primary key, value text not null);
create table state (tick integer not null, body blob not null, digest blob not null);
create table pages (id integer primary key, body text not null, digest blob not null);
"""


@dataclass(frozen=True, slots=True)
class Start:
    """A state that a recording begins from."""

    tick: int
    state: dict[str, Any]
    arrays: Arrays


@dataclass(frozen=True, slots=True)
class Recording:
    """As it was read; a town that begins from its start and consumes its inputs is at `last` what the recorded one was."""

    header: dict[str, Any]
    start: Start | None  # None: from the town's first tick on
    inputs: Mapping[int, tuple[Input, ...]]  # by the tick that consumes them
    marks: Mapping[int, str]  # tick -> hash of the state after it
    last: int
    seq: int = 0  # of the newest input
    damage: str = ""  # what could not be used


class RecordingFile:
    """One that is being made. For one thread."""

    def __init__(self, path: Path, header: Mapping[str, Any], start: tuple[int, bytes] | None = None) -> None:
        """Make it, in place of what is there: the header and the packed state at a tick. Raises SaveError."""
        self.path = path
        told = json.dumps(header)
        rows = {"schema": str(SCHEMA), "header": told, "digest": _digest(told, b"").hex()}
        try:
            discard(path)
            self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._file.execute("pragma journal_mode=wal")
            self._file.execute("pragma synchronous=full")  # what is said to be there is there
            with self._transaction():
                for table in _TABLES.split(";"):
                    self._file.execute(table)
                self._file.executemany("insert into meta values (?, ?)", rows.items())
                if start is not None:
                    tick, body = start
                    self._file.execute(
                        "insert into state values (?, ?, ?)", (tick, body, _digest(f"{told}{tick}", body))
                    )
        except (sqlite3.Error, OSError) as error:
            raise SaveError(f"{path}: cannot be written: {error}") from error

    def append(self, pages: list[Page]) -> None:
        """All of them, or none. Raises SaveError."""
        texts = [page_text(page) for page in pages]
        try:
            with self._transaction():
                self._file.executemany(
                    "insert into pages (body, digest) values (?, ?)",
                    [(text, _digest(text, b"")) for text in texts],
                )
        except (sqlite3.Error, OSError) as error:
            raise SaveError(f"{self.path}: cannot be written: {error}") from error

    def close(self) -> None:
        """Nothing more comes. The log that goes with it becomes part of it."""
        self._file.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("begin immediate")
        try:
            yield
            self._file.execute("commit")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("rollback")
            raise


def discard(path: Path) -> None:
    """Away with a recording, and what SQLite keeps beside it. Raises OSError."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def read_recording(path: Path) -> Recording:
    """All of it that is whole. Raises SaveError that says why nothing can be begun from it."""
    if path.is_symlink() or not path.is_file():
        raise SaveError(f"{path}: there is no such save or recording")
    try:
        with _opened(path) as file:
            schema = _schema(path, file)
            return _read_states(path, file) if schema == _FIRST_SCHEMA else _read(path, file)
    except (sqlite3.Error, OSError, UnicodeError) as error:  # SQLite may quote what is damaged
        raise SaveError(f"{path}: cannot be read: {error}") from error


def read_header(path: Path) -> dict[str, Any]:
    """What it was made of, and nothing else. Raises SaveError."""
    return read_recording(path).header


def _read(path: Path, file: sqlite3.Connection) -> Recording:
    meta = dict(file.execute("select key, value from meta"))
    told = meta.get("header", "")
    header = _header(path, told, meta.get("digest") == _digest(told, b"").hex())
    start = _start(path, told, file.execute("select tick, body, digest from state").fetchone())
    before = start.tick if start else 0
    pages, damage = _pages(file, before)
    last = pages[-1].last if pages else before
    return Recording(
        header,
        start,
        by_tick(pages),
        {tick: mark for page in pages for tick, mark in page.marks},
        last,
        max((one.seq for page in pages for one in page.inputs), default=0),
        f"after tick {last}: {damage}" if damage else "",
    )


def _start(path: Path, told: str, row: Any) -> Start | None:
    if row is None:
        return None
    tick, body, digest = row
    if type(tick) is not int or not isinstance(body, bytes) or _digest(f"{told}{tick}", body) != digest:
        raise SaveError(f"{path}: its state is damaged: the digest does not fit")
    try:
        return Start(tick, *unpack(body))
    except SaveError as error:
        raise SaveError(f"{path}: its state is damaged: {error}") from error


def _pages(file: sqlite3.Connection, before: int) -> tuple[list[Page], str]:
    """Those that follow upon each other, and why there are no more."""
    pages: list[Page] = []
    try:
        for text, digest in file.execute("select body, digest from pages order by id"):
            if not isinstance(text, str) or _digest(text, b"") != digest:
                return pages, "a page of it is damaged: the digest does not fit"
            page = page_of(text)
            if page.first != (pages[-1].last if pages else before) + 1:
                return pages, f"a page is missing before tick {page.first}"
            pages.append(page)
    except (SaveError, sqlite3.Error) as error:
        return pages, str(error)
    return pages, ""


def _read_states(path: Path, file: sqlite3.Connection) -> Recording:
    """The newest whole state of a file of the first schema, which had no pages."""
    damage: list[str] = []
    rows = file.execute("select tick, header, body, digest from states order by id desc")
    for tick, told, body, digest in rows:
        try:
            header = _header(path, told, is_whole=True)
            _header(path, told, _digest(json.dumps(header, sort_keys=True), body) == digest)
            return Recording(header, Start(int(tick), *unpack(body)), {}, {}, int(tick), 0, "; ".join(damage))
        except SaveError as error:
            damage.append(f"its state at tick {tick}: {error}")
    raise SaveError(f"{path}: no state in it is whole: {'; '.join(damage) or 'it holds none'}")


def _header(path: Path, told: Any, is_whole: bool) -> dict[str, Any]:  # noqa: FBT001 - what the digest says
    try:
        header = json.loads(told)
    except (ValueError, TypeError, RecursionError):
        header = None
    if not is_whole or not isinstance(header, dict):
        raise SaveError(f"{path}: its header is damaged")
    return header


def _digest(told: str, body: bytes) -> bytes:
    return hashlib.blake2b(told.encode(errors="replace") + body, digest_size=16).digest()


def _schema(path: Path, file: sqlite3.Connection) -> int:
    kinds = {kind for (kind,) in file.execute("select distinct type from sqlite_master")}
    if not kinds:
        raise SaveError(f"{path}: it was never finished: the program was ended while it began to save")
    if not kinds <= {"table", "index"}:  # a view or a trigger could do anything
        raise SaveError(f"{path}: cannot be read: it holds more than tables")
    row = file.execute("select value from meta where key = 'schema'").fetchone()
    found = row[0] if row else None
    if found not in (str(_FIRST_SCHEMA), str(SCHEMA)):
        raise SaveError(
            f"{path}: expected a save of schema {_FIRST_SCHEMA} to {SCHEMA}, got {found}: "
            "it was made by another version"
        )
    return int(found)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    is_open = path.with_name(f"{path.name}-wal").exists()  # or was, when somebody was killed
    how = "mode=ro" if is_open else "mode=ro&immutable=1"  # else reading would leave files beside it
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as file:
        file.text_factory = lambda text: text.decode(errors="replace")  # found by its digest
        file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_CELL)
        file.execute("pragma trusted_schema=off")
        yield file
