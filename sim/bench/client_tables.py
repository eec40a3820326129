"""What a person reads of `bench client` and `bench latency`: tables that fit a hundred columns."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console, Group
from rich.table import Table

from sim.bench.client_numbers import Verdict

_PIPED_WIDTH: Final = 100
_Numbers = Mapping[str, Any]
Row = Sequence[str]


def console() -> Console:
    """As wide as the terminal, or a hundred columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def table(title: str, columns: Sequence[str], rows: Iterable[Row]) -> Group:
    """The first column says which, the others how much."""
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, name in enumerate(columns):
        shown.add_column(name, justify="right" if number else "left")
    for row in rows:
        shown.add_row(*row)
    return Group(title, shown)


def spread_cell(value: _Numbers, digits: int = 2) -> str:
    """A median; where the rounds differ, how far below it."""
    middle, low, high = (f"{value[name]:.{digits}f}" for name in ("median", "min", "max"))
    return middle if low == high else f"{middle}\n{low}-{high}"


def percentile_cells(value: _Numbers, names: Sequence[str], digits: int = 2) -> list[str]:
    """Some of them."""
    return [f"{value[name]:.{digits}f}" for name in names]


def verdict_table(verdicts: Sequence[Verdict]) -> Group:
    """All that has a limit."""
    return table(
        "Against the limits",
        ("", "measured", "limit", ""),
        [
            (
                one.name,
                f"{one.value:.3g} {one.unit}".strip() if one.value < 1000 else f"{one.value:.0f} {one.unit}",
                f"{'at least' if one.at_least else 'at most'} {one.limit:.4g} {one.unit}".strip(),
                "ok" if one.holds else "MISSED",
            )
            for one in verdicts
        ],
    )


def show(parts: _Numbers, verdicts: Sequence[Verdict]) -> None:
    """Print all of it."""
    terminal = console()
    for name, numbers in parts.items():
        terminal.print(_TABLES[name](numbers))
    terminal.print(verdict_table(verdicts))


def _cpu(numbers: _Numbers) -> Group:
    names = ("ours_us", "sdk_us", "ratio", "ours_kept_up", "sdk_kept_up", "ours_core_share", "sdk_core_share")
    return table(
        f"CPU per chunk, us; {numbers['rate']:.0f} chunks/s a stream",
        ("streams", "ours", "SDK", "ours/SDK", "came out", "SDK", "cores", "SDK"),
        [
            (
                str(level["streams"]),
                *(spread_cell(level[name], 1 if name.endswith("us") else 2) for name in names),
            )
            for level in numbers["levels"]
        ],
    )


def _growth(numbers: _Numbers) -> Group:
    short, long = numbers["short_chunks"], numbers["long_chunks"]
    return table(
        f"CPU per chunk as a line grows, us; {numbers['rate']:.0f} chunks/s a stream, 4 at once",
        ("", f"{short} chunks", f"{long} chunks", "long/short", "2nd half/1st"),
        [
            (
                "ours",
                spread_cell(numbers["short_us"], 1),
                spread_cell(numbers["long_us"], 1),
                spread_cell(numbers["long_over_short"]),
                spread_cell(numbers["second_half_over_first"]),
            )
        ],
    )


def _frames(numbers: _Numbers) -> Group:
    return table(
        f"A 60 Hz loop with {numbers['work_of_its_own_ms']:.0f} ms of work beside {numbers['streams']} streams, ms",
        ("", "frames", "work p50", "p99", "p99.9", "of runs", "over 16", "late p99", "lost", "of chunks"),
        [_frame_row(name, of) for name, of in numbers["clients"].items()],
    )


def _frame_row(name: str, of: _Numbers) -> list[str]:
    return [
        name,
        str(of["frames"]),
        *percentile_cells(of["work_ms"], ("p50", "p99", "p999")),
        spread_cell(of["rounds"]["work_p999_ms"]),
        _over_cell(of),
        f"{of['late_ms']['p99']:.2f}",
        str(of["lost"]),
        str(of["sent"]),
    ]


def _over_cell(of: _Numbers) -> str:
    """How many, and who made them long."""
    causes = ", ".join(f"{cause} {count}" for cause, count in of["over_budget_by"].items() if count)
    return f"{of['over_budget']}\n{causes}"


def _submits(numbers: _Numbers) -> Group:
    spoken = ", ".join(f"{tier} {count}" for tier, count in numbers["spoken_by"].items())
    return table(
        f"Asking, us; spoken by: {spoken}",
        ("", "calls", "p50", "p99", "max"),
        [
            (which, str(numbers["submits"]), *percentile_cells(numbers[name], ("p50", "p99", "max"), 1))
            for which, name in (
                ("generate_async", "us"),
                ("the same, on a processor", "cpu_us"),
                ("the town's submit", "town_us"),
            )
        ],
    )


def _delays(numbers: _Numbers) -> Group:
    return table(
        f"From the server's hand to the main thread, ms; {numbers['streams']} streams",
        ("", "chunks", "p50", "p99", "max"),
        [
            (
                f"{one['rate']:.0f} chunks/s",
                str(one["chunks"]),
                *percentile_cells(one["delay_ms"], ("p50", "p99", "max"), 1),
            )
            for one in numbers["rates"]
        ],
    )


def _cancels(numbers: _Numbers) -> Group:
    before, after = numbers["before"], numbers["after"]
    return table(
        f"After {numbers['cancels']} lines given up at any moment, {numbers['reached_the_server']} of them in flight",
        ("", *(name.replace("_", " ") for name in before)),
        [("before", *map(str, before.values())), ("after", *map(str, after.values()))],
    )


_TABLES: Final = {
    "cpu": _cpu,
    "growth": _growth,
    "frames": _frames,
    "submit": _submits,
    "delay": _delays,
    "cancels": _cancels,
}
