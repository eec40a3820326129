"""Money through every suspension point: whatever is cancelled wherever, nothing stays set aside and no cent is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from llm import spend_file
from llm.dispatcher import Dispatcher
from llm.errors import ModelError, RateLimited, ServerFault, TooSlow, Unreachable
from llm.outbox import Outbox
from llm.prices import Price
from llm.protocol import GateFactory
from llm.published import Published
from llm.purse import Purse
from llm.scheduler import Job
from llm.settings import BudgetSettings, LlmSettings
from llm.spend_file import SpendFile
from llm.surroundings import Surroundings
from llm.terms import Terms
from llm.tier_door import FixedTier, Payment, SlottedBackend, TierContext, as_it_is
from llm.types import BackendEvent, Delta, End, Finish, Priority, Request, RequestId, Tier, Usage, Why
from tests.support.model_backends import within
from tests.support.model_requests import OpenGate, ShutGate, ask

PRICE: Final = Price(input_usd=1.0, cached_input_usd=1.0, output_usd=1.0)
USED: Final = Usage(12, 3)
COST_USD: Final = 15e-6
ENOUGH: Final = 200  # turns of the loop, in which any line here is over


class Stepwise:
    """A backend that waits at every step, fails after the one it is told to, and knows how far it came."""

    name = "stepwise"
    model = ""
    tier = Tier.CLOUD
    in_flight = 1

    def __init__(self, error: ModelError | None = None, after: int = 9, usage: Usage = USED) -> None:
        self.error, self.after, self.usage = error, after, usage
        self.asked = self.closed = 0

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:  # noqa: ARG002
        """Two words and an end, with a pause before each, and one after the end."""
        self.asked += 1
        events: list[BackendEvent] = [Delta("Good "), Delta("morrow."), End(Finish.STOP, self.usage)]
        try:
            for step, event in enumerate(events):
                await asyncio.sleep(0)
                if self.error is not None and step == self.after:
                    raise self.error
                yield event
        finally:
            self.closed += 1
            await asyncio.sleep(0)  # as a connection does that is closed

    def reading_s(self, request: Request) -> float:  # noqa: ARG002
        """At once."""
        return 0.0

    async def warm(self, request: Request) -> None:
        """Nothing."""

    async def check(self) -> None:
        """It is there."""

    async def close(self) -> None:
        """Nothing to give back."""


class PaidTier(FixedTier):
    """One backend and a purse."""

    def __init__(self, context: TierContext, backend: SlottedBackend, purse: Purse) -> None:
        super().__init__(context, backend)
        self._purse = purse

    def pay_for(self, request: Request) -> Payment | None:
        """As the cloud's own tier does."""
        return self._purse.pay_for(request, PRICE)


class Desk:
    """A dispatcher with a paid tier, turned by hand."""

    def __init__(self, backend: Stepwise, purse: Purse, gate: GateFactory = OpenGate) -> None:
        settings, published = LlmSettings(), Published()
        context = TierContext(
            settings,
            Path(),
            False,
            list[str]().append,
            published.publish,
            published.publish_money,
            published.count_retry,
        )
        tiers = {Tier.CLOUD: PaidTier(context, backend, purse)}
        now_s = asyncio.get_running_loop().time
        self._around = Surroundings(settings, gate, lambda: tiers, published, now_s, as_it_is, lambda: 0.0)
        self._outbox = Outbox()
        self.dispatcher = Dispatcher(self._around, tiers, asyncio.Event())

    def ask(self, number: int) -> None:
        """Put a question to it; it begins with the next turn."""
        request = ask(number, npc=number, priority=Priority.SPOTLIGHT)
        now_s = self._around.now_s()
        job = Job(request, now_s, now_s + 30, Tier.CLOUD, terms=Terms(update_rate_s=1e-9))
        self.dispatcher.look()
        self.dispatcher.submit(job, self._outbox.open(request.id))

    @property
    def running(self) -> int:
        """Questions that hold a slot."""
        return sum(lane.scheduler.running for lane in self.dispatcher._lanes)


async def turns(count: int) -> None:
    """So often may everybody else go on to where they wait next."""
    for _ in range(count):
        await asyncio.sleep(0)


def purse_at(path: Path = Path()) -> Purse:
    """With money enough for hundreds of questions."""
    return Purse(BudgetSettings(usd_per_hour=1.0), path)


def spend(purse: Purse) -> None:
    """One question, asked and answered."""
    payment = purse.pay_for(ask(1), PRICE)
    assert payment is not None
    with payment:
        payment.settle_usage(USED)


def written(path: Path) -> float:
    """All that stands in a file."""
    with contextlib.closing(SpendFile(path)) as file:
        return sum(file.add_and_read({}, 0).values())


async def cancelled_after(count: int, backend: Stepwise, gate: GateFactory) -> tuple[float, bool]:
    """What one question cost that was cancelled after so many turns, and whether it was over by then."""
    purse = purse_at()
    desk = Desk(backend, purse, gate)
    async with asyncio.TaskGroup() as group:
        desk.ask(1)
        desk.dispatcher.turn(group)
        await turns(count)
        was_over = desk.running == 0
        desk.dispatcher.cancel(RequestId(1))
    facts = purse.facts()
    assert desk.running == 0
    assert backend.closed == backend.asked
    assert facts.reserved_usd == 0
    assert facts.requests == (facts.total_usd > 0)
    return facts.total_usd, was_over


CASES: Final[dict[str, Callable[[], Stepwise]]] = {
    "well": Stepwise,
    "without counts": lambda: Stepwise(usage=Usage()),
    "no connection": lambda: Stepwise(Unreachable("gone"), after=0),
    "no connection in time": lambda: Stepwise(TooSlow("slow", Why.CONNECT), after=0),
    "wants rest": lambda: Stepwise(RateLimited("enough"), after=0),
    "in trouble": lambda: Stepwise(ServerFault("oh"), after=0),
    "silent": lambda: Stepwise(TooSlow("slow"), after=0),
    "broken after a word": lambda: Stepwise(Unreachable("gone", Why.BROKEN_STREAM), after=1),
    "broken before its counts": lambda: Stepwise(Unreachable("gone", Why.BROKEN_STREAM), after=2),
    "refused after a word": lambda: Stepwise(ServerFault("oh"), after=1),
}
OWES_NOTHING: Final = {"no connection", "no connection in time", "wants rest", "in trouble"}


@pytest.mark.parametrize("gate", [OpenGate, ShutGate])
@pytest.mark.parametrize("case", CASES)
def test_wherever_a_question_is_cancelled_nothing_stays_set_aside(case: str, gate: GateFactory) -> None:
    """At each point where it waits: what was asked is paid for, also words that nobody saw; what was not, is not."""
    for count in range(ENOUGH):
        backend = CASES[case]()
        cost_usd, was_over = asyncio.run(cancelled_after(count, backend, gate))
        if was_over:
            break
        assert (cost_usd > 0) is (backend.asked > 0) or (case in OWES_NOTHING and cost_usd == 0)
    else:
        raise AssertionError("it was never over")
    assert count > 2
    assert (cost_usd > 0) is (case not in OWES_NOTHING)
    if case == "well":
        assert cost_usd == pytest.approx(COST_USD)


def test_a_question_that_is_cancelled_before_it_begins_gives_back_its_slot() -> None:
    """Between the turn that takes it and its own first step."""

    async def run() -> None:
        backend = Stepwise()
        desk = Desk(backend, purse_at())
        async with asyncio.TaskGroup() as group:
            desk.ask(1)
            desk.dispatcher.turn(group)
            desk.dispatcher.cancel(RequestId(1))
            await turns(ENOUGH)
            desk.ask(2)
            desk.dispatcher.turn(group)
        assert (desk.running, backend.asked, backend.closed) == (0, 1, 1)

    within(10, run)


def test_no_more_is_asked_at_once_than_there_is_money_for() -> None:
    """The worst case of each is set aside before it is sent."""
    purse = Purse(BudgetSettings(usd_per_hour=1e-3), Path())
    with contextlib.ExitStack() as under_way:
        while (payment := purse.pay_for(ask(1), PRICE)) is not None:
            under_way.enter_context(payment)
        facts = purse.facts()
        assert 0.5e-3 < facts.reserved_usd <= 1e-3
    assert purse.facts().total_usd == pytest.approx(facts.reserved_usd)


@pytest.mark.parametrize("busy", [False, True], ids=["at once", "after others"])
def test_saving_that_is_cancelled_loses_no_cent(busy: bool, tmp_path: Path) -> None:
    """Wherever it is, be its thread at work or still waiting for its turn: nothing is lost, nothing is written twice."""

    async def run(count: int, path: Path) -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        go_on = threading.Event()
        purse = purse_at(path)
        assert await purse.open() == ""
        spend(purse)
        others = asyncio.create_task(asyncio.to_thread(go_on.wait, 10)) if busy else None
        await turns(1)
        saving = asyncio.create_task(purse.save())
        await turns(count)
        saving.cancel()
        await turns(1)
        spend(purse)
        go_on.set()
        with contextlib.suppress(asyncio.CancelledError):
            await saving
        if others is not None:
            await others
        purse.close()
        assert written(path) == pytest.approx(2 * COST_USD)

    for count in range(8):
        asyncio.run(run(count, tmp_path / f"{count}.sqlite3"))


def test_what_could_not_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds the file costs patience, not money."""
    monkeypatch.setattr(spend_file, "_BUSY_S", 0.01)
    path = tmp_path / "spend.sqlite3"

    async def run() -> None:
        purse = purse_at(path)
        await purse.open()
        spend(purse)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await purse.save()
        assert written(path) == 0
        assert purse.facts().total_usd == pytest.approx(COST_USD)
        await purse.save()
        await purse.open()  # as with another key: the same file
        purse.close()
        purse.close()

    within(10, run)
    assert written(path) == pytest.approx(COST_USD)


def test_without_a_file_caps_hold_for_this_run(tmp_path: Path) -> None:
    """And people are told so, in one line."""
    (tmp_path / "file").touch()

    async def run() -> None:
        purse = purse_at(tmp_path / "file" / "spend.sqlite3")
        told = await purse.open()
        assert "this run only" in told
        assert "\n" not in told
        spend(purse)
        await purse.save()
        assert purse.facts().hour_usd == pytest.approx(COST_USD)
        purse.close()

    within(10, run)
