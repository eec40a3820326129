"""The real town and the real client over a clock that jumps and a server of functions: one seed, one history.

Nothing between the world's questions and the bytes of an answer is a fake: talks, door, scheduler, breaker, budget, retries,
clocks, parser, gate. What is left out is the thread, the socket and the time that passes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

import pytest

import llm.supervisor
from agents.mind import State
from agents.publish import PublishGate
from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.background import Background
from llm.bridge import Bridge
from llm.budget import Budget, Reservation
from llm.errors import ModelError
from llm.protocol import Backend, Gate
from llm.settings import BudgetSettings, LlmSettings
from llm.tier_door import FREE, Payment, SlottedBackend, TierContext, Tiers
from llm.types import (
    Failed,
    Finished,
    Kind,
    Request,
    RequestId,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Usage,
    Why,
)
from sim.chance import Chance
from sim.view_protocol import Follow
from sim.world import World
from tests.simulation.server import SimulatedServer
from tests.simulation.virtual_loop import VirtualLoop
from tests.support.running import running
from tests.support.small_town import small_world

TICK_S: Final = 1 / 60
_PRICE_USD: Final = 0.004  # of any line of the cloud's
_CAP_USD: Final = 0.01
_SLOTS: Final = 4
_DEADLINE_S: Final = (
    4.0 + 0.5 + 0.1
)  # the cloud's first-content clock, the template's, and a turn of the loop
_QUIET_S: Final = 25.0  # within which everything ends once nobody asks any more
_UNSPEAKABLE: Final = re.compile(r"[<>{}\x00-\x1f\x7f]|Traceback|data:|sk-proj")


class BrokenError(AssertionError):
    """A promise that did not hold, with the seed that shows it again."""


class SimulatedThread(Background):
    """A background without a thread: a task on the loop that jumps."""

    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to live."""
        self.task = asyncio.get_running_loop().create_task(self._live())

    @property
    def alive(self) -> bool:
        """Whether it lives."""
        return self.task is not None and not self.task.done()

    def close(self) -> None:
        """It ends with its next turn."""
        self._closing = True


class _Paid:
    """`llm.tier_door.Payment` at one price."""

    def __init__(self, reservation: Reservation) -> None:
        self._reservation = reservation

    def __enter__(self) -> Self:
        self._reservation.__enter__()
        return self

    def __exit__(self, *how: object) -> None:
        self._reservation.__exit__(*how)

    def settle_usage(self, usage: Usage) -> float:  # noqa: ARG002 - every line costs the same
        """What it cost."""
        self._reservation.settle(_PRICE_USD)
        return _PRICE_USD

    def release(self) -> None:
        """Nothing was sent."""
        self._reservation.release()


class _Door:
    """`llm.tier_door.TierDoor` with one backend that is always thought to be there."""

    def __init__(self, context: TierContext, tier: Tier, budget: Budget | None) -> None:
        options = ServerOptions("http://127.0.0.1:1/v1", model="m", max_concurrency=_SLOTS)
        self._backend = OpenAiCompatible(options, context.on_retry)
        self._backend.tier = tier  # type: ignore[misc]  # final of its class
        self._tier, self._budget, self._context = tier, budget, context

    def backends(self) -> list[SlottedBackend]:
        """The one."""
        return [self._backend]

    def pay_for(self, request: Request) -> Payment | None:  # noqa: ARG002 - one price for all
        """Out of a real budget, if it has one."""
        if self._budget is None:
            return FREE
        reservation = self._budget.reserve(_PRICE_USD)
        self._context.publish_money(self._budget.facts())
        return None if reservation is None else _Paid(reservation)

    async def tend(self) -> None:
        """It is there; its backend finds out when it is not."""
        self._context.publish(self._tier, TierStatus(TierState.READY, "simulated", "m"))
        await asyncio.Event().wait()

    async def check(self) -> None:
        """Nobody asks."""

    def reconfigure(self) -> None:
        """Nothing changes."""

    def failed(self, backend: Backend, error: ModelError) -> None:
        """The breaker sees to it."""

    async def close(self) -> None:
        """The real backend's."""
        await self._backend.close()

    def kill(self) -> None:
        """There is no process."""


@dataclass(slots=True)
class Line:
    """What the screen had of one."""

    asked_s: float
    first_s: float | None = None
    tier: Tier | None = None
    text: str = ""
    end: Finished | Failed | None = None
    given_up: bool = False  # by the town itself


class _Listening:
    """`llm.protocol.Models` over the real bridge: notes what becomes of every line."""

    reads_prompts: Final = True

    def __init__(self, bridge: Bridge, now_s: Callable[[], float]) -> None:
        self.bridge = bridge
        self.lines: dict[RequestId, Line] = {}
        self._now_s = now_s

    def submit(self, request: Request) -> None:
        """Ask."""
        if request.kind is Kind.LINE:
            self.lines[request.id] = Line(self._now_s())
        self.bridge.submit(request)

    def hand_in(self) -> None:
        """Settle where everything goes."""
        self.bridge.hand_in()

    def cancel(self, request_id: RequestId) -> None:
        """The town waits no longer."""
        if request_id in self.lines:
            self.lines[request_id].given_up = True
        self.bridge.cancel(request_id)

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """What has come."""
        events = self.bridge.drain(tick, budget)
        for event in events:
            self._note(event)
        return events

    def status(self) -> TierStatus:
        """The local tier's."""
        return self.bridge.status()

    def close(self) -> None:
        """Whoever made the bridge closes it."""

    def _note(self, event: StreamEvent) -> None:
        line = self.lines.get(event.request_id)
        if line is None:
            return
        if line.end is not None or line.given_up:
            raise BrokenError(f"something came after the end of line {event.request_id}: {event}")
        match event:
            case Started(tier=tier):
                line.first_s, line.tier = self._now_s(), tier
            case TextDelta(text=text):
                line.text += text
            case Finished() | Failed():
                line.end = event


@dataclass(slots=True)
class Simulation:
    """One seed's life."""

    seed: int
    seconds: float
    server: SimulatedServer = field(init=False)
    door: _Listening = field(init=False)
    budget: Budget = field(init=False)
    attempts: int = 0

    def __post_init__(self) -> None:
        self.server = SimulatedServer(self.seed)

    @property
    def digest(self) -> str:
        """Of all that was said, by whom, when."""
        told = [(number, line.first_s, line.tier, line.text) for number, line in self.door.lines.items()]
        return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def run(self) -> Self:
        """Live. Raises BrokenError that names the seed."""
        with pytest.MonkeyPatch.context() as patch, asyncio.Runner(loop_factory=self._loop) as runner:
            patch.setattr(llm.supervisor, "Background", SimulatedThread)
            patch.setattr("llm.surroundings.secrets.randbelow", Chance(self.seed + 1).below)
            try:
                runner.run(self._live())
                self._check()
            except Exception as error:
                raise BrokenError(f"seed {self.seed}: {error!r}") from error
        return self

    def _loop(self) -> VirtualLoop:
        return VirtualLoop(self.server.connect)

    def _tiers(self, context: TierContext) -> Tiers:
        cloud, local = _Door(context, Tier.CLOUD, self.budget), _Door(context, Tier.LOCAL, None)
        return {Tier.CLOUD: cloud, Tier.LOCAL: local}

    async def _live(self) -> None:
        """So long, then until it is quiet, then to the end."""
        loop = asyncio.get_running_loop()
        caps = BudgetSettings(usd_per_hour=_CAP_USD, usd_per_day=_CAP_USD)
        self.budget = Budget(caps, loop.time)
        bridge = Bridge(
            LlmSettings.model_validate({"cloud": {"api_key": "simulated"}}),
            real_gate,
            clock_ns=lambda: int(loop.time() * 1e9),
            make_tiers=self._tiers,
        )
        self.door = _Listening(bridge, loop.time)
        town = running(small_world(self.seed), self.door)
        chance = Chance(self.seed + 2)
        for _ in range(int(self.seconds / TICK_S)):
            if chance.below(300) == 0:
                town.obey(Follow(chance.below(len(town.world))))
            town.frame_of_one_tick()
            _check_minds(town.world)
            await asyncio.sleep(TICK_S)
        for _ in range(int(_QUIET_S / TICK_S)):
            self.door.drain(town.world.tick)
            await asyncio.sleep(TICK_S)
        self.attempts = bridge.performance.attempts
        bridge.close()
        await asyncio.sleep(1.0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            raise BrokenError(f"left behind: {left}")

    def _check(self) -> None:
        lines = self.door.lines
        for number, line in lines.items():
            _check_line(number, line)
        most = 1.1 * len(lines) + 1 + (self.seconds + _QUIET_S) / 10
        if self.attempts > most:
            raise BrokenError(f"{self.attempts} attempts for {len(lines)} lines")
        if self.budget.facts().total_usd > _CAP_USD + 1e-9:
            raise BrokenError(f"{self.budget.facts().total_usd} dollars are spent")
        if self.budget.facts().reserved_usd > 0:
            raise BrokenError("money is set aside for nobody")


def real_gate(request: Request) -> Gate:
    """The program's."""
    return PublishGate(request.prompt.speaker, request.prompt.listeners)


def _check_line(number: RequestId, line: Line) -> None:
    """P2 and P3."""
    if line.given_up:
        return
    if line.end is None:
        raise BrokenError(f"line {number} has no end")
    if line.end.why is Why.SUPERSEDED:
        return
    if line.first_s is None or line.first_s - line.asked_s > _DEADLINE_S:
        raise BrokenError(f"line {number} was silent: {line}")
    if not line.text.strip() or _UNSPEAKABLE.search(line.text):
        raise BrokenError(f"line {number} should not have been shown: {line.text!r}")
    if isinstance(line.end, Finished) and line.end.text != line.text:
        raise BrokenError(f"line {number} was shown as {line.text!r} and ended as {line.end.text!r}")


def _check_minds(world: World) -> None:
    """Nobody waits past the tick by which they are freed."""
    for row, mind in world.minds.made():
        if mind.state is not State.IDLE and world.tick > mind.deadline + 2:
            raise BrokenError(
                f"{world.roster.first_name(row)} still waits at tick {world.tick}: {mind.deadline}"
            )
