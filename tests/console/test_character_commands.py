from __future__ import annotations

from pathlib import Path

import pytest

from agents.card_persona import card_from_persona
from agents.cards import card_text
from agents.persona_file import persona_text
from agents.villagers import villager_from_seed
from sim.console.character_commands import CharacterCommands
from sim.console.commands import row_of
from sim.console.registry import Registry
from sim.loop import Loop
from sim.step import step
from tests.support.running import running

NEWCOMER = villager_from_seed(3, 11)


@pytest.fixture(scope="module")
def loop() -> Loop:
    """The small town, which the commands change only in a tick."""
    return running()


def run(loop: Loop, line: str) -> str:
    """What a command answers."""
    commands = CharacterCommands(loop, lambda name: row_of(loop.world, name)).commands()
    answer = Registry(commands).run(line)
    assert isinstance(answer, str)
    return answer


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("agent update", "expected a name"),
        ("agent update mira", "expected a name"),
        ("agent update mira age", "expected KEY=VALUE"),
        ("agent update mira age=old", "age: "),
        ("agent update mira agee=4", "'age'"),
        ("agent update mira age=4 age.x=4", "below a key"),
        ("agent update mira traits.piety=1.5", "traits.piety"),
        ("agent update mira workplace=moon", "workplace"),
        ("agent update mira id=moira", "for life"),
        ("agent update mira age=1979-05-27", "age: "),
        ("agent update nobody age=4", "nobody is called"),
        ("agent create", "expected one file"),
        ("agent create nowhere.toml", "nowhere.toml"),
        ("agent create nowhere.png", "nowhere.png"),
        ("agent remove", "expected one name"),
        ("agent remove nobody", "nobody is called"),
        ("agent find place=moon", "no place 'moon'"),
        ("agent find piety=much", "a share from 0 to 1"),
        ("agent find piety=0.1 humour=0.1", "at most one trait"),
        ("agent find piety=0.95", "agnes, simon"),
        ("agent find place=smithy ambition=100", "nobody"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(loop: Loop, line: str, says: str) -> None:
    """It is found at the door, not in the tick."""
    answer = run(loop, line)
    assert says in answer
    assert "\n" not in answer
    assert loop.inbox.take(1) == ()


def test_people_come_change_and_leave_by_commands(tmp_path: Path) -> None:
    """From a file of ours or from a card; each is done by the next tick."""
    loop = running()
    world = loop.world
    (tmp_path / "new.toml").write_text(persona_text(NEWCOMER), encoding="utf-8")
    other = villager_from_seed(8, 11)
    (tmp_path / "other.json").write_bytes(card_text(card_from_persona(other, None, 2)))
    assert "comes to live" in run(loop, f"agent create '{tmp_path / 'new.toml'}'")
    assert "comes to live" in run(loop, f"agent create '{tmp_path / 'other.json'}'")
    loop.tick()
    assert world.roster.persona(25) == NEWCOMER
    assert world.roster.persona(26) == other.model_copy(update={"id": other.first_name.lower()})
    run(loop, f"agent update {NEWCOMER.id} age=33 routine.wake=04:30 goal='to own 3 goats' traits.humour=1")
    loop.tick()
    changed = world.minds[25].persona
    assert (changed.age, changed.routine.wake, changed.goal, changed.traits.humour) == (
        33,
        "04:30",
        "to own 3 goats",
        1.0,
    )
    assert "leaves" in run(loop, f"agent remove {NEWCOMER.first_name}")
    loop.tick()
    assert not world.people.present[25]
    assert "nobody who lives here" in run(loop, f"agent remove {NEWCOMER.id}")


def test_made_up_people_come_as_inputs_and_bear_names_that_nobody_has() -> None:
    """They live here from the tick that takes them."""
    town = running()
    before = len(town.world.people)
    told = run(town, "world spawn 3")
    assert len(town.world.people) == before
    step(town.world, town.inbox.take(town.world.tick + 1))
    assert len(town.world.people) == before + 3
    ids = [persona.id for _, persona in town.world.roster.residents()]
    assert len(ids) == len(set(ids))
    assert all(town.world.roster.persona(row).name in told for row in range(before, before + 3))
