"""Everybody's mind; one of the crowd has one from when something first happens to them."""

from __future__ import annotations

from collections.abc import Iterator

from agents.context import Context
from agents.mind import Mind, State
from sim.roster import Roster


class Minds:
    """By row."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._made: dict[int, Mind] = {}

    def __len__(self) -> int:
        return len(self._roster)

    def __getitem__(self, row: int) -> Mind:
        mind = self._made.get(row)
        if mind is None:
            mind = self._made[row] = Mind(self._roster.persona(row))
        return mind

    def last_context(self, row: int) -> Context | None:
        """Of the prompt of somebody's last line; makes nobody a mind."""
        mind = self._made.get(row)
        return mind.context if mind else None

    def made(self) -> Iterator[tuple[int, Mind]]:
        """Those there are, by row."""
        return iter(sorted(self._made.items()))

    def thinking(self) -> list[int]:
        """Rows of those who wait for a line, in no order."""
        return [row for row, mind in self._made.items() if mind.state is State.THINKING]
