"""Who goes to which lane, and what becomes of a lane's people, lines and counts when it goes. Pure."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from llm.backends.scripted import Scripted
from llm.breaker import IN_A_ROW
from llm.dispatcher import Dispatcher
from llm.lane import Homes, Lane
from llm.lanes import Lanes
from llm.outbox import Outbox
from llm.published import Published
from llm.scheduler import Job
from llm.script_book import ScriptBook
from llm.settings import LlmSettings
from llm.surroundings import Surroundings
from llm.tier_door import FixedTier, SlottedBackend, TierContext, as_it_is
from llm.types import BackendEvent, Delta, NpcId, Request, RequestId, Tier
from tests.support.model_backends import within
from tests.support.model_clock import ManualClock
from tests.support.model_requests import OpenGate, ask


def backend(slots: int = 4, tier: Tier = Tier.LOCAL) -> Scripted:
    """One that could speak."""
    return Scripted(ScriptBook([]), slots, tier)


@dataclass
class World:
    """A clock, and what stands round lanes."""

    clock: ManualClock = field(default_factory=ManualClock)
    published: Published = field(default_factory=Published)

    def now_s(self) -> float:
        """What the clock shows."""
        return self.clock() / 1e9

    def lane(self, slots: int = 4) -> Lane:
        """A lane of its own backend."""
        one = backend(slots)
        return Lane(one, one, self.now_s, lambda: 0.0)

    def around(self) -> Surroundings:
        """For who wants all of it."""
        return Surroundings(LlmSettings(), OpenGate, dict, self.published, self.now_s, as_it_is, lambda: 0.0)

    def context(self) -> TierContext:
        """For tiers."""
        published = self.published
        return TierContext(
            LlmSettings(),
            Path(),
            False,
            list[str]().append,
            published.publish,
            published.publish_money,
            published.count_retry,
        )


class Door(FixedTier):
    """A tier whose backends come and go."""

    def __init__(self, world: World, *backends: SlottedBackend) -> None:
        super().__init__(world.context(), backends[0])
        self.now: list[SlottedBackend] = list(backends)

    def backends(self) -> Sequence[SlottedBackend]:
        """Those that are there."""
        return self.now


def job(number: int, npc: int | None = None, deadline_s: float = 100.0) -> Job:
    """A line of somebody new."""
    return Job(ask(number, npc=number if npc is None else npc), 1.0, deadline_s)


def fill(lane: Lane, first: int = 1000) -> None:
    """Take every slot of it."""
    for number in range(first, first + lane.backend.in_flight):
        lane.scheduler.submit(job(number))


def fail(lane: Lane) -> None:
    """Until its breaker opens."""
    for _ in range(IN_A_ROW):
        lane.breaker.began()
        lane.breaker.failed()


def places(homes: Homes, lanes: Sequence[Lane], people: Sequence[int]) -> list[int]:
    """Where each of them goes, by the lane's place."""
    found = [homes.lane_for(NpcId(npc), lanes) for npc in people]
    return [next(place for place, lane in enumerate(lanes) if lane is one) for one in found]


@given(count=st.integers(1, 6), people=st.lists(st.integers(0, 60), max_size=60))
def test_each_lane_is_home_to_as_many(count: int, people: list[int]) -> None:
    """In whatever order people come, and however often; and each has one home for good."""
    world, homes = World(), Homes()
    lanes = [world.lane() for _ in range(count)]
    first = dict(zip(people, places(homes, lanes, people), strict=True))
    settled = Counter(first.values())
    assert max(settled.values(), default=0) - min((settled[place] for place in range(count)), default=0) <= 1
    assert places(homes, lanes, people[::-1]) == [first[npc] for npc in people[::-1]]


def test_who_finds_home_full_goes_where_there_is_room_and_comes_back() -> None:
    """The overflow settles nobody anew."""
    world, homes = World(), Homes()
    lanes = [world.lane(2) for _ in range(2)]
    assert places(homes, lanes, range(4)) == [0, 1, 0, 1]
    fill(lanes[0])
    assert places(homes, lanes, range(4)) == [1, 1, 1, 1]
    lanes[0].scheduler.withdraw_all()
    assert places(homes, lanes, range(4)) == [0, 1, 0, 1]


def test_where_all_are_full_people_stay_at_home() -> None:
    """To wait there is better than to be read anew elsewhere."""
    world, homes = World(), Homes()
    lanes = [world.lane(2) for _ in range(2)]
    places(homes, lanes, range(4))
    fill(lanes[0])
    fill(lanes[1], 2000)
    lanes[0].scheduler.submit(job(3000))
    assert places(homes, lanes, range(4)) == [0, 1, 0, 1]


def test_who_overflows_goes_where_fewest_are() -> None:
    """Not all to the same."""
    world, homes = World(), Homes()
    lanes = [world.lane(2) for _ in range(3)]
    places(homes, lanes, [0])
    fill(lanes[0])
    lanes[1].scheduler.submit(job(2000))
    assert places(homes, lanes, [0]) == [2]


def test_a_lane_that_rests_is_nobodys_for_so_long() -> None:
    """Its people are spoken for by the others; when all rest, by nobody; after its rest they come home."""
    world, homes = World(), Homes()
    lanes = [world.lane() for _ in range(2)]
    assert places(homes, lanes, range(4)) == [0, 1, 0, 1]
    lanes[0].breaker.rest(2.0)
    assert places(homes, lanes, range(4)) == [1, 1, 1, 1]
    lanes[1].breaker.rest(1.0)
    assert homes.lane_for(NpcId(0), lanes) is None
    world.clock.advance(1.0)
    assert places(homes, lanes, range(4)) == [1, 1, 1, 1]
    world.clock.advance(1.0)
    assert places(homes, lanes, range(4)) == [0, 1, 0, 1]


def test_homes_are_bounded() -> None:
    """Callers without a name are somebody new each time; there is still an even spread after thousands."""
    world, homes = World(), Homes()
    lanes = [world.lane() for _ in range(3)]
    for npc in range(25_001):
        homes.lane_for(NpcId(npc), lanes)
    assert len(homes._homes) <= 10_000
    assert max(homes._settled.values()) - min(homes._settled.values()) <= 1
    assert homes._settled.total() == len(homes._homes)


def test_a_lane_that_goes_gives_back_what_waited() -> None:
    """Each of its lines once, in order; the others' stay where they are, with all that they know."""
    world = World()
    door = Door(world, backend(), backend())
    lanes = Lanes({Tier.LOCAL: door}, world.around())
    assert lanes.meet() == []
    gone, stays = lanes.of(Tier.LOCAL)
    for number, lane in ((1, gone), (2, stays), (3, gone)):
        lane.scheduler.submit(job(number))
    door.now = door.now[1:]
    assert [one.id for one in lanes.meet()] == [1, 3]
    assert lanes.meet() == []
    assert lanes.of(Tier.LOCAL) == [stays]
    assert stays.scheduler.waiting == 1
    assert lanes.lane_for(Tier.LOCAL, NpcId(1)) is stays
    door.now = []
    assert [one.id for one in lanes.meet()] == [2]
    assert lanes.lane_for(Tier.LOCAL, NpcId(1)) is None
    assert lanes.lane_for(Tier.CLOUD, NpcId(1)) is None


def test_a_lane_that_comes_takes_its_share_of_people() -> None:
    """Everybody is given a home anew, as many to each."""
    world = World()
    door = Door(world, backend())
    lanes = Lanes({Tier.LOCAL: door}, world.around())
    lanes.meet()
    for npc in range(6):
        lanes.lane_for(Tier.LOCAL, NpcId(npc))
    door.now.append(backend())
    lanes.meet()
    found = Counter(id(lanes.lane_for(Tier.LOCAL, NpcId(npc))) for npc in range(6))
    assert sorted(found.values()) == [3, 3]


@given(st.lists(st.tuples(st.sampled_from(["fail", "go", "come", "wait"]), st.integers(0, 2)), max_size=40))
def test_breaker_opens_never_shrink(happenings: list[tuple[str, int]]) -> None:
    """Whoever comes, goes and fails: what was counted stays counted, and nothing counts twice."""
    world = World()
    backends = [backend() for _ in range(3)]
    door = Door(world, *backends)
    lanes = Lanes({Tier.LOCAL: door}, world.around())
    opened = 0
    for what, which in happenings:
        one = backends[which]
        if what == "go" and one in door.now:
            door.now = [other for other in door.now if other is not one]
        elif what == "come" and one not in door.now:
            door.now = [*door.now, one]
        elif what == "wait":
            world.clock.advance(20.0)
        lanes.meet()
        for lane in lanes:
            if what == "fail" and lane.backend is one and lane.breaker.allows:
                before = lane.breaker.opens
                fail(lane)
                opened += lane.breaker.opens - before
        lanes.publish()
        assert world.published.breaker_opens == opened


class Silent(Scripted):
    """Says nothing, for ever, and knows how many wait for it."""

    waiting = 0

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """Until it is closed."""
        self.waiting += 1
        try:
            await asyncio.Event().wait()
            yield Delta(request.fallback_text)
        finally:
            self.waiting -= 1


def test_a_line_in_a_lane_that_has_gone_can_still_be_cancelled() -> None:
    """Nobody waits for it, so its connection is closed."""

    async def run() -> None:
        world, silent = World(), Silent(ScriptBook([]))
        door = Door(world, silent)
        dispatcher = Dispatcher(world.around(), {Tier.LOCAL: door}, asyncio.Event())
        async with asyncio.TaskGroup() as group:
            dispatcher.look()
            dispatcher.submit(job(1), Outbox().open(RequestId(1)))
            dispatcher.turn(group)
            await asyncio.sleep(0)
            assert silent.waiting == 1
            door.now = []
            dispatcher.look()
            dispatcher.cancel(RequestId(1))
            for _ in range(9):
                await asyncio.sleep(0)
            assert silent.waiting == 0

    within(5, run)
