"""The last half minute written to a file in a thread, for no frame waits for a disk."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from sim.timeline import Timeline

log = logging.getLogger(__name__)


def save_trace(timeline: Timeline, path: Path) -> None:
    """Begin to. What goes wrong is told in the log."""
    threading.Thread(target=_write, args=(timeline, path), name="trace").start()


def _write(timeline: Timeline, path: Path) -> None:
    try:
        timeline.write(path)
    except OSError as error:
        log.error("trace.not_saved", extra={"path": str(path), "reason": str(error)})  # noqa: TRY400 - a full disk needs no traceback
