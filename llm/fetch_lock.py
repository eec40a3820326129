"""One fetch at a time on this machine: a lock file that its holder keeps touching.

A lock nobody has touched for a while belongs to a run that was killed, and is taken over. Should two runs ever
take it over in the same instant they would both fetch; the rename at the end keeps even that harmless.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from llm.errors import ModelFileError

STALE_AFTER_S: Final = 30.0
_POLL_S: Final = 0.25
_BEAT_NS: Final = 1_000_000_000


class FetchLock:
    """Held within `with`; waits for its turn, and gives up when `cancelled` is set."""

    def __init__(self, path: Path, cancelled: threading.Event, stale_after_s: float = STALE_AFTER_S) -> None:
        self._path = path
        self._cancelled = cancelled
        self._stale_after_s = stale_after_s
        self._beaten_ns = 0
        self._unchanged: tuple[int, int] | None = None  # (mtime of another's lock, when we first saw it)

    def __enter__(self) -> Self:
        while not self._taken():
            self._put_stale_aside()
            if self._cancelled.wait(_POLL_S):
                raise ModelFileError("fetching the model was stopped while another run was at it")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink(missing_ok=True)

    def beat(self) -> None:
        """Show that the holder lives, at most once a second."""
        now_ns = time.monotonic_ns()
        if now_ns - self._beaten_ns > _BEAT_NS:
            self._beaten_ns = now_ns
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def _taken(self) -> bool:
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except (FileExistsError, PermissionError):  # the second: Windows, while another is removing it
            if not self._path.parent.is_dir() or not os.access(self._path.parent, os.W_OK):
                raise
            return False
        with os.fdopen(handle, "w") as lock:
            lock.write(f"{os.getpid()}\n")
        return True

    def _put_stale_aside(self) -> None:
        """Stale is what has not changed for a while by our own monotonic clock: wall clocks may jump."""
        with contextlib.suppress(OSError):  # gone meanwhile: the next try will tell
            touched_ns = self._path.stat().st_mtime_ns
            now_ns = time.monotonic_ns()
            if self._unchanged is None or self._unchanged[0] != touched_ns:
                self._unchanged = touched_ns, now_ns
            if now_ns - self._unchanged[1] > self._stale_after_s * 1e9:
                aside = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
                self._path.replace(aside)
                aside.unlink()
                self._unchanged = None
