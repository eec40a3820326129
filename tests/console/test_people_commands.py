from __future__ import annotations

import numpy as np
import pytest

from agents.memory import Category
from llm.tick_models import TickModels
from sim.app.tick_desk import TickDesk
from sim.console.commands import row_of
from sim.console.people_commands import PeopleCommands
from sim.console.registry import Registry
from sim.loop import Loop
from sim.memories import Noted
from sim.ties import warmth
from tests.support.running import running


@pytest.fixture(scope="module")
def loop() -> Loop:
    """The small town, which the commands change only in a tick."""
    return running()


def run(loop: Loop, line: str) -> str:
    """What a command answers."""
    assert isinstance(loop.models, TickModels)
    people = PeopleCommands(loop, TickDesk(loop.models), lambda name: row_of(loop.world, name))
    answer = Registry(people.commands()).run(line)
    assert isinstance(answer, str)
    return answer


def remember(loop: Loop, name: str, text: str) -> None:
    """Let somebody remember a thing."""
    row = np.array([row_of(loop.world, name)])
    loop.world.memories.note(row, Noted(loop.world.tick, Category.EVENT, importance=500, text=text))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("agent list", "Mira Holt, baker"),
        ("agent info mira", "harvest pie contest"),
        ("agent status mira", "needs most: "),
        ("agent status Mira", "pennies"),
        ("memory status", "memories of 25 people"),
        ("memory status mira", "Mira remembers"),
        ("memory search mira dragons", ""),
        ("relationship status alice", "George, "),
        ("relationship status alice", "family 800"),
        ("relationship analyze alice", "Alice knows "),
        ("relationship analyze alice george", "to Alice: George"),
        ("why mira", "goes by a plan"),
    ],
)
def test_each_command_answers(loop: Loop, line: str, says: str) -> None:
    """With what was asked for."""
    answer = run(loop, line)
    assert says in answer
    assert answer


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("agent status", "expected one name"),
        ("agent info mirra", "did you mean 'mira'?"),
        ("agent status nobody", "nobody is called 'nobody'"),
        ("why", "expected one name"),
        ("why miraa", "did you mean 'mira'?"),
        ("memory search mira", "expected a name and what to look for"),
        ("memory clear", "expected one name"),
        ("memory clear mirra", "did you mean"),
        ("relationship analyze mira mira", "two different people"),
        ("relationship update mira tomas", "expected two names, a kind and a delta"),
        ("relationship update mira mira trust 5", "two different people"),
        ("relationship update mira tomas freindship 5", "'friendship'"),
        ("relationship update mira tomas trust much", "a whole number"),
        ("relationship update mira tomas trust 0", "a whole number"),
        ("relationship update mira tomas trust 1001", "a whole number"),
        ("relationship updat mira", "did you mean"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(loop: Loop, line: str, says: str) -> None:
    """It is found at the door, not in the tick."""
    answer = run(loop, line)
    assert says in answer
    assert "\n" not in answer
    assert loop.inbox.take(1) == ()


def test_what_somebody_remembers_is_found_and_forgotten() -> None:
    """Newest first, by words, and not at all once it was cleared."""
    loop = running()
    remember(loop, "mira", "saw a heron on the mill pond")
    remember(loop, "tomas", "heard a heron")
    assert "heron on the mill pond" in run(loop, "memory status mira").splitlines()[1]
    assert "mill pond" in run(loop, "memory search mira heron pond")
    assert run(loop, "memory clear mira") == "Mira forgets everything"
    assert "mill pond" in run(loop, "memory search mira heron pond")
    loop.tick()
    assert "mill pond" not in run(loop, "memory search mira heron pond")
    assert "heron" in run(loop, "memory search tomas heron")


def test_what_one_is_to_another_is_changed_by_the_next_tick() -> None:
    """One way, with its reason."""
    loop = running()
    mira, tomas = row_of(loop.world, "mira"), row_of(loop.world, "tomas")
    before, back = warmth(loop.world, mira, tomas), warmth(loop.world, tomas, mira)
    answer = run(loop, "relationship update mira tomas rivalry 400")
    assert answer == "Tomas is to be +400 in rivalry to Mira"
    assert warmth(loop.world, mira, tomas) == before
    loop.tick()
    assert warmth(loop.world, mira, tomas) < before
    assert warmth(loop.world, tomas, mira) == back
    assert "rivalry +400" in run(loop, "relationship analyze mira tomas")
    assert "wished from outside" in run(loop, "relationship analyze mira tomas")
