"""What a person reads of `bench world`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group

from sim.bench.client_numbers import Verdict
from sim.bench.client_tables import console, percentile_cells, spread_cell, table, verdict_table

_Numbers = Mapping[str, Any]


def show(parts: _Numbers, verdicts: Sequence[Verdict]) -> None:
    """Print all of it."""
    terminal = console()
    for name, numbers in parts.items():
        terminal.print(_TABLES[name](numbers))
    terminal.print(verdict_table(verdicts))


def _ticks(numbers: _Numbers) -> Group:
    return table(
        "A tick with all systems on, ms; asked is answered by nobody",
        ("people", "districts", "founded, s", "ticks", "mean", "p50", "p99", "max", "us a person"),
        [
            (
                f"{of['people']:,}",
                str(of["districts"]),
                spread_cell(of["founded_s"], 1),
                str(of["ticks"]),
                spread_cell(of["mean_ms"]),
                *percentile_cells(of["tick_ms"], ("p50", "p99", "max")),
                spread_cell(of["us_per_person"], 3),
            )
            for of in numbers["towns"]
        ],
    )


def _fast(numbers: _Numbers) -> Group:
    return table(
        "As fast as the machine allows, with lines from templates",
        ("people", "world seconds a second"),
        [(str(numbers["people"]), spread_cell(numbers["world_seconds_per_second"], 0))],
    )


def _mesa(numbers: _Numbers) -> Group | str:
    if "missing" in numbers:
        return f"{numbers['missing']}\n"
    same = numbers["outcome"]
    return table(
        f"The same rules in columns and by Mesa {numbers['mesa']}: after {same['ticks']} ticks of "
        f"{numbers['compared_people']} both count {same['arrivals']} arrivals\nand needs of {same['needs']} "
        "in all. ns a person and tick:",
        ("people", "columns", "Mesa", "Mesa/columns"),
        [
            (
                f"{numbers['people']:,}",
                *(spread_cell(numbers[name], 1) for name in ("columns_ns", "mesa_ns", "ratio")),
            )
        ],
    )


_TABLES: Final = {"ticks": _ticks, "fast": _fast, "mesa": _mesa}
