"""What is told of one townsperson."""

from __future__ import annotations

import pytest

from sim.inspecting import inspect
from sim.loop import Loop
from sim.state_hash import state_hash
from sim.why import why
from tests.support.running import running
from tests.support.voices import Answer, PlannedModels


@pytest.fixture(scope="module")
def loop() -> Loop:
    """Two hours of town life, with a model that always says something else."""
    numbers = iter(range(10_000))
    models = PlannedModels(lambda _: Answer(f"That makes {next(numbers)} of them, and I counted twice."))
    loop = running(models=models)
    for _ in range(7200):
        loop.tick()
    return loop


def test_looking_changes_nothing(loop: Loop) -> None:
    """Not even whether somebody has a mind."""
    before = state_hash(loop.world)
    for row in range(25):
        inspect(loop.world, row)
        why(loop.world, row)
    assert state_hash(loop.world) == before


def test_everything_is_told_within_bounds(loop: Loop) -> None:
    """Of everybody: needs from the emptiest on, the plan of the day with its present part, ties from the warmest on."""
    for row in range(25):
        seen = inspect(loop.world, row)
        shares = [gauge.share for gauge in seen.needs]
        assert shares == sorted(shares)
        assert all(0 <= share <= 1 for share in shares)
        assert sum(slot.is_now for slot in seen.plan) == 1
        assert [slot.time for slot in seen.plan] == sorted(slot.time for slot in seen.plan)
        assert len(seen.bonds) <= 6
        assert len(seen.memories) <= 4
        assert seen.name
        assert seen.feels
        assert seen.why


def test_a_talk_and_its_last_prompt_are_told(loop: Loop) -> None:
    """The lines as they were said, and what the prompt was made of."""
    spoke = [row for row in range(25) if inspect(loop.world, row).prompt]
    assert spoke
    for row in spoke:
        seen = inspect(loop.world, row)
        assert sum(tokens for _, tokens in seen.prompt) <= seen.budget + len(seen.prompt)
    (talk, *_) = [talk for talk in loop.world.talks.values() if talk.history]
    seen = inspect(loop.world, talk.participants[0])
    assert seen.talk[-1].text == talk.history[-1].text
