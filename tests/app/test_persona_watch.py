from __future__ import annotations

from pathlib import Path

from agents.persona import Persona
from agents.persona_file import persona_text
from agents.villagers import villager_from_seed
from sim.app.persona_watch import LOOKS_EVERY_NS, PersonaWatch
from sim.console.commands import row_of
from sim.state_hash import state_hash
from tests.support.running import running

NEWCOMER = villager_from_seed(3, 11)


class Saved:
    """A folder of people with a watch on it, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = running()
        self.told: list[str] = []
        self.now_ns = 0
        for _, persona in self.loop.world.roster.known():
            self.save(persona)
        self.watch = PersonaWatch(self.loop, [folder], self.told.append, lambda: self.now_ns)

    def save(self, persona: Persona) -> None:
        """As an editor does it."""
        (self.folder / f"{persona.id}.toml").write_text(persona_text(persona), encoding="utf-8")

    def look(self, frames: int = 3) -> None:
        """Two seconds later."""
        self.now_ns += LOOKS_EVERY_NS
        for _ in range(frames):
            self.watch()
        self.loop.tick()


def test_a_saved_file_changes_the_person_and_a_new_one_brings_somebody(tmp_path: Path) -> None:
    """Told in a line each; what was saved unchanged says nothing."""
    saved = Saved(tmp_path)
    world = saved.loop.world
    row = row_of(world, "mira")
    saved.look()
    assert saved.told == []
    saved.save(world.roster.persona(row).model_copy(update={"age": 77}))
    saved.save(NEWCOMER)
    saved.look(frames=1)
    assert saved.told == []
    saved.watch()
    saved.watch()
    saved.loop.tick()
    assert world.minds[row].persona.age == 77
    assert world.minds[25].persona == NEWCOMER
    assert len(saved.told) == 2


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    """One line that names the file; a deleted file sends nobody away."""
    saved = Saved(tmp_path)
    before = state_hash(saved.loop.world)
    (tmp_path / "mira.toml").write_text("name = ", encoding="utf-8")
    (tmp_path / "walt.toml").unlink()
    saved.now_ns += LOOKS_EVERY_NS
    for _ in range(3):
        saved.watch()
    (told,) = saved.told
    assert str(tmp_path / "mira.toml") in told
    assert "\n" not in told
    assert saved.loop.inbox.take(1) == ()
    assert state_hash(saved.loop.world) == before
