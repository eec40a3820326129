from __future__ import annotations

import numpy as np
import pytest

from agents.mind import State
from agents.traits import EXTRAVERSION
from llm.types import NpcId, Priority
from sim.activity import Activity
from sim.events import Category, ConversationEnded, ConversationStarted
from sim.inputs import TalkWanted
from sim.loop import Loop
from sim.neighbours import pairs_within
from sim.state_hash import state_hash
from sim.systems import walk as walking
from sim.view_protocol import Follow
from sim.world import World
from tests.support.running import SilentModels, running
from tests.support.small_town import small_world


def after(ticks: int, seed: int = 7) -> Loop:
    """The small town after so many ticks, with template lines."""
    loop = running(small_world(seed))
    for _ in range(ticks):
        loop.tick()
    return loop


@pytest.mark.slow
def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    """Bit for bit: every column, mind, talk and the state of chance."""
    first, second, other = (state_hash(after(600, seed).world) for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_the_first_morning_has_people_within_talking_range() -> None:
    """Everyone is where their routine puts them, and at least three pairs could talk at once."""
    world = small_world()
    near = pairs_within(world.people.position, world.rules.talk.earshot_px)
    apart: set[int] = set()
    pairs = 0
    for first, second in near.tolist():
        if not {first, second} & apart:
            apart |= {first, second}
            pairs += 1
    assert pairs >= 3
    assert not world.people.moving.any()
    assert Activity.WALKING not in world.people.activity


@pytest.fixture(scope="module")
def hour() -> list[World]:
    """A town after an hour of its calendar, its rules checked twice a world second on the way."""
    loop = running()
    world = loop.world
    for _ in range(3600):
        loop.tick()
        if world.tick % 30 == 0:
            check_bodies(world)
            check_talks(world)
    return [world]


def check_bodies(world: World) -> None:
    """Nobody stands in a wall or leaves the axes."""
    people, town = world.people, world.town
    tiles = ((people.position - people.lane) / town.tile_px).astype(np.int64)
    assert town.walkable[tiles[:, 1], tiles[:, 0]].all()
    off_axis = (people.position - people.lane) % town.tile_px != town.tile_px / 2
    assert not (off_axis[:, 0] & off_axis[:, 1]).any()


def check_talks(world: World) -> None:
    """Nobody is in two talks; who talks stands still near the others; only the floor holder's mind is busy."""
    rows = [row for talk in world.talks.values() for row in (*talk.participants, *talk.coming)]
    assert len(rows) == len(set(rows))
    assert sorted(rows) == np.flatnonzero(world.people.talk >= 0).tolist()
    for talk in world.talks.values():
        if talk.phase == "open":
            tiles = world.people.tile[list(talk.participants)]
            assert not world.people.moving[list(talk.participants)].any()
            assert len({tuple(tile) for tile in tiles.tolist()}) == len(tiles)
            assert np.abs(tiles - tiles[0]).max() <= 6  # who joins stands beside one of them
            assert all(world.minds[row].state is State.IDLE for row in talk.others(talk.speaker))


@pytest.mark.slow
def test_an_hour_of_town_life_keeps_its_rules(hour: list[World]) -> None:
    """Walls hold, talks are between two who stand together, and talks do begin and end."""
    events = hour[0].events.kept
    started = [event for event in events if isinstance(event, ConversationStarted)]
    ended = [event for event in events if isinstance(event, ConversationEnded)]
    assert len(started) >= 8
    assert {event.reason for event in ended} & {"business_done", "duty_called"}
    pairs = [event for event in ended if len(event.participants) == 2 and event.reason == "business_done"]
    assert all(4 <= event.lines <= 13 for event in pairs)
    assert hour[0].stale_cues == 0


@pytest.mark.slow
def test_people_who_have_talked_do_not_meet_again_for_a_while(hour: list[World]) -> None:
    """The same two rest from each other."""
    last: dict[tuple[int, ...], int] = {}
    rest = hour[0].rules.talk.pair_rest
    for event in hour[0].events.select(Category.CONVERSATION, last=1000):
        pair = tuple(sorted(event.npcs))
        if isinstance(event, ConversationEnded):
            last[pair] = event.tick
        elif pair in last:
            assert event.tick - last[pair] >= rest


def test_a_person_outside_can_have_two_people_talk() -> None:
    """A wish enters as an input; free people near each other follow it."""
    loop = running()
    near = pairs_within(loop.world.people.position, 40.0)
    first, second = near[0].tolist()
    loop.inbox.put(TalkWanted((NpcId(first), NpcId(second))))
    loop.tick()
    assert {first, second} in [set(talk.participants) for talk in loop.world.talks.values()]


def test_a_wish_that_cannot_be_is_refused_without_harm() -> None:
    """Nobody talks with themselves, and the far apart do not run across town."""
    loop = running()
    loop.inbox.put(TalkWanted((NpcId(0), NpcId(0))))
    loop.tick()
    assert all(
        0 not in talk.participants or talk.participants != (0, 0) for talk in loop.world.talks.values()
    )


def test_a_snapshot_is_a_copy_that_nobody_can_write() -> None:
    """What left a tick does not change."""
    loop = running()
    snapshot = loop.world.snapshot()
    before = snapshot.position.copy()
    for _ in range(60):
        loop.tick()
    assert (snapshot.position == before).all()
    with pytest.raises(ValueError, match="read-only"):
        snapshot.position[0, 0] = 1.0


def test_whoever_is_followed_has_the_spotlight() -> None:
    """The lines of their talks are asked for as such, and only while somebody looks."""
    loop = running(models=SilentModels())
    assert isinstance(loop.models, SilentModels)
    while not loop.world.talks:
        loop.tick()
    talk = next(iter(loop.world.talks.values()))
    loop.obey(Follow(talk.participants[1]))
    while not any(request.priority is Priority.SPOTLIGHT for request in loop.models.asked):
        loop.tick()
    lit = [request for request in loop.models.asked if request.priority is Priority.SPOTLIGHT]
    assert {request.conversation for request in lit} == {talk.id}
    loop.obey(Follow(None))
    loop.tick()
    assert loop.world.spotlight is None


def test_a_talk_that_somebody_asked_for_has_the_spotlight() -> None:
    """Who asks, listens."""
    loop = running(models=SilentModels())
    assert isinstance(loop.models, SilentModels)
    world = loop.world
    first, second = pairs_within(world.people.position, world.rules.talk.earshot_px)[0].tolist()
    loop.inbox.put(TalkWanted((NpcId(first), NpcId(second))))
    loop.tick()
    (talk,) = (talk for talk in loop.world.talks.values() if talk.wanted)
    for _ in range(600):
        loop.tick()
    ours = [request for request in loop.models.asked if request.conversation == talk.id]
    assert ours
    assert {request.priority for request in ours} == {Priority.SPOTLIGHT}


@pytest.mark.slow
def test_the_outgoing_talk_more() -> None:
    """Of the same town every other one is outgoing, and the others are not: it shows in who talks."""
    loop = running()
    loop.world.folk.traits[:, EXTRAVERSION] = 5
    loop.world.folk.traits[::2, EXTRAVERSION] = 95
    for _ in range(8 * 3600):
        loop.tick()
    over = loop.world.talk_log.past
    outgoing, reserved = (
        sum(row % 2 == rest for talk in over for row in talk.participants) for rest in (0, 1)
    )
    assert outgoing / 13 > 1.25 * reserved / 12  # 1.4 to 1.7 with three seeds


@pytest.mark.slow
def test_one_by_one_and_as_columns_people_walk_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways to do the same sums: after half an hour not a bit is different."""
    hashes = set()
    for few in (0, 1000):
        monkeypatch.setattr(walking, "FEW", few)
        loop = running()
        for _ in range(1800):
            loop.tick()
        hashes.add(state_hash(loop.world))
    assert len(hashes) == 1
