from __future__ import annotations

from functools import partial

import pytest

from agents.mind import State
from llm.types import Kind, Outcome, Request, RouteReason, Started, TextDelta, Tier
from sim.clock import TICK_NS
from sim.frame_statistics import FrameStatistics
from sim.inputs import SpeedChanged
from sim.loop import DRAIN_EVENTS, DRAIN_NS, Loop
from sim.pacer import FramePacer
from sim.view_protocol import Quit, SetPaused, SetSpeed
from tests.support.running import SilentModels, running


def until_asked(loop: Loop, models: SilentModels) -> Request:
    """Tick until somebody wants a line; that request."""
    for _ in range(3000):
        loop.tick()
        lines = [request for request in models.asked if request.kind is Kind.LINE]
        if lines:
            return lines[0]
    raise AssertionError("nobody spoke")


def test_a_mind_is_freed_at_its_deadline_when_the_models_never_answer() -> None:
    """A stalled backend makes nobody wait for ever: the question is cancelled and the mind is idle again."""
    models = SilentModels()
    loop = running(models=models)
    request = until_asked(loop, models)
    mind = loop.world.minds[request.npc]
    assert mind.state is State.THINKING
    while loop.world.tick <= mind.deadline + 1:
        loop.tick()
    assert request.id in models.cancelled
    assert not mind.is_awaiting(request.id)


def test_both_prefixes_are_read_ahead_before_the_first_line() -> None:
    """While two walk up to each other, their prompts go ahead: the same head that the lines will have."""
    models = SilentModels()
    loop = running(models=models)
    request = until_asked(loop, models)
    warm = [
        ahead
        for ahead in models.asked
        if ahead.kind is Kind.WARM and ahead.conversation == request.conversation
    ]
    assert len({ahead.npc for ahead in warm}) == 2
    mine = next(ahead for ahead in warm if ahead.npc == request.npc)
    assert (mine.prompt.persona, mine.prompt.scene) == (request.prompt.persona, request.prompt.scene)


def test_words_appear_while_the_world_is_paused_and_its_cues_wait() -> None:
    """Pausing stops ticks, not the outbox."""
    models = SilentModels()
    loop = running(models=models)
    request = until_asked(loop, models)
    loop.obey(SetPaused(paused=True))
    models.coming = [
        Started(request.id, Tier.LOCAL, "embedded", "", RouteReason.LOCAL_READY),
        TextDelta(request.id, "Good day."),
    ]
    tick = loop.world.tick
    loop.frame(TICK_NS)
    bubble = loop.hearing.bubbles.of(request.npc)
    assert bubble is not None
    assert bubble.text == "Good day."
    assert loop.world.tick == tick
    assert loop.world.minds[request.npc].state is State.THINKING
    loop.obey(SetPaused(paused=False))
    loop.frame(TICK_NS)
    assert loop.world.minds[request.npc].state is State.SPEAKING


def test_a_frame_drains_no_more_than_its_bounds() -> None:
    """Ten thousand waiting events do not all land in one frame once its time for them is over."""
    models = SilentModels()
    loop = running(models=models)
    request = until_asked(loop, models)
    models.coming = [TextDelta(request.id, "x")] * 10_000
    hurried = iter(range(0, 10**12, 10**9))
    loop.now_ns = lambda: next(hurried)  # a second passes at each look
    loop.drain()
    assert len(models.coming) == 10_000 - DRAIN_EVENTS


def test_what_a_drain_leaves_the_next_one_has_more_time_for() -> None:
    """A burst is spread over frames, and is not put off for ever."""
    models = SilentModels()
    loop = running(models=models)
    request = until_asked(loop, models)
    models.coming = [TextDelta(request.id, "x")] * 10_000
    taken = []
    for _ in range(2):
        before, looks = len(models.coming), iter(range(0, 10**9, DRAIN_NS // 4))
        loop.now_ns = partial(next, looks)  # a batch takes a quarter of a drain
        loop.drain()
        taken.append((before - len(models.coming)) // DRAIN_EVENTS)
    assert taken == [5, 9]  # a batch is over when the clock is looked at


def test_speed_is_an_input_of_the_world() -> None:
    """A recording knows when it changed."""
    loop = running()
    loop.obey(SetSpeed(4))
    assert [entered.what for entered in loop.inbox.take(1)] == [SpeedChanged(4)]
    assert loop.clock.speed == 4


def test_the_run_ends_at_its_last_tick_and_not_before_its_answers() -> None:
    """`may_stop` holds the end, and no tick runs beyond it."""
    loop = running()
    loop.last_tick = 5
    held = iter([False, False, True])
    loop.may_stop = lambda: next(held)
    loop.run()
    assert loop.world.tick == 5
    assert loop.statistics.count == 7


def test_quit_stops_after_the_frame() -> None:
    """The person's word is obeyed at once."""
    loop = running()
    loop.after_frame.append(lambda: loop.obey(Quit()))
    loop.run()
    assert loop.statistics.count == 1


@pytest.mark.slow
def test_every_line_that_was_asked_for_ends_once() -> None:
    """Over an hour of templates: as many ends as questions, but for those still open."""
    loop = running()
    asked: list[Request] = []
    submit = loop.models.submit
    models = loop.models
    models.submit = lambda request: (asked.append(request), submit(request))[1]  # type: ignore[method-assign,func-returns-value]  # a spy on the way through
    for _ in range(3600):
        loop.tick()
    lines = [request for request in asked if request.kind is Kind.LINE]
    spoken = loop.hearing.take_spoken(loop.world.tick)
    open_minds = sum(mind.awaits is not None for _, mind in loop.world.minds.made())
    assert len(lines) == len(spoken) + open_minds
    assert {line.outcome for line in spoken} <= {Outcome.COMPLETE, Outcome.INTERRUPTED}


@pytest.mark.fault(50)
def test_a_stall_slows_the_world_for_a_moment_and_no_more() -> None:
    """Two seconds in one step: five ticks make up for it, the rest is given up and told, and the next frame is on time."""
    wall_ns, ran = 0, list[int]()

    def sleep(seconds: float) -> None:
        nonlocal wall_ns
        wall_ns += int(seconds * 1e9)

    def now_ns() -> int:
        nonlocal wall_ns
        wall_ns += 1_000  # so that a spin ends
        return wall_ns

    loop = running(models=SilentModels())
    loop.pacer, loop.now_ns, loop.statistics = FramePacer(now_ns, sleep), now_ns, FrameStatistics()

    def look_on() -> None:
        ran.append(loop.world.tick - sum(ran))
        if len(ran) == 60:
            sleep(2.0)
        loop.stopped = len(ran) == 180

    loop.after_frame.append(look_on)
    loop.run()
    assert ran[60] == loop.clock.max_ticks == 5
    assert set(ran[62:]) <= {0, 1, 2}
    assert sum(ran[120:180]) == pytest.approx(60, abs=1)
    assert loop.clock.dilated_s == pytest.approx(2.0 - 4 / 60, abs=2 / 60)
