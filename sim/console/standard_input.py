"""Commands on standard input when it is not a terminal. Its end is not quit, and its reader cannot delay exit."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable


def read_commands(type_line: Callable[[str], None]) -> None:
    """Hand each line of standard input on, from a daemon thread; nothing happens at its end."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return
    threading.Thread(target=_read, args=(type_line,), name="standard-input", daemon=True).start()


def _read(type_line: Callable[[str], None]) -> None:
    try:
        for line in sys.stdin:
            if line.strip():
                type_line(line.strip())
    except (OSError, ValueError):
        return  # the pipe broke or was closed: as its end
