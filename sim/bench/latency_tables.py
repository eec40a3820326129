"""What a person reads of `bench latency`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Group

from sim.bench.client_numbers import Verdict
from sim.bench.client_tables import console, percentile_cells, spread_cell, table, verdict_table

_Numbers = Mapping[str, Any]
_SHOWN: Final = ("p50", "p95", "max")


def show(parts: _Numbers, verdicts: Sequence[Verdict]) -> None:
    """Print all of it."""
    terminal = console()
    for name, numbers in parts.items():
        if "skipped" in numbers:
            terminal.print(numbers["skipped"], highlight=False)
        else:
            terminal.print(_pairs(numbers) if name == "embedded" else _lines(numbers))
    terminal.print(verdict_table(verdicts))


def _lines(numbers: _Numbers) -> Group:
    low, high = numbers["tokens"]
    spoken = ", ".join(f"{tier} {count}" for tier, count in numbers["spoken_by"].items())
    if numbers["elsewhere"]:
        spoken += " (" + ", ".join(f"{why} {count}" for why, count in numbers["elsewhere"].items()) + ")"
    return table(
        f"{numbers['tier']}: {numbers['lines']} lines of {low}-{high} tokens, {numbers['tokens_per_s']:.0f} a second, "
        f"first after {numbers['server_delay_s']} s; in s\nspoken by: {spoken}",
        ("", *_SHOWN),
        [
            ("first words", *percentile_cells(numbers["first_content_s"], _SHOWN)),
            ("whole line", *percentile_cells(numbers["end_s"], _SHOWN)),
        ],
    )


def _pairs(numbers: _Numbers) -> Group:
    return table(
        f"The embedded model's first word, ms; {numbers['pairs']} pairs, prompts of "
        f"{numbers['tokens_in']['median']:.0f} tokens",
        ("persona", *_SHOWN, "from cache", "warm/cold"),
        [
            _pair_row(numbers, "cold", "not read before", ""),
            _pair_row(numbers, "warm", "read ahead", spread_cell(numbers["warm_over_cold"])),
        ],
    )


def _pair_row(numbers: _Numbers, which: str, name: str, compared: str) -> list[str]:
    cells = percentile_cells(numbers[f"{which}_ms"], _SHOWN, 0)
    return [name, *cells, spread_cell(numbers[f"{which}_cached_share"]), compared]
