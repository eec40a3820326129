"""How a run is told to end from outside, and what it ended with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from sim.loop import Loop

INTERRUPTED: Final = 130
TERMINATED: Final = 143


@dataclass(slots=True)
class Ending:
    """Why the run ended: an exit status, or a save that another one goes on with."""

    status: int = 0
    load: str = ""


@contextmanager
def signals_end(loop: Loop, ending: Ending) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run with everything written; a second one ends it now."""

    def end(number: int, _frame: FrameType | None) -> None:
        status = INTERRUPTED if number == signal.SIGINT else TERMINATED
        if ending.status:
            os._exit(status)
        ending.status, loop.stopped = status, True

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
