from __future__ import annotations

import pytest

from agents.mind import State
from sim.columns import NEVER
from sim.doings import NO_ACTION, Phase
from sim.loop import Loop
from sim.state_hash import state_hash
from sim.systems.meet import begin
from sim.why import Voices, why
from sim.world import World
from tests.support.running import SilentModels, running
from tests.support.small_town import small_world


@pytest.fixture
def world() -> World:
    """The small town."""
    return small_world()


def told(world: World, row: int, voices: Voices | None = None) -> str:
    """All lines as one."""
    return "\n".join(why(world, row, voices))


def talking() -> tuple[Loop, int]:
    """Two people in a talk whose first line was asked for, and is not answered; and who has the floor."""
    loop = running(models=SilentModels())
    world = loop.world
    world.people.position[1] = world.people.position[0]
    world.people.tile[1] = world.people.next_tile[1] = world.people.tile[0]
    assert begin(world, (0, 1))
    (talk,) = world.talks.values()
    for _ in range(900):
        loop.tick()
        if world.minds[talk.speaker].state is State.THINKING:
            return loop, talk.speaker
    raise AssertionError("nobody came to speak")


def test_it_tells_what_is_done_and_what_for(world: World) -> None:
    """The action, the plan, the need, the feeling."""
    world.doings.action[3], world.doings.phase[3] = 0, Phase.PERFORM
    lines = told(world, 3)
    name = world.roster.first_name(3)
    assert f"{name} is {world.lore.actions.actions[0].doing} at " in lines
    assert "goes by a plan: since " in lines
    assert " most: " in lines
    assert f"{name} feels " in lines
    assert all(line.startswith(name) for line in lines.splitlines())


def test_it_tells_of_the_way_and_of_nothing(world: World) -> None:
    """Between two things one does nothing yet."""
    world.doings.action[3], world.doings.phase[3] = 0, Phase.TRAVEL
    assert "is on the way to" in told(world, 3)
    world.doings.action[3] = NO_ACTION
    assert "between two things" in told(world, 3)


def test_it_tells_whom_somebody_means_to_see(world: World) -> None:
    """Where there is somebody."""
    world.doings.plan_partner[3] = -1
    assert "means to see" not in told(world, 3)
    world.doings.plan_partner[3] = 4
    assert f"means to see {world.roster.first_name(4)} today" in told(world, 3)


def test_who_is_alone_has_a_reason_to_be_silent(world: World) -> None:
    """Sleep, rest, nobody there, or chance."""
    world.people.position[3] = (-9999.0, -9999.0)
    assert "nobody near" in told(world, 3)
    world.people.position[4] = world.people.position[3]
    assert "1 near" in told(world, 3)
    world.people.talk_again_at[3] = world.tick + 61
    assert "wants no talk for 2 seconds yet" in told(world, 3)
    world.people.activity[3] = 5
    assert "asleep" in told(world, 3)


def test_who_left_does_nothing(world: World) -> None:
    """One line."""
    world.people.present[3] = False
    world.doings.due[3] = NEVER
    assert why(world, 3) == [f"{world.roster.first_name(3)} has left the town"]


@pytest.mark.parametrize(
    ("voices", "says"),
    [
        (Voices(on_templates=True), "speaks on templates"),
        (Voices(over_budget=True, waiting=2), "over budget"),
        (Voices(waiting=2), "is waiting for a slot, with 2 in the queue"),
        (Voices(), "thinks of what to say"),
    ],
)
def test_a_pause_in_a_talk_has_a_reason(voices: Voices, says: str) -> None:
    """What holds up the one whose turn it is."""
    loop, speaker = talking()
    before = state_hash(loop.world)
    lines = told(loop.world, speaker, voices)
    assert says in lines
    assert "talks with" in lines
    assert state_hash(loop.world) == before
