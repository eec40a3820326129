"""What is told of one townsperson."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from llm.types import LineStats, Usage
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


def test_how_the_last_lines_came_is_told_newest_first(loop: Loop) -> None:
    """By whom, after what wait, and how much of the prompt the server had kept, where it says so."""
    loop.hearing.take_spoken(loop.world.tick)
    line = next(line for row in range(25) for line in loop.hearing.last_lines(row))
    told = replace(line, stats=LineStats(620.0, 1900.0, Usage(200, 20, 150)))
    older, newest = inspect(loop.world, line.request.npc, (line, told)).asked[::-1]
    assert (newest.wait_ms, newest.whole_ms, newest.cached) == (620.0, 1900.0, 0.75)
    assert older.cached is None
    assert newest.tier == line.started.tier.value
    assert newest.time == loop.world.rules.calendar.at(line.tick).time


def test_only_the_newest_few_lines_of_each_are_kept(loop: Loop) -> None:
    """However much somebody says."""
    loop.hearing.take_spoken(loop.world.tick)
    kept = [loop.hearing.last_lines(row) for row in range(25)]
    assert max(map(len, kept)) == 4
    for row, lines in enumerate(kept):
        assert {line.request.npc for line in lines} <= {row}
        assert [line.tick for line in lines] == sorted(line.tick for line in lines)


def test_a_plan_tells_each_thing_once(loop: Loop) -> None:
    """What goes on over several of its parts is one line."""
    for row in range(25):
        plan = inspect(loop.world, row).plan
        assert all(one.what != after.what for one, after in pairwise(plan))
