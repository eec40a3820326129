"""What the program tells of itself on the screen."""

from __future__ import annotations

from llm.tick_models import TickModels
from sim.app.instruments import Instruments
from sim.app.onlookers import Notices
from sim.app.screen_facts import ScreenFacts
from sim.app.tick_desk import TickDesk
from tests.support.running import running


def test_it_looks_twice_a_second_and_not_in_every_frame() -> None:
    """What it told is kept in between, the same object."""
    loop, now = running(), [0]
    assert isinstance(loop.models, TickModels)
    tell = Instruments(loop, TickDesk(loop.models), lambda: now[0])
    first = tell()
    assert first[0].startswith("tick 0")
    for _ in range(30):
        loop.tick()
        now[0] += 16_000_000
        assert tell() is first
    now[0] += 100_000_000
    assert tell()[0].startswith("tick 30")


def test_the_screen_is_told_what_a_frame_took() -> None:
    """And what there is to be told of the program."""
    loop, notices = running(), Notices()
    assert isinstance(loop.models, TickModels)
    notices.put("the mill burns")
    notices.take()
    facts = ScreenFacts(loop, TickDesk(loop.models), notices)()
    assert facts.notice == "the mill burns"
    assert facts.tier_badge.startswith("templates") or "template" in facts.tier_badge
    assert facts.route == "no line yet"
    assert facts.instruments
