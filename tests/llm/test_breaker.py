"""The breaker: what it lets through, by a table, on a clock that stands still."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from llm.breaker import FIRST_REST_S, IN_A_ROW, LONGEST_REST_S, NEXT, Breaker, BreakerState, Turn


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def breaker(clock: Clock | None = None) -> Breaker:
    """One without chance."""
    return Breaker(clock or Clock(), lambda: 0.0)


def state_of(one: Breaker) -> BreakerState:
    """Its state now; a type checker believes that a state stays."""
    return one.state


def may_ask(one: Breaker) -> bool:
    """Whether a question may go out; as above."""
    return one.allows


def fail(one: Breaker, times: int) -> None:
    """So many failures in a row."""
    for _ in range(times):
        one.began()
        one.failed()


def test_it_opens_after_five_failures_in_a_row_and_not_before() -> None:
    """Four are bad luck."""
    one = breaker()
    fail(one, IN_A_ROW - 1)
    assert state_of(one) is BreakerState.CLOSED
    assert may_ask(one)
    fail(one, 1)
    assert state_of(one) is BreakerState.OPEN
    assert not may_ask(one)
    assert one.opens == 1


def test_a_success_in_between_begins_the_row_anew() -> None:
    """Five in a row means in a row."""
    one = breaker()
    fail(one, IN_A_ROW - 1)
    one.succeeded()
    fail(one, 1)
    assert one.state is BreakerState.CLOSED


def test_seven_of_ten_open_it_too() -> None:
    """A backend that answers now and then is still a bad one."""
    one = breaker()
    for failed in (True, True, False, True, True, False, True, True, False, True):
        one.began()
        if failed:
            one.failed()
        else:
            one.succeeded()
    assert one.state is BreakerState.OPEN


def test_after_its_rest_one_probe_goes_out_and_decides() -> None:
    """Half open means one."""
    clock = Clock()
    one = breaker(clock)
    fail(one, IN_A_ROW)
    clock.now += FIRST_REST_S
    assert may_ask(one)
    one.began()
    assert state_of(one) is BreakerState.HALF_OPEN
    assert not may_ask(one)
    one.succeeded()
    assert state_of(one) is BreakerState.CLOSED
    assert may_ask(one)


def test_a_probe_that_is_withdrawn_may_be_tried_again() -> None:
    """Nobody may stay locked out because a line was cancelled."""
    clock = Clock()
    one = breaker(clock)
    fail(one, IN_A_ROW)
    clock.now += FIRST_REST_S
    one.began()
    one.gave_up()
    assert may_ask(one)


def test_rests_grow_and_are_bounded() -> None:
    """A server that stays down is asked less often, but within ten seconds always."""
    clock = Clock()
    one = breaker(clock)
    fail(one, IN_A_ROW)
    rests = []
    for _ in range(8):
        rests.append(one.rests_s)
        clock.now += one.rests_s
        fail(one, 1)
    assert rests == sorted(rests)
    assert rests[0] == pytest.approx(FIRST_REST_S)
    assert rests[-1] <= LONGEST_REST_S


def test_a_server_that_asks_for_rest_gets_it_at_once() -> None:
    """`Retry-After` is no failure, and is obeyed."""
    clock = Clock()
    one = breaker(clock)
    one.rest(30.0)
    assert one.rests_s == pytest.approx(30.0)
    clock.now += 29.9
    assert not may_ask(one)
    clock.now += 0.2
    assert may_ask(one)


def test_every_state_knows_what_to_do_with_what_may_happen_in_it() -> None:
    """An absent pair is an error, so the table is looked at as a whole."""
    missing = {(state, turn) for state in BreakerState for turn in Turn} - NEXT.keys()
    assert missing == {(BreakerState.CLOSED, Turn.RESTED), (BreakerState.HALF_OPEN, Turn.RESTED)}


class Machine(RuleBasedStateMachine):
    """Anything may happen in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.one = breaker(self.clock)
        self.out = 0

    @precondition(lambda self: self.one.allows)
    @rule()
    def ask(self) -> None:
        """A question goes out."""
        self.one.began()
        self.out += 1

    @precondition(lambda self: self.out > 0)
    @rule(end=st.sampled_from(["succeeded", "failed", "gave_up", "rest"]))
    def end(self, end: str) -> None:
        """One comes to its end."""
        self.out -= 1
        if end == "rest":
            self.one.rest(3.0)
        else:
            getattr(self.one, end)()

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.now += seconds

    @invariant()
    def rest_is_bounded(self) -> None:
        """Nobody is shut out for longer than the longest rest."""
        assert 0 <= self.one.rests_s <= LONGEST_REST_S

    @invariant()
    def never_locked(self) -> None:
        """With nothing out and the rest over, something may go out."""
        if self.out == 0 and self.one.rests_s == 0:
            assert self.one.allows


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestMachine = Machine.TestCase
