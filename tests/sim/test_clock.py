from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import MAX_FRAME_NS, TICK_NS, FixedStep, seconds_to_ticks
from sim.pacer import FRAME_NS, FramePacer

MILLISECOND = 1_000_000


def expend_all(clock: FixedStep, elapsed_ns: int) -> int:
    """One frame of the clock: how many ticks it ran."""
    clock.owe(elapsed_ns)
    ran = 0
    while ran < clock.max_ticks and clock.expend_tick():
        ran += 1
    clock.forgive_whole_ticks()
    return ran


def test_a_frame_of_a_sixtieth_owes_one_tick() -> None:
    """Real time becomes ticks one to one at speed 1."""
    clock = FixedStep()
    assert [expend_all(clock, TICK_NS) for _ in range(60)] == [1] * 60
    assert clock.dilated_s == 0


@pytest.mark.fault(50)
def test_a_stall_is_forgiven_beyond_the_cap_and_counted() -> None:
    """Two seconds of stall cost five ticks, not 120, and the rest is told."""
    clock = FixedStep()
    assert expend_all(clock, 2_000 * MILLISECOND) == 5
    assert abs(clock.dilated_s - (2.0 - 5 * TICK_NS / 1e9)) < TICK_NS / 1e9
    assert clock.alpha < 1


def test_speed_runs_more_ticks_a_frame_and_raises_the_cap() -> None:
    """At speed 8 a frame owes eight ticks and may run sixteen."""
    clock = FixedStep()
    clock.speed = 8
    assert expend_all(clock, TICK_NS) == 8
    assert clock.max_ticks == 16


def test_speed_is_kept_within_bounds() -> None:
    """Nobody runs the world backwards or a thousand times too fast."""
    clock = FixedStep()
    clock.speed = 1000
    assert clock.speed == 8
    clock.speed = -1
    assert clock.speed == 0.25


def test_a_paused_world_owes_nothing() -> None:
    """Time passes, the world stands, nothing is owed afterwards."""
    clock = FixedStep()
    clock.paused = True
    assert expend_all(clock, 100 * MILLISECOND) == 0
    clock.paused = False
    assert expend_all(clock, 0) == 0
    assert clock.dilated_s == 0


@given(st.lists(st.integers(-MILLISECOND, 3 * MAX_FRAME_NS), max_size=50))
def test_no_time_is_lost_unseen(frames: list[int]) -> None:
    """Ticks run + time owed + time forgiven is all the time that passed, whatever the frames were."""
    clock = FixedStep()
    ticks = sum(expend_all(clock, elapsed) for elapsed in frames)
    passed = sum(max(elapsed, 0) for elapsed in frames)
    accounted = ticks * TICK_NS + clock.alpha * TICK_NS + clock.dilated_s * 1e9
    assert abs(accounted - passed) < 2 + len(frames)
    assert 0 <= clock.alpha < 1


def test_seconds_are_never_less_than_a_tick() -> None:
    """A deadline always lies ahead."""
    assert seconds_to_ticks(0) == 1
    assert seconds_to_ticks(1.5) == 90


class FakeWall:
    """A clock that only sleeping and looking move on."""

    def __init__(self) -> None:
        self.now = 0
        self.slept: list[float] = []

    def now_ns(self) -> int:
        """Look."""
        self.now += 1_000  # a look costs a microsecond
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.slept.append(seconds)
        self.now += int(seconds * 1e9)


def test_the_pacer_sleeps_most_and_spins_the_rest() -> None:
    """Each frame begins at its time; all but the last millisecond is slept."""
    wall = FakeWall()
    pacer = FramePacer(wall.now_ns, wall.sleep)
    late = [pacer.wait() for _ in range(10)]
    assert max(late) < 10_000
    assert abs(wall.now - 10 * FRAME_NS) < 20_000
    assert all(seconds * 1e9 < FRAME_NS - 900_000 for seconds in wall.slept)


def test_a_missed_frame_is_not_made_up_by_a_burst() -> None:
    """After a stall of a second the next frames are a frame apart again."""
    wall = FakeWall()
    pacer = FramePacer(wall.now_ns, wall.sleep)
    wall.now += 1_000 * MILLISECOND
    assert pacer.wait() > 900 * MILLISECOND
    before = wall.now
    pacer.wait()
    pacer.wait()
    assert wall.now - before > FRAME_NS
