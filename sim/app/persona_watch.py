"""People's files are looked at now and then: who is saved is another at once, without a restart.

Works between frames, one file at a time; a file that is deleted does not send anybody away, for editors do that too.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agents.persona import Persona, PersonaError, read_persona
from agents.toml_files import read_table
from llm.types import NpcId
from sim.inputs import PersonCreated, PersonUpdated
from sim.loop import Loop
from sim.systems.people_change import newcomer, person_changed

LOOKS_EVERY_NS: Final = 2_000_000_000
_Stamp = tuple[Path, int, int]  # which file, when it was written, how long it is


@dataclass(slots=True)
class PersonaWatch:
    """Called in the slack of each frame; tells in one line what it did, or why it did nothing."""

    loop: Loop
    folders: Sequence[Path]  # of two files with one name the later folder's counts
    tell: Callable[[str], None]
    now_ns: Callable[[], int] = time.perf_counter_ns
    _seen: dict[str, _Stamp] = field(default_factory=dict)
    _saved: deque[Path] = field(default_factory=deque)
    _next_look_ns: int = 0

    def __post_init__(self) -> None:
        self._seen = self._stamps()
        self._next_look_ns = self.now_ns() + LOOKS_EVERY_NS

    def __call__(self) -> None:
        """Look if it is time; read one file of those that were saved."""
        if self._saved:
            self._take_over(self._saved.popleft())
        elif self.now_ns() >= self._next_look_ns:
            self._next_look_ns = self.now_ns() + LOOKS_EVERY_NS
            self._look()

    def _look(self) -> None:
        now = self._stamps()
        self._saved += [stamp[0] for name, stamp in sorted(now.items()) if self._seen.get(name) != stamp]
        self._seen = now

    def _stamps(self) -> dict[str, _Stamp]:
        stamps: dict[str, _Stamp] = {}
        for path in (path for folder in self.folders for path in folder.glob("*.toml")):
            try:
                found = path.stat()
            except OSError:
                continue  # it went between two looks
            stamps[path.name] = (path, found.st_mtime_ns, found.st_size)
        return stamps

    def _take_over(self, path: Path) -> None:
        try:
            self.tell(self._enter(read_persona(path, read_table(path, PersonaError))))
        except PersonaError as error:
            self.tell(f"nothing is changed: {error}")

    def _enter(self, persona: Persona) -> str:
        """The input that makes it so, if the town can have them; what to tell."""
        world, table = self.loop.world, persona.model_dump(mode="json")
        here = {one.id: row for row, one in world.roster.residents()}
        row = here.get(persona.id)
        if row is None or not world.people.present[row]:
            newcomer(world, table)
            self.loop.inbox.put(PersonCreated(table))
            return f"{persona.name} comes to live here"
        if world.roster.persona(row) == person_changed(world, row, table):
            return ""
        self.loop.inbox.put(PersonUpdated(NpcId(row), table))
        return f"{persona.name} is another, as saved"
