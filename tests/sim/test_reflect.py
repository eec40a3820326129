from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents.cues import Reflected, Summarised
from agents.memory import Category
from agents.mind import State
from llm.types import Kind, NpcId, Priority, RequestId, Tier
from sim.activity import Activity
from sim.columns import CROWD_FROM
from sim.inputs import Input
from sim.memories import Episode, Memories, Noted
from sim.memory_rules import MemoryRules
from sim.state_hash import state_hash
from sim.step import step
from sim.systems.listen import listen
from sim.systems.reflect import reflect
from sim.world import World
from tests.support.running import running
from tests.support.small_town import small_world

RULES = MemoryRules(episodes=20, reflect_after=10**9)


def world_with(rules: MemoryRules = RULES, people: int = 25) -> World:
    """A town in which nobody remembers anything yet."""
    world = small_world(people=people)
    world.memories = Memories(people, rules)
    return world


def live(world: World, row: int, count: int, importance: int = 100) -> None:
    """Let one live through so many things."""
    for number in range(count):
        what = Noted(number, Category.EVENT, importance=importance, text=f"counted {number} sheep")
        world.memories.note(np.array([row]), what)


def thoughts(world: World, row: int) -> list[Episode]:
    """What somebody has made of it."""
    made = (Category.PATTERN, Category.REFLECTION)
    return [episode for episode in world.memories.episodes(row) if episode.category in made]


def hear(world: World, cue: Summarised | Reflected) -> None:
    """Let a cue enter."""
    world.inputs = (Input(1, world.tick, cue),)
    listen(world)


def test_a_memory_that_fills_asks_for_a_summary_of_its_oldest_half() -> None:
    """Off the stage, with own words to fall back on, and no mind waits for it."""
    world = world_with()
    live(world, 3, 10)
    reflect(world)
    (request,) = world.to_ask
    assert (request.kind, request.npc, request.priority) == (Kind.SUMMARY, 3, Priority.OFF_SCREEN)
    assert request.fallback_text.startswith("Counted")
    assert "counted 0 sheep" in request.prompt.nudge
    assert "counted 5 sheep" not in request.prompt.nudge
    assert world.minds[3].state is State.IDLE
    assert world.memories.fresh()[3] == 5
    reflect(world)
    assert len(world.to_ask) == 1


def test_a_thought_that_comes_is_remembered_as_it_is() -> None:
    """It is a pattern, as important as what it comes from, and lasts."""
    world = world_with()
    live(world, 3, 10, importance=700)
    reflect(world)
    hear(world, Summarised(NpcId(3), world.to_ask[0].id, "I counted  many\nsheep, 4 and 5.", Tier.LOCAL))
    (thought,) = thoughts(world, 3)
    assert (thought.text, thought.category) == ("I counted many sheep, 4 and 5.", Category.PATTERN)
    assert thought.importance == 700
    assert not world.memories.asked


@pytest.mark.parametrize("text", ["", "She saved me from a fire in 1920.", "I counted sheep and then…"])
def test_what_a_model_makes_up_is_nobodys_memory(text: str) -> None:
    """Nor is what it did not bring to an end: then the own words are kept."""
    world = world_with()
    live(world, 3, 10)
    reflect(world)
    (request,) = world.to_ask
    hear(world, Summarised(NpcId(3), request.id, text, Tier.LOCAL))
    assert [thought.text for thought in thoughts(world, 3)] == [request.fallback_text]
    assert world.stale_cues == 0


@pytest.mark.parametrize(
    "cue",
    [
        Summarised(NpcId(3), RequestId(999), "I was there.", Tier.LOCAL),
        Summarised(NpcId(4), RequestId(1), "I was there.", Tier.LOCAL),
        Reflected(NpcId(3), RequestId(1), "I was there.", Tier.LOCAL),
    ],
)
def test_a_thought_that_nobody_waits_for_is_counted_and_dropped(cue: Summarised | Reflected) -> None:
    """Another number, another person, another kind: none of them gets into anybody's memory."""
    world = world_with()
    live(world, 3, 10)
    reflect(world)
    assert world.to_ask[0].id == 1
    hear(world, cue)
    assert world.stale_cues == 1
    assert thoughts(world, 3) == thoughts(world, 4) == []
    assert list(world.memories.asked) == [1]


def test_who_waits_too_long_makes_do_with_their_own_words() -> None:
    """The question is given up, and its answer is stale from then on."""
    world = world_with()
    live(world, 3, 10)
    reflect(world)
    (request,) = world.to_ask
    world.tick += 30 * 60
    reflect(world)
    assert world.to_cancel == [request.id]
    assert [thought.text for thought in thoughts(world, 3)] == [request.fallback_text]
    hear(world, Summarised(NpcId(3), request.id, "Too late.", Tier.LOCAL))
    assert world.stale_cues == 1
    assert len(thoughts(world, 3)) == 1


def test_a_mind_that_waits_for_a_line_is_not_disturbed() -> None:
    """A thought comes and goes beside it."""
    world = world_with()
    live(world, 3, 10)
    reflect(world)
    mind = world.minds[3]
    mind.ask(RequestId(77), deadline=500)
    hear(world, Summarised(NpcId(3), world.to_ask[0].id, "I counted.", Tier.LOCAL))
    assert (mind.state, mind.awaits) == (State.THINKING, 77)
    assert len(thoughts(world, 3)) == 1


def test_without_leave_to_ask_the_own_words_are_kept_at_once() -> None:
    """Nobody is asked."""
    world = world_with(replace(RULES, requests_per_hour=0))
    live(world, 3, 10)
    reflect(world)
    assert world.to_ask == []
    assert thoughts(world, 3)[0].text.startswith("Counted")


def test_no_more_is_asked_in_an_hour_than_is_allowed() -> None:
    """After it, again."""
    world = world_with(replace(RULES, requests_per_hour=2))
    for row in range(4):
        live(world, row, 10)
    for _ in range(8):
        reflect(world)
        for number in list(world.memories.asked):
            hear(world, Summarised(world.to_ask[-1].npc, number, "I counted.", Tier.LOCAL))
    assert len(world.to_ask) == 2
    assert [len(thoughts(world, row)) for row in range(4)] == [1, 1, 1, 1]
    world.tick += 3600 * 60
    live(world, 9, 10)
    reflect(world)
    assert len(world.to_ask) == 3


def test_only_a_few_questions_are_open_at_once() -> None:
    """The others wait for their turn: what is spoken comes first."""
    world = world_with()
    for row in range(5):
        live(world, row, 10)
    for _ in range(9):
        reflect(world)
    assert len(world.to_ask) == 2
    assert (world.memories.fresh()[:5] == [5, 5, 10, 10, 10]).all()


def test_a_day_is_thought_over_in_the_night_that_follows_it() -> None:
    """Once, by those who sleep, and only if it held something."""
    world = world_with(replace(RULES, requests_per_hour=0))
    world.tick = world.rules.calendar.ticks(15 * 60)
    assert world.moment.time == "23:30"
    world.people.activity[:] = Activity.LEISURE
    world.people.activity[[3, 4]] = Activity.SLEEPING
    live(world, 3, 8)
    live(world, 4, 7)
    live(world, 5, 8)
    for _ in range(3):
        reflect(world)
        world.tick += world.rules.calendar.ticks(60)
    assert [len(thoughts(world, row)) for row in (3, 4, 5)] == [1, 0, 0]


def test_enough_of_importance_leads_to_a_reflection() -> None:
    """And what is gathered begins anew."""
    world = world_with(replace(RULES, reflect_after=500))
    live(world, 3, 4)
    reflect(world)
    assert world.to_ask == []
    live(world, 3, 1)
    reflect(world)
    (request,) = world.to_ask
    assert request.kind is Kind.REFLECTION
    assert world.memories.gathered[3] == 0
    hear(world, Reflected(NpcId(3), request.id, "I think that counting sheep is hard.", Tier.LOCAL))
    (thought,) = thoughts(world, 3)
    assert thought.category == Category.REFLECTION
    assert thought.text == "I think that counting sheep is hard."
    assert world.memories.gathered[3] == 0


def test_the_crowd_keeps_what_weighs_most_and_asks_nobody() -> None:
    """All at once, each their own; those who are watched are not meant."""
    world = world_with(replace(RULES, reflect_after=1200), people=CROWD_FROM + 3)
    rows = np.arange(CROWD_FROM, CROWD_FROM + 2)
    for number in range(10):
        actions = np.array((number % 3, number % 5), dtype=np.int64)
        importance = 300 if number in {2, 7} else 100
        world.memories.note(rows, Noted(number, Category.ACTION, action=actions, importance=importance))
    reflect(world)
    assert world.to_ask == []
    for row, action in ((CROWD_FROM, 2), (CROWD_FROM + 1, 2)):
        pattern, reflection = thoughts(world, row)
        assert (pattern.category, pattern.action, pattern.importance) == (Category.PATTERN, action, 300)
        assert (reflection.category, reflection.importance) == (Category.REFLECTION, 300)
    assert thoughts(world, CROWD_FROM + 2) == []
    reflect(world)
    assert len(thoughts(world, CROWD_FROM)) == 2


@pytest.mark.slow
def test_a_crowd_takes_its_turns() -> None:
    """More than a call has room for: nobody is left out for ever, and nobody comes twice before all have come."""
    world = world_with(people=CROWD_FROM + 600)
    crowd = np.arange(CROWD_FROM, CROWD_FROM + 600)
    for number in range(10):
        world.memories.note(crowd, Noted(number, Category.ACTION, action=1, importance=100))
    for _ in range(3):
        reflect(world)
    assert all(len(thoughts(world, int(row))) == 1 for row in crowd)


@pytest.mark.slow
def test_a_recording_replays_with_no_model_at_all() -> None:
    """What was thought is in the inputs: the same town without a model remembers the same."""
    rules = replace(RULES, reflect_after=600)

    def town() -> World:
        world = world_with(rules)
        for row in range(4):
            live(world, row, 10)
        return world

    loop, heard = running(town()), list[tuple[Input, ...]]()
    take = loop.inbox.take
    loop.inbox.take = lambda tick: heard.append(take(tick)) or heard[-1]  # type: ignore[method-assign,func-returns-value]
    for _ in range(600):
        loop.tick()
    again = town()
    for inputs in heard:
        step(again, inputs)
        again.take_questions()
    assert any(thoughts(loop.world, row) for row in range(4))
    assert loop.world.stale_cues == 0
    assert state_hash(again) == state_hash(loop.world)
