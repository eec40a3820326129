"""Who lives here: the people who were written, and behind them as many made-up ones as the town is to have.

Which of the crowd have been made depends on who looked at whom, so nothing in a tick may ask for `known`; `residents`
are the same however anybody looked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.persona import Persona
from agents.villagers import Villagers, villager_from_seed, villagers_in_columns


class Roster:
    """Personas by row. One of the crowd is made when somebody first asks for it."""

    def __init__(self, written: Sequence[Persona], count: int, seed: int) -> None:
        self._written = len(written)
        self._seed = seed
        self._count = count
        self._known: dict[int, Persona] = dict(enumerate(written[:count]))
        self._rows: dict[str, int] = {persona.id: row for row, persona in self._known.items()}
        self._residents: set[int] = set(self._known)

    def __len__(self) -> int:
        return self._count

    def persona(self, row: int) -> Persona:
        """Who it is."""
        persona = self._known.get(row)
        if persona is None:
            persona = self._known[row] = villager_from_seed(row - self._written, self._seed)
            self._rows.setdefault(persona.id, row)
        return persona

    def villagers(self, rows: NDArray[np.int64]) -> Villagers:
        """What `persona` would say of many who are nobody's residents, without making a person of any of them."""
        return villagers_in_columns(rows - self._written, self._seed)

    def first_name(self, row: int) -> str:
        """What they are called."""
        return self.persona(row).first_name

    def row_of(self, persona_id: str) -> int | None:
        """Whose row it is, of all who have been asked for."""
        return self._rows.get(persona_id)

    def put(self, row: int, persona: Persona) -> None:
        """This is who it is from now on."""
        before = self._known.get(row)
        if before is not None and self._rows.get(before.id) == row:
            del self._rows[before.id]
        self._known[row] = persona
        self._rows[persona.id] = row
        self._residents.add(row)
        self._count = max(self._count, row + 1)

    def grow(self, count: int) -> None:
        """So many live here: those who came later among them."""
        self._count = count

    def known(self) -> list[tuple[int, Persona]]:
        """All who have been asked for, by row."""
        return sorted(self._known.items(), key=lambda one: one[0])

    def residents(self) -> list[tuple[int, Persona]]:
        """All who were written, or came or were changed later, by row."""
        return [(row, self._known[row]) for row in sorted(self._residents)]
