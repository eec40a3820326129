"""What a run has come to, in one line, and how far a fast one has got."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sim.app.report import TalkCounts
from sim.loop import Loop
from sim.world import World

_REFRESH_TICKS: Final = 500


def closing_line(loop: Loop, talks: TalkCounts, wall_s: float) -> str:
    """Time, talk and frames."""
    world_s, frames = loop.world.tick / 60, loop.statistics
    tiers = ", ".join(f"{count} {tier}" for tier, count in sorted(talks.by_tier.items())) or "none"
    return (
        f"{world_s:.0f} world seconds in {wall_s:.1f} s; {talks.started} talks, "
        f"{talks.by_tier.total()} lines ({tiers}); {frames.count} frames, work p99 "
        f"{frames.work.percentile_ms(99):.2f} ms, {frames.over_budget} over 16 ms"
    )


class FastProgress:
    """A bar on a terminal, nothing on a pipe; called once a frame."""

    def __init__(
        self, world: World, last_tick: int | None, told: Callable[[], str] = lambda: "ticks"
    ) -> None:
        self._world = world
        self._told = told
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._bar = Progress(
            *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
        )
        self._task = self._bar.add_task(told(), total=last_tick)
        self._bar.start()

    def __call__(self) -> None:
        """Move the bar now and then."""
        if self._world.tick % _REFRESH_TICKS == 0:
            self._bar.update(self._task, completed=self._world.tick, description=self._told(), refresh=True)

    def say(self, line: str) -> None:
        """A line that stays, above the bar if there is one."""
        if self._bar.disable:
            print(line, flush=True)
        else:
            self._bar.console.print(line, highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
