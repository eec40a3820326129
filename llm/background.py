"""The background thread: one asyncio loop that owns every backend, and a world it never touches.

Questions come in by an inbox, words go out by each line's own stream. Whatever happens here, the main thread
finds out by looking at the thread, never by waiting for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final

from llm.attempt import Attempt
from llm.errors import ModelError, NoModel, Unreachable
from llm.outbox import OutStream
from llm.pace import Pace
from llm.protocol import GateFactory
from llm.scheduler import Dropped, Job, Scheduler
from llm.settings import LlmSettings
from llm.tier_door import SlottedBackend, TierDoor
from llm.types import Failed, Kind, Outcome, RequestId, TierState, TierStatus, Why

log = logging.getLogger(__name__)

_READ_AHEAD_S: Final = 10.0  # a reading that could not begin by then is of no use
_LOOK_S: Final = 0.02  # how often the loop looks into its inbox
_JOIN_S: Final = 1.8  # close() is over within two seconds


@dataclass(slots=True)
class Published:
    """What the background says of itself: each field is written by it in one assignment, and only read elsewhere."""

    status: TierStatus = field(default_factory=lambda: TierStatus(TierState.STARTING, detail="starting"))
    pace: Pace = field(default_factory=Pace)
    queue_length: int = 0
    retries: int = 0

    def publish(self, status: TierStatus) -> None:
        """What the tier is now."""
        self.status = status

    def count_retry(self) -> None:
        """One free retry more."""
        self.retries += 1


@dataclass(frozen=True, slots=True)
class Submit:
    """A question for the queue, and its line's way out; none for a warm-up."""

    job: Job
    out: OutStream | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this any more."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What outlives a thread."""

    settings: LlmSettings
    gate: GateFactory
    make_tier: Callable[[], TierDoor]
    published: Published
    now_s: Callable[[], float]


class Background:
    """One life of the thread."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._inbox: deque[Submit | Cancel] = deque()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tier: TierDoor | None = None
        self._scheduler = Scheduler()
        self._tasks: dict[RequestId, asyncio.Task[None]] = {}
        self._outs: dict[RequestId, OutStream] = {}
        self._thread = threading.Thread(target=self._run, name="models", daemon=True)

    # -- the main thread's side: none of it waits, `close` excepted

    def start(self) -> None:
        """Begin to live."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def send(self, message: Submit | Cancel) -> None:
        """Hand something in. Nobody is woken for it: the loop looks by itself, within a frame or so.

        Waking a thread is a system call at which a busy machine may take the processor away from the caller:
        measured, one in a hundred took 6 ms. This takes a microsecond.
        """
        self._inbox.append(message)

    def ask(self, question: Callable[[SlottedBackend], Coroutine[Any, Any, Any]]) -> Future[Any]:
        """Run something of a backend's on the loop, beside the queue; what went wrong is in the future."""

        async def answer() -> Any:
            backend = self._tier.current() if self._tier else None
            if backend is None:
                raise NoModel(self._around.published.status.detail or "no model is ready")
            return await question(backend)

        if self._loop is None or not self.alive:
            gone: Future[Any] = Future()
            gone.set_exception(Unreachable("the background thread is not running"))
            return gone
        return asyncio.run_coroutine_threadsafe(answer(), self._loop)

    def close(self) -> None:
        """End the thread and all that it started; waits for it, within bounds."""
        self._closing = True
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
        if self.alive:
            log.warning("background.stuck")
            if self._tier is not None:
                self._tier.kill()

    # -- the thread's side

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception:  # the thread's outer wall: the main thread sees that it is gone, and goes on
            log.exception("background.died")
        finally:
            if self._tier is not None:
                self._tier.kill()

    async def _live(self) -> None:
        self._wake = asyncio.Event()
        self._tier = self._around.make_tier()
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                tending = group.create_task(self._tier.tend())
                await self._dispatch(group)
                for task in (tending, *self._tasks.values()):
                    task.cancel()
        finally:
            await self._tier.close()

    async def _dispatch(self, group: asyncio.TaskGroup) -> None:
        while not self._closing:
            self._wake.clear()
            self._read_inbox()
            self._give_back(self._scheduler.expire(self._around.now_s(), self._needs_s))
            self._begin(group)
            self._around.published.queue_length = self._scheduler.waiting
            await self._sleep()

    async def _sleep(self) -> None:
        """Until a question is done, or it is time to look into the inbox and at who has waited too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._wake.wait()

    def _read_inbox(self) -> None:
        while self._inbox:
            match self._inbox.popleft():
                case Submit(job=job, out=out):
                    if out is not None:
                        self._outs[job.id] = out
                    self._give_back(self._scheduler.submit(job))
                case Cancel(request_id=request_id):
                    self._outs.pop(request_id, None)
                    if self._scheduler.cancel(request_id):
                        self._stop(request_id)

    def _begin(self, group: asyncio.TaskGroup) -> None:
        """Ask what there is a slot for."""
        backend = self._tier.current() if self._tier else None
        if backend is None:
            self._give_back(self._scheduler.drop_all(Why.NO_MODEL))
            return
        for line in self._scheduler.waiting_lines:
            if self._is_out_of_reach(line, backend):
                self._read_ahead_instead(line)
        slots = backend.in_flight
        if slots != self._pace.slots:
            self._around.published.pace = replace(self._pace, slots=slots)
        for request_id in self._scheduler.warm_ups_in_the_way(slots):
            self._stop(request_id)
        while (job := self._scheduler.take(self._around.now_s(), slots)) is not None:
            self._tasks[job.id] = group.create_task(self._attend(job, backend))

    def _is_out_of_reach(self, job: Job, backend: SlottedBackend) -> bool:
        """Whether the server would still be reading when the first word must be there."""
        left_s = min(job.deadline_s - self._around.now_s(), self._around.settings.timeouts.local)
        return backend.reading_s(job.request) > left_s

    def _read_ahead_instead(self, job: Job) -> None:
        """A template speaks this line at once, and the server reads for the next."""
        self._scheduler.cancel(job.id)
        self._fail(job.id, Why.UNREAD)
        now_s = self._around.now_s()
        ahead = Job(replace(job.request, kind=Kind.WARM), now_s, now_s + _READ_AHEAD_S)
        self._give_back(self._scheduler.submit(ahead))

    async def _attend(self, job: Job, backend: SlottedBackend) -> None:
        begun_s = self._around.now_s()
        try:
            if job.is_line:
                await self._speak(job, backend, begun_s)
            else:
                await self._warm(job, backend)
        except Exception:  # the task's wall: one bad line must not take the thread along
            log.exception("line.broke", extra={"request_id": job.id, "backend": backend.name})
            self._fail(job.id, Why.PROTOCOL)
        finally:
            self._outs.pop(job.id, None)
            self._tasks.pop(job.id, None)
            self._scheduler.done(job.id)
            self._wake.set()

    async def _speak(self, job: Job, backend: SlottedBackend, begun_s: float) -> None:
        out = self._outs.get(job.id)
        if out is None:
            return  # cancelled in between
        attempt = Attempt(job, backend, self._around.gate(job.request), out, self._around.now_s)
        error = await attempt.run(self._around.settings)
        if error is None:
            self._around.published.pace = self._pace.after(
                slots=backend.in_flight,
                begun_s=begun_s,
                first_s=attempt.first_visible_s,
                end_s=self._around.now_s(),
            )
        else:
            log.info(
                "line.failed", extra={"backend": backend.name, "why": error.why.value, "reason": str(error)}
            )
            if self._tier is not None:
                self._tier.failed(backend, error)

    async def _warm(self, job: Job, backend: SlottedBackend) -> None:
        with contextlib.suppress(ModelError, TimeoutError):
            async with asyncio.timeout(self._around.settings.timeouts.total):
                await backend.warm(job.request)

    def _give_back(self, dropped: list[Dropped]) -> None:
        for one in dropped:
            if one.was_running:
                self._stop(one.job.id)
            self._fail(one.job.id, one.why)

    def _fail(self, request_id: RequestId, why: Why) -> None:
        out = self._outs.pop(request_id, None)
        if out is not None:
            outcome = Outcome.CANCELLED if why is Why.SUPERSEDED else Outcome.FAILED
            out.end(Failed(request_id, outcome, why))

    def _stop(self, request_id: RequestId) -> None:
        task = self._tasks.get(request_id)
        if task is not None and not task.cancelling():  # a second cancel would break into its tidying up
            task.cancel()

    @property
    def _needs_s(self) -> float:
        """What must be left of a silence deadline for a question to be asked at all."""
        return min(self._pace.least_s, self._around.settings.timeouts.local / 2)

    @property
    def _pace(self) -> Pace:
        return self._around.published.pace
