"""What a person reads: three tables that fit a hundred columns, and why each long frame was long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from sim.bench.client_numbers import Verdict
from sim.bench.client_tables import verdict_table
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


def _pooled(*path: str) -> _Cell:
    """Of all rounds' frames together."""
    return lambda arm: f"{_at(arm['pooled'], path):.1f}"


def _total(name: str, digits: int = 0) -> _Cell:
    """Over all rounds."""
    return lambda arm: f"{arm['pooled'][name]:.{digits}f}"


def _missed(arm: _Numbers) -> str:
    return f"{arm['pooled']['missed_deadlines']} ({arm['pooled']['missed_deadlines_ours']})"


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
    ("", lambda arm: arm["name"]),
    ("NPCs", lambda arm: str(arm["npcs"])),
    ("streams", lambda arm: str(arm["streams"])),
)
_WORK: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("frames", _frames),
    ("p50", _median("work_ms", "p50", digits=2)),
    ("p99", _ms("work_ms", "p99")),
    ("p99.9", _pooled("work_ms", "p999")),
    ("max", _pooled("work_ms", "max")),
    ("CPU p99", _median("work_cpu_ms", "p99", digits=2)),
    ("over 16", _over_budget),
    ("by main/backgr.\n/GC/machine", _whose),
)
_PACE: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("p99", _ms("interval_ms", "p99")),
    ("max", _pooled("interval_ms", "max")),
    ("1% low\nby p99", _median("low_1pct_by_p99_fps", digits=1)),
    ("by\nmean", _median("low_1pct_by_mean_fps", digits=1)),
    ("ticks/s", _median("ticks_per_s", digits=1)),
    ("stut-\nters", _total("stutters")),
    ("missed\n(by us)", _missed),
    ("late\np99", _median("late_ms", "p99", digits=2)),
    ("s over\n16 ms", _total("s_over_budget", 2)),
)
_TRAFFIC: Final[tuple[tuple[str, _Cell], ...]] = (
    *_WHICH,
    ("chunks/s", _median("chunks_delivered_per_s")),
    ("of those\nsent, %", _median("kept_up", scale=100)),
    ("lines", _median("lines_spoken")),
    ("failed", _median("lines_not_spoken")),
    ("main", _median("main_cpu_share", scale=100)),
    ("backgr.", _median("background_cpu_share", scale=100)),
    ("server", _median("server_cpu_share", scale=100)),
    ("GC max", _worst("gc_longest_ms")),
)


def show(arms: Sequence[_Numbers], verdicts: Sequence[Verdict] = ()) -> None:
    """Print all of it."""
    terminal = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    terminal.print(_table("Work of a frame, ms; frames over 16 ms, and who spent them", _WORK, arms))
    terminal.print(
        _table("Start to start of frames, ms; deadlines missed by half a frame or more", _PACE, arms)
    )
    terminal.print(_table("Chunks that came in, lines of a round; CPU, % of one core", _TRAFFIC, arms))
    for line in _explanations(arms):
        terminal.print(line, highlight=False)
    if verdicts:
        terminal.print(verdict_table(verdicts))


def _table(title: str, columns: Sequence[tuple[str, _Cell]], arms: Sequence[_Numbers]) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    for number, (name, _) in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    for arm in arms:
        table.add_row(*(cell(arm) for _, cell in columns))
    return table


def _explanations(arms: Sequence[_Numbers]) -> list[str]:
    """Of our own arms: what the others' long frames are made of is theirs to explain."""
    own = [arm for arm in arms if arm["is_own"]]
    lines = [_explained(arm, frame) for arm in own for frame in arm["over_budget_frames"]]
    more = len(lines) - _EXPLAINED_AT_MOST
    return lines[:_EXPLAINED_AT_MOST] + ([f"... and {more} more: see --report"] if more > 0 else [])


def _explained(arm: _Numbers, frame: _Numbers) -> str:
    return (
        f"{arm['name']}, {arm['npcs']} NPCs, {arm['streams']} streams, round {frame['round']}: {frame['work_ms']:.1f} ms, "
        f"{frame['cause']} (CPU {frame['main_cpu_ms']:.1f} main, {frame['background_cpu_ms']:.1f} backgr.; "
        f"GC {frame['gc_ms']:.1f}; ticks {frame['ticks']})"
    )
