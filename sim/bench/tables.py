"""What a person reads: two tables that fit a hundred columns, and why each long frame was long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from sim.bench.trace import CAUSES

_PIPED_WIDTH: Final = 100
_EXPLAINED_AT_MOST: Final = 10
_Numbers = Mapping[str, Any]
_Cell = Callable[[_Numbers], str]


def _ms(*path: str) -> _Cell:
    """The median over the rounds; with more than one round, how far they lie apart below it."""

    def cell(arm: _Numbers) -> str:
        value = _at(arm, path)
        span = "" if arm["rounds"] == 1 else f"\n{_short(value['min'])}-{_short(value['max'])}"
        return f"{value['median']:.2f}{span}"

    return cell


def _short(value_ms: float) -> str:
    return f"{value_ms:.1f}" if value_ms < 100 else f"{value_ms:.0f}"


def _median(*path: str, scale: float = 1, digits: int = 0) -> _Cell:
    """The median over the rounds alone."""
    return lambda arm: f"{_at(arm, path)['median'] * scale:.{digits}f}"


def _worst(name: str) -> _Cell:
    """Of all rounds."""
    return lambda arm: f"{arm[name]['max']:.0f}"


def _frames(arm: _Numbers) -> str:
    return str(arm["pooled"]["frames"])


def _over_budget(arm: _Numbers) -> str:
    return str(arm["pooled"]["over_budget"])


def _whose(arm: _Numbers) -> str:
    causes = arm["pooled"]["over_budget_by"]
    return "/".join(str(causes[cause]) for cause in CAUSES)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value[name]
    return value


_WHICH: Final[tuple[tuple[str, _Cell], ...]] = (
    ("NPCs", lambda arm: str(arm["npcs"])),
    ("streams", lambda arm: str(arm["streams"])),
)
_WORK: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("frames", _frames),
    ("p50", _median("work_ms", "p50", digits=2)),
    ("p99", _ms("work_ms", "p99")),
    ("p99.9", _ms("work_ms", "p999")),
    ("max", _ms("work_ms", "max")),
    ("CPU p99.9", _ms("work_cpu_ms", "p999")),
    ("over 16", _over_budget),
    ("main/backgr.\n/GC/machine", _whose),
)
_PACE: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("p50", _median("interval_ms", "p50", digits=2)),
    ("p99", _ms("interval_ms", "p99")),
    ("p99.9", _ms("interval_ms", "p999")),
    ("max", _ms("interval_ms", "max")),
    ("GC", _worst("gc_longest_ms")),
    ("chunks/s", _median("chunks_delivered_per_s")),
    ("lost", _worst("chunks_lost")),
    ("main", _median("main_cpu_share", scale=100)),
    ("backgr.", _median("background_cpu_share", scale=100)),
    ("server", _median("server_cpu_share", scale=100)),
)


def show(arms: Sequence[_Numbers]) -> None:
    """Print all of it."""
    terminal = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    terminal.print(_table("Work of a frame, ms; frames over 16 ms, and who spent them", _WORK, arms))
    terminal.print(
        _table(
            "Start to start of frames and garbage collections, ms; chunks that came in; CPU, % of one core",
            _PACE,
            arms,
        )
    )
    for line in _explanations(arms):
        terminal.print(line, highlight=False)


def _table(title: str, columns: Sequence[tuple[str, _Cell]], arms: Sequence[_Numbers]) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
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
        f"{arm['npcs']} NPCs, {arm['streams']} streams, round {frame['round']}: {frame['work_ms']:.1f} ms, "
        f"{frame['cause']} (CPU {frame['main_cpu_ms']:.1f} main, {frame['background_cpu_ms']:.1f} backgr.; "
        f"GC {frame['gc_ms']:.1f}; ticks {frame['ticks']})"
    )
