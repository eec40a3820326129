from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from llm.budget import DAY_MINUTES, HOUR_MINUTES, Budget, Ladder, Reservation
from llm.settings import BudgetSettings

START_S = 1_780_000_000.0
MINUTE_S = 60.0
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S


class Clock:
    """Wall time, as somebody sets it."""

    def __init__(self) -> None:
        self.now_s = START_S

    def __call__(self) -> float:
        """What it shows."""
        return self.now_s

    @property
    def minute(self) -> int:
        """The minute it is."""
        return math.floor(self.now_s / 60)


def made(hour_usd: float = 1.0, day_usd: float = 3.0) -> tuple[Budget, Clock]:
    """A budget of which nothing is spent."""
    clock = Clock()
    return Budget(BudgetSettings(usd_per_hour=hour_usd, usd_per_day=day_usd), clock), clock


def reserved(budget: Budget, usd: float) -> Reservation:
    """Money that must be there."""
    reservation = budget.reserve(usd)
    assert reservation is not None
    return reservation


def spend(budget: Budget, usd: float) -> None:
    """One request, from its beginning to its end."""
    with reserved(budget, usd) as reservation:
        reservation.settle(usd)


def test_what_is_set_aside_counts_until_it_is_settled() -> None:
    """Ten requests at once cannot spend what is there for five."""
    budget, _ = made(hour_usd=1.0)
    first = reserved(budget, 0.5)
    second = reserved(budget, 0.5)
    assert budget.reserve(0.25) is None
    first.settle(0.125)
    assert budget.reserve(0.5) is None
    second.release()
    facts = budget.facts()
    assert (facts.hour_usd, facts.reserved_usd, facts.left_usd, facts.requests) == (0.125, 0, 0.875, 1)


def test_a_cap_of_nothing_sends_nothing() -> None:
    """Not even what costs nothing."""
    for caps in ((0.0, 3.0), (1.0, 0.0)):
        budget, _ = made(*caps)
        assert budget.reserve(0.0) is None
        assert budget.state is Ladder.SPENT
        assert budget.facts().left_usd == 0


def test_the_cap_itself_may_be_spent() -> None:
    """To the last cent; then nothing is sent, be it free."""
    budget, _ = made(hour_usd=0.5)
    spend(budget, 0.5)
    assert budget.state is Ladder.SPENT
    assert budget.reserve(0.0) is None


@pytest.mark.parametrize("caps", [(1.0, 100.0), (100.0, 1.0)])
def test_the_ladder_has_three_steps(caps: tuple[float, float]) -> None:
    """From 80 % of either cap on the spotlight only, from 100 % on nobody; what is set aside counts as spent."""
    budget, _ = made(*caps)
    steps = [budget.state]
    spend(budget, 0.5)
    steps.append(budget.state)
    held = reserved(budget, 0.375)
    steps.append(budget.state)
    rest = reserved(budget, 0.125)
    steps.append(budget.state)
    rest.release()
    held.release()
    steps.append(budget.state)
    assert steps == [Ladder.OPEN, Ladder.OPEN, Ladder.LOW, Ladder.SPENT, Ladder.OPEN]


def test_leaving_without_a_word_costs_all_of_it() -> None:
    """Cancelled in the middle, nobody knows what the service did."""
    budget, _ = made()

    async def ask() -> None:
        with reserved(budget, 0.25):
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        assert budget.facts().reserved_usd == 0.25
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    facts = budget.facts()
    assert (facts.total_usd, facts.reserved_usd, facts.requests) == (0.25, 0, 1)


def test_the_first_word_stands() -> None:
    """A reservation is settled once, whatever happens."""
    budget, _ = made()
    with reserved(budget, 0.25) as settled:
        settled.settle(0.125)
        settled.settle(0.5)
        settled.release()
    with reserved(budget, 0.25) as released:
        released.release()
        released.settle(0.5)
    assert (budget.facts().total_usd, budget.facts().requests) == (0.125, 1)


def test_a_cost_beyond_what_was_set_aside_is_booked_in_full() -> None:
    """What was spent was spent; what is left is never below nothing."""
    budget, _ = made(hour_usd=1.0)
    reserved(budget, 0.5).settle(2.0)
    facts = budget.facts()
    assert (facts.hour_usd, facts.left_usd, facts.state) == (2.0, 0.0, Ladder.SPENT)


@pytest.mark.parametrize("amount", [-0.01, math.nan, math.inf])
def test_an_amount_that_is_none_is_refused(amount: float) -> None:
    """And what was set aside is then spent, for the request was made."""
    budget, _ = made()
    with pytest.raises(ValueError, match="amount"):
        budget.reserve(amount)
    with pytest.raises(ValueError, match="amount"), reserved(budget, 0.25) as reservation:
        reservation.settle(amount)
    assert budget.facts().total_usd == 0.25


def test_caps_are_read_anew_each_time() -> None:
    """They may be changed while the program runs."""
    clock = Clock()
    caps = BudgetSettings(usd_per_hour=0.5)
    budget = Budget(caps, clock)
    assert budget.reserve(0.75) is None
    caps.usd_per_hour = 1.0
    spend(budget, 0.75)
    caps.usd_per_hour = 0.0
    assert budget.state is Ladder.SPENT


@pytest.mark.parametrize("second", [0.0, 30.0, 59.0])
def test_no_hour_is_a_second_short(second: float) -> None:
    """Money comes back after an hour and not before, at the latest a minute later; after a day, the day's."""
    budget, clock = made(hour_usd=1.0, day_usd=1.5)
    clock.now_s = START_S // 60 * 60 + second
    began_s = clock.now_s
    spend(budget, 1.0)
    clock.now_s = began_s + HOUR_S
    assert budget.reserve(0.25) is None
    clock.now_s = began_s + HOUR_S + MINUTE_S
    spend(budget, 0.5)
    clock.now_s = began_s + DAY_S
    assert budget.reserve(0.25) is None
    clock.now_s = began_s + DAY_S + MINUTE_S
    spend(budget, 1.0)


@pytest.mark.fault(48)
@pytest.mark.parametrize("back_s", [MINUTE_S, HOUR_S, 9 * DAY_S, START_S])
def test_a_clock_set_back_frees_nothing(back_s: float) -> None:
    """What was spent counts until the clock has come to it again, and an hour or a day more."""
    budget, clock = made(hour_usd=1.0)
    spend(budget, 1.0)
    clock.now_s -= back_s
    assert budget.facts().left_usd == 0
    clock.now_s = START_S + HOUR_S - MINUTE_S
    assert budget.reserve(0.25) is None
    clock.now_s = START_S + HOUR_S + 2 * MINUTE_S
    spend(budget, 1.0)


def test_a_clock_that_ran_ahead_frees_once() -> None:
    """Set back again, it finds both what was spent before and after."""
    budget, clock = made(hour_usd=1.0, day_usd=9.0)
    spend(budget, 1.0)
    clock.now_s += 5 * HOUR_S
    spend(budget, 1.0)
    clock.now_s -= 5 * HOUR_S
    assert budget.facts().hour_usd == 2.0
    assert budget.reserve(0.25) is None


def test_the_buckets_are_bounded() -> None:
    """A clock that was ahead for days leaves no more behind than two days' minutes, and no dollar less."""
    budget, clock = made(hour_usd=100_000, day_usd=100_000)
    budget.learn({clock.minute + number: 0.25 for number in range(9 * DAY_MINUTES)})
    assert len(budget._booked) <= 2 * DAY_MINUTES + 1
    assert budget.facts().hour_usd == 0.25 * 9 * DAY_MINUTES


def test_the_forecast_goes_on_as_the_last_ten_minutes() -> None:
    """In the first minutes, as those; and it forgets."""
    budget, clock = made(100.0, 100.0)
    assert budget.facts().forecast_usd_per_hour == 0
    spend(budget, 0.25)
    clock.now_s += 5 * MINUTE_S
    assert budget.facts().forecast_usd_per_hour == pytest.approx(0.25 * 12, rel=0.25)
    for _ in range(20):
        spend(budget, 0.25)
        clock.now_s += MINUTE_S
    assert budget.facts().forecast_usd_per_hour == pytest.approx(0.25 * 60, rel=0.1)
    clock.now_s += 11 * MINUTE_S
    assert budget.facts().forecast_usd_per_hour == 0


def test_what_is_not_saved_is_not_counted_twice() -> None:
    """The file's totals hold what it was given; what was booked meanwhile comes on top."""
    budget, clock = made(100.0, 100.0)
    budget.learn({clock.minute: 4.0})
    spend(budget, 0.5)
    taken = budget.take_unsaved()
    assert taken == {clock.minute: 0.5}
    spend(budget, 0.25)  # while the file is written
    budget.learn({clock.minute: 4.0 + 0.5 + 1.0})  # another program spent a dollar
    assert budget.facts().hour_usd == 5.75
    assert budget.facts().total_usd == 0.75
    assert budget.take_unsaved() == {clock.minute: 0.25}
    assert budget.take_unsaved() == {}


def test_what_could_not_be_saved_is_taken_again() -> None:
    """With what was booked since."""
    budget, clock = made(100.0, 100.0)
    spend(budget, 0.5)
    taken = budget.take_unsaved()
    spend(budget, 0.25)
    budget.put_back(taken)
    assert budget.facts().hour_usd == 0.75
    assert budget.take_unsaved() == {clock.minute: 0.75}


def test_a_lost_file_gives_no_money_back() -> None:
    """What this run knows of, it goes on knowing."""
    budget, clock = made(1.0, 9.0)
    budget.learn({clock.minute: 1.0})
    budget.learn({})
    budget.learn({clock.minute: 0.25})
    assert budget.facts().hour_usd == 1.0


class PlainBudget(RuleBasedStateMachine):
    """A budget beside a plain list of what was spent when, and a plain file; clocks jump, saves fail."""

    under_way = Bundle("under_way")
    amounts = st.sampled_from([0.0, 0.01, 0.07, 0.3, 1.0])

    def __init__(self) -> None:
        super().__init__()
        self.budget, self.clock = made(hour_usd=1.0, day_usd=1.7)
        self.spent: list[tuple[int, float]] = []
        self.aside: dict[Reservation, float] = {}
        self.file: dict[int, float] = {}
        self.total_usd = 0.0

    def used_usd(self, minutes: int) -> float:
        """What the list says of a window, with what is set aside."""
        return self.booked_usd(minutes) + sum(self.aside.values())

    def booked_usd(self, minutes: int) -> float:
        """What the list says of a window."""
        return sum(usd for minute, usd in self.spent if minute >= self.clock.minute - minutes)

    def book(self, usd: float) -> None:
        """Write it on the list."""
        self.spent.append((self.clock.minute, usd))
        self.total_usd += usd

    @rule(target=under_way, usd=amounts)
    def reserve(self, usd: float) -> Reservation | None:
        """Whatever was let through is covered by both caps; whatever was not, is not."""
        reservation = self.budget.reserve(usd)
        left_usd = min(1.0 - self.used_usd(HOUR_MINUTES), 1.7 - self.used_usd(DAY_MINUTES))
        if reservation is None:
            assert usd > left_usd - 1e-9 or left_usd < 1e-9
            return None
        self.aside[reservation] = usd
        assert self.used_usd(HOUR_MINUTES) <= 1.0 + 1e-9
        assert self.used_usd(DAY_MINUTES) <= 1.7 + 1e-9
        return reservation

    @rule(reservation=consumes(under_way), usd=amounts)
    def settle(self, reservation: Reservation | None, usd: float) -> None:
        """For less or for more than was set aside."""
        if reservation is not None:
            reservation.settle(usd)
            del self.aside[reservation]
            self.book(usd)

    @rule(reservation=consumes(under_way))
    def release(self, reservation: Reservation | None) -> None:
        """Nothing was sent."""
        if reservation is not None:
            reservation.release()
            del self.aside[reservation]

    @rule(reservation=consumes(under_way))
    def abandon(self, reservation: Reservation | None) -> None:
        """The `with` is left without a word."""
        if reservation is not None:
            with reservation:
                pass
            self.book(self.aside.pop(reservation))

    @rule(seconds=st.sampled_from([1.0, 59.0, 600.0, HOUR_S - 30, HOUR_S, 7 * HOUR_S, DAY_S]))
    def advance(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.now_s += seconds

    @rule(seconds=st.sampled_from([-3 * DAY_S, -DAY_S, -HOUR_S, -61.0, HOUR_S, 2 * DAY_S]))
    def jump(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.clock.now_s += seconds

    @rule(usd=amounts)
    def another_spends(self, usd: float) -> None:
        """A second program, into the same file."""
        self.file[self.clock.minute] = self.file.get(self.clock.minute, 0.0) + usd

    @rule()
    def save(self) -> None:
        """All of the list is in the file then, and all of the file on the list."""
        for minute, usd in self.budget.take_unsaved().items():
            self.file[minute] = self.file.get(minute, 0.0) + usd
        spent = {
            minute: usd for minute, usd in self.file.items() if minute >= self.clock.minute - DAY_MINUTES
        }
        self.budget.learn(spent)
        self.spent = list(spent.items())

    @rule()
    def fail_to_save(self) -> None:
        """It changes nothing."""
        self.budget.put_back(self.budget.take_unsaved())

    @precondition(lambda self: not self.aside)
    @invariant()
    def nothing_stays_aside(self) -> None:
        """When no request is under way, nothing is set aside: not nearly nothing."""
        assert self.budget.facts().reserved_usd == 0

    @invariant()
    def the_sums_are_the_lists(self) -> None:
        """Of the hour, of the day and of the run; and what is a day old is forgotten for good."""
        facts = self.budget.facts()
        assert facts.hour_usd == pytest.approx(self.booked_usd(HOUR_MINUTES), abs=1e-9)
        assert facts.day_usd == pytest.approx(self.booked_usd(DAY_MINUTES), abs=1e-9)
        assert facts.total_usd == pytest.approx(self.total_usd, abs=1e-9)
        assert facts.reserved_usd == pytest.approx(sum(self.aside.values()), abs=1e-9)
        assert min(facts.left_usd, facts.forecast_usd_per_hour, facts.hour_usd) >= 0
        self.spent = [one for one in self.spent if one[0] >= self.clock.minute - DAY_MINUTES]


PlainBudget.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPlainBudget = pytest.mark.slow(PlainBudget.TestCase)
