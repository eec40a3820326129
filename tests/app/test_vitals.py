"""That a soak sees each promise that breaks, and none that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.conversation.talk import Conversation
from agents.mind import State
from llm.tick_models import TickModels
from llm.types import LineStats, Outcome, RequestId, RouteReason, Started, Tier, Why
from sim.app.companion import RunParts
from sim.app.logs import ErrorList
from sim.app.process_facts import ProcessFacts
from sim.app.report import TalkCounts
from sim.app.settings import Settings
from sim.app.tick_desk import TickDesk
from sim.app.town_models import TownModels
from sim.app.vitals import FULL_DAYS, MOST_SAMPLES, MOST_TOLD, Vitals, robust_slope
from sim.hearing import SpokenLine
from tests.support.model_requests import ask
from tests.support.running import running

HOUR = 216_000  # ticks


def watched() -> Vitals:
    """A town of which nothing has been seen yet."""
    loop = running()
    assert isinstance(loop.models, TickModels)
    models = TownModels(loop.models, TickDesk(loop.models))
    return Vitals(RunParts(loop, models, TalkCounts(), ProcessFacts(), ErrorList()), Settings())


def line(
    ttfc_ms: float, tier: Tier = Tier.LOCAL, text: str = "Good morning to the whole of the town."
) -> SpokenLine:
    """Said after so long."""
    started = Started(RequestId(1), tier, "b", "m", RouteReason.LOCAL_READY)
    return SpokenLine(ask(1), started, text, Outcome.COMPLETE, Why.NONE, LineStats(ttfc_ms=ttfc_ms), 1)


def test_a_town_that_is_well_breaks_nothing() -> None:
    """At its first tick, and when it was looked at for hours."""
    vitals = watched()
    assert list(vitals.broken()) == []
    for _ in range(20):
        vitals.parts.loop.world.tick += HOUR // 10
        vitals.look()
    assert list(vitals.broken()) == []
    assert vitals.hours == pytest.approx(2.0)


def test_frames_that_work_too_long_are_seen() -> None:
    """One in a thousand, by the thread's own time; one in a hundred thousand is not."""
    vitals = watched()
    statistics = vitals.parts.loop.statistics
    for number in range(10_000):
        statistics.record_work(30_000_000, 30_000_000 if number % 100 == 0 else 1_000_000)
    assert next(vitals.broken()).startswith("one frame in a thousand works for 29.9 ms")


def test_somebody_who_is_silent_too_long_is_seen() -> None:
    """Past the deadline by which a mind is freed."""
    vitals = watched()
    world = vitals.parts.loop.world
    world.minds[3].state, world.minds[3].deadline = State.THINKING, 10
    assert list(vitals.broken()) == []
    world.tick = 10 + 200
    (told,) = vitals.broken()
    assert told.startswith(world.roster.first_name(3))


def test_a_talk_in_which_nothing_is_said_is_seen() -> None:
    """After two minutes, and not if somebody speaks."""
    vitals = watched()
    world = vitals.parts.loop.world
    world.talks[4] = Conversation(4, (1, 2), 5, 0)
    assert list(vitals.broken()) == []
    world.tick += 119 * 60
    assert list(vitals.broken()) == []
    world.tick += 2 * 60
    assert "talk #4" in next(vitals.broken())
    world.talks[4].let_go += 1
    assert list(vitals.broken()) == []


def test_lines_that_come_late_and_lines_that_come_again_are_seen() -> None:
    """More than one in a hundred, and more than two."""
    vitals = watched()
    for number in range(300):
        said = line(9000 if number < 4 else 100)
        vitals.note_line(said)
        asked = replace(ask(number, number), conversation=number)
        vitals.parts.talks.note_line(replace(said, request=asked))
    assert [told for told in vitals.broken() if "deadline" in told]
    assert not [told for told in vitals.broken() if "again" in told]
    for _ in range(20):
        vitals.parts.talks.note_line(line(100))
    assert [told for told in vitals.broken() if "again" in told]


@pytest.mark.parametrize(
    ("name", "more", "word"),
    [
        ("descriptors", 40, "descriptors"),
        ("threads", 10, "threads"),
        ("children", 3, "children"),
        ("tasks", 500, "tasks"),
        ("open_lines", 500, "lines are open"),
        ("spent_usd", 99, "dollars"),
    ],
)
def test_what_piles_up_is_seen(name: str, more: int, word: str) -> None:
    """Compared with what there was after the warm-up."""
    vitals = watched()
    for _ in range(6):
        vitals.parts.loop.world.tick += HOUR // 20
        vitals.look()
    assert list(vitals.broken()) == []
    last = vitals.samples[-1]
    vitals.samples[-1] = replace(last, **{name: getattr(last, name) + more})
    (told,) = vitals.broken()
    assert word in told


@pytest.mark.parametrize(("a_day", "sees"), [(0.0, False), (0.3, False), (0.8, True)])
def test_memory_that_grows_is_seen(a_day: float, sees: bool) -> None:
    """A megabyte an hour, once everybody remembers as much as anybody keeps; 24 minutes are a day."""
    vitals = watched()
    for day in range(FULL_DAYS + 10):
        vitals.parts.loop.world.tick = int(day * 0.4 * HOUR)
        sample = vitals.look()
        vitals.samples[-1] = replace(
            sample, rss_mb=100 + (20 * day if day < FULL_DAYS else 20 * FULL_DAYS + a_day * day)
        )
    assert bool([told for told in vitals.broken() if "memory" in told]) is sees


def test_a_very_long_run_keeps_no_more_samples_than_are_drawn() -> None:
    """Every second one is let go, the first never."""
    vitals = watched()
    first = vitals.look()
    for _ in range(MOST_SAMPLES + 10):
        vitals.parts.loop.world.tick += 60
        vitals.look()
    assert len(vitals.samples) <= MOST_SAMPLES
    assert vitals.samples[0] == first
    told = vitals.report()["samples"]
    assert len(told) == MOST_TOLD
    assert [told[0]["hours"], told[-1]["hours"]] == [0, vitals.samples[-1].hours]


@given(st.floats(-5, 5), st.lists(st.integers(0, 99), max_size=20))
def test_a_few_odd_samples_do_not_move_a_slope(slope: float, odd: list[int]) -> None:
    """Up to a fifth of them may be anything."""
    y = [100 + slope * at for at in range(100)]
    for at in odd:
        y[at] += 1000
    assert robust_slope(range(100), y) == pytest.approx(slope, abs=0.5 + abs(slope) / 4)
