"""What was spent per minute, on disk. Programs that run at once add to the same file and see each other's.

It is used by one thread at a time, never the loop's: it waits for the disk, and for others that write. A file that
cannot be understood is put aside under another name, never deleted, and a fresh one is begun.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

STATE_DIR_VARIABLE: Final = "TWITCHMAN_STATE_DIR"
SCHEMA: Final = 1
_KEPT_BEFORE_MINUTES: Final = 24 * 60  # rows older than the day that is asked for are kept for another
_BUSY_S: Final = 5.0
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BESIDES: Final = ("", "-wal", "-shm")  # a database is up to three files

_CREATE: Final = "CREATE TABLE IF NOT EXISTS spending (minute INTEGER PRIMARY KEY, usd REAL NOT NULL)"
_ADD: Final = (
    "INSERT INTO spending (minute, usd) VALUES (?, ?)"
    " ON CONFLICT (minute) DO UPDATE SET usd = usd + excluded.usd"
)
_FORGET: Final = "DELETE FROM spending WHERE minute < ?"
_READ: Final = "SELECT minute, usd FROM spending WHERE minute >= ?"


class SpendFileError(OSError):
    """The file cannot be used now. One line, for people; what was to be saved is not saved."""


class _NotOurs(Exception):  # noqa: N818 - named for what the file is
    """The file is a database, but not one that this program wrote."""


def spend_path() -> Path:
    """Where the file lies; it need not exist yet."""
    override = os.environ.get(STATE_DIR_VARIABLE)
    return (Path(override) if override else platformdirs.user_state_path("twitchman")) / "spend.sqlite3"


class SpendFile:
    """The open file. `put_aside` says, in one line, what became of one that could not be understood.

    Raises SpendFileError where a file cannot be used at all: no room, no permission, locked for seconds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.put_aside = ""
        self._database = self._open()

    def add_and_read(self, unsaved: Mapping[int, float], since_minute: int) -> dict[int, float]:
        """Add to the minutes' totals, and read the totals since a minute, all at once. Raises SpendFileError.

        After an error nothing was added. A file that turns out to be damaged is put aside, and the next call uses
        the fresh one.
        """
        try:
            return self._add_and_read(unsaved, since_minute)
        except sqlite3.Error as error:
            if _is_damaged(error):
                self._database.close()
                self._move_away(str(error))
                self._database = self._open()
            raise SpendFileError(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Let go of the file; it may be called twice."""
        self._database.close()

    def _add_and_read(self, unsaved: Mapping[int, float], since_minute: int) -> dict[int, float]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany(_ADD, unsaved.items())
            self._database.execute(_FORGET, (since_minute - _KEPT_BEFORE_MINUTES,))
            spent = dict(self._database.execute(_READ, (since_minute,)).fetchall())
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        return spent

    def _open(self) -> sqlite3.Connection:
        """Open the file, or a fresh one in its place."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return _connect(self._path)
            except (sqlite3.Error, _NotOurs) as error:
                if not _is_damaged(error):
                    raise
                self._move_away(str(error))
                return _connect(self._path)
        except (sqlite3.Error, _NotOurs, OSError) as error:
            raise SpendFileError(f"{self._path}: {error}") from error

    def _move_away(self, reason: str) -> None:
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.damaged-{number}")).exists():
            number += 1
        for besides in _BESIDES:
            part = self._path.with_name(self._path.name + besides)
            if part.exists():
                part.rename(aside.with_name(aside.name + besides))
        self.put_aside = f"{self._path} could not be read ({reason}) and was put aside as {aside.name}"


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection) -> None:
    verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise _NotOurs(" ".join(verdict.split()))
    database.execute("BEGIN IMMEDIATE")  # two programs may begin a fresh file at once
    schema = database.execute("PRAGMA user_version").fetchone()[0]
    if schema == 0 and not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        database.execute(_CREATE)
        database.execute(f"PRAGMA user_version = {SCHEMA}")
    elif schema != SCHEMA:
        raise _NotOurs(f"its schema is {schema}, and this program knows {SCHEMA}")
    database.execute("COMMIT")
    database.execute(
        _READ, (0,)
    ).close()  # it has our table, or this raises; until here nothing of it was changed
    with contextlib.suppress(
        sqlite3.OperationalError
    ):  # a program that begins at the same moment is doing it
        database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")


def _is_damaged(error: Exception) -> bool:
    """Whether the file itself is at fault, and not the moment: a lock or a full disk goes by."""
    match error:
        case _NotOurs():
            return True
        case sqlite3.OperationalError():
            return "no such" in str(error)  # table or column: somebody else's file under our number
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", None) in _DAMAGED
        case _:
            return False
