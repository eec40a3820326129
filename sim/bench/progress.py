"""How far a measurement is, on a terminal; drawn by who measures, and only between frames: a thread that draws would be measured too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_BEAT_NS: Final = 1_000_000_000


class Shown:
    """One bar over all steps."""

    def __init__(self, bar: Progress, steps: int) -> None:
        self._bar = bar
        self._steps = steps
        self._task = bar.add_task("", total=steps)
        self._begun = 0
        self._drawn_ns = 0

    def step(self, what: str) -> None:
        """Another step begins; the one before it is done."""
        self._bar.update(self._task, completed=self._begun, description=what, refresh=True)
        if self._bar.disable:
            self._bar.console.print(f"{what} ({self._begun + 1} of {self._steps})", highlight=False)
        self._begun += 1

    def beat(self) -> None:
        """Something goes on; drawn once a second at most."""
        now_ns = time.perf_counter_ns()
        if now_ns - self._drawn_ns > _BEAT_NS:
            self._drawn_ns = now_ns
            self._bar.refresh()


@contextmanager
def shown(steps: int) -> Iterator[Shown]:
    """A bar on a terminal; else a line a step."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(
        *columns, console=terminal, auto_refresh=False, transient=True, disable=not terminal.is_terminal
    )
    with bar:
        yield Shown(bar, steps)
