"""What a person reads: two tables that fit a hundred columns, and why each long frame was long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

_PIPED_WIDTH: Final = 100
_EXPLAINED_AT_MOST: Final = 10
_Numbers = Mapping[str, Any]
_Cell = Callable[[_Numbers], str]


def _of(*path: str, digits: int = 2, scale: float = 1) -> _Cell:
    """The median over the rounds; with more than one round, their span below it."""

    def cell(arm: _Numbers) -> str:
        value: Any = arm
        for name in path:
            value = value[name]
        told = {name: f"{number * scale:.{digits}f}" for name, number in value.items()}
        return told["median"] if arm["rounds"] == 1 else f"{told['median']}\n{told['min']}-{told['max']}"

    return cell


def _total(*path: str) -> _Cell:
    """A count over all rounds."""

    def cell(arm: _Numbers) -> str:
        value: Any = arm["pooled"]
        for name in path:
            value = value[name]
        return str(value)

    return cell


def _percent(name: str) -> _Cell:
    return _of(name, digits=0, scale=100)


_WHICH: Final[tuple[tuple[str, _Cell], ...]] = (
    ("NPCs", lambda arm: str(arm["npcs"])),
    ("streams", lambda arm: str(arm["streams"])),
)
_WORK: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("frames", _total("frames")),
    ("p50", _of("work_ms", "p50")),
    ("p99", _of("work_ms", "p99")),
    ("p99.9", _of("work_ms", "p999")),
    ("max", _of("work_ms", "max")),
    ("CPU p99.9", _of("work_cpu_ms", "p999")),
    ("over 16 ms", _total("over_budget")),
    ("main", _total("over_budget_by", "main")),
    ("backgr.", _total("over_budget_by", "background")),
    ("machine", _total("over_budget_by", "machine")),
)
_PACE: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("p50", _of("interval_ms", "p50")),
    ("p99", _of("interval_ms", "p99")),
    ("p99.9", _of("interval_ms", "p999")),
    ("max", _of("interval_ms", "max")),
    ("chunks/s", _of("chunks_delivered_per_s", digits=0)),
    ("lost", _of("chunks_lost", digits=0)),
    ("main %", _percent("main_cpu_share")),
    ("backgr. %", _percent("background_cpu_share")),
    ("server %", _percent("server_cpu_share")),
)


def show(arms: Sequence[_Numbers]) -> None:
    """Print all of it."""
    terminal = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    terminal.print(_table("Work of a frame, ms; and who spent those over 16 ms", _WORK, arms))
    terminal.print(_table("Start to start of frames, ms; what came in; shares of one core", _PACE, arms))
    for line in _explanations(arms):
        terminal.print(line, highlight=False)


def _table(title: str, columns: Sequence[tuple[str, _Cell]], arms: Sequence[_Numbers]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name, _ in columns:
        table.add_column(name, justify="right")
    for arm in arms:
        table.add_row(*(cell(arm) for _, cell in columns))
    return table


def _explanations(arms: Sequence[_Numbers]) -> list[str]:
    lines = [_explained(arm, frame) for arm in arms for frame in arm["over_budget_frames"]]
    more = len(lines) - _EXPLAINED_AT_MOST
    return lines[:_EXPLAINED_AT_MOST] + ([f"... and {more} more: see --report"] if more > 0 else [])


def _explained(arm: _Numbers, frame: _Numbers) -> str:
    return (
        f"{arm['npcs']} NPCs, {arm['streams']} streams, round {frame['round']}: {frame['work_ms']:.1f} ms "
        f"({frame['cause']}): CPU {frame['main_cpu_ms']:.1f} main + {frame['background_cpu_ms']:.1f} "
        f"background, GC {frame['gc_ms']:.1f}; {frame['ticks']} ticks"
    )
