"""The background thread: one asyncio loop that owns every backend, and a world it never touches.

Questions come in by an inbox, words go out by each line's own stream. Whatever happens here, the main thread
finds out by looking at the thread, never by waiting for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from llm.beat import TURN_S
from llm.dispatcher import Dispatcher
from llm.errors import NoModel, Unreachable
from llm.outbox import OutStream
from llm.right_of_way import heeding_loop
from llm.scheduler import Job
from llm.surroundings import Surroundings
from llm.tier_door import SlottedBackend, Tiers
from llm.types import RequestId, Tier

log = logging.getLogger(__name__)

_JOIN_S: Final = 1.8  # close() is over within two seconds


@dataclass(frozen=True, slots=True)
class Submit:
    """A question, and its line's way out; none for a warm-up."""

    job: Job
    out: OutStream | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this any more."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Reconfigure:
    """The settings have changed."""


Message = Submit | Cancel | Reconfigure


class Background:
    """One life of the thread."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._inbox: deque[Message] = deque()
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tiers: Tiers = {}
        self.turned_ns = 0  # when it last went round
        self._thread = threading.Thread(target=self._run, name="models", daemon=True)

    # -- the main thread's side: none of it waits, `close` excepted

    def start(self) -> None:
        """Begin to live."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def identity(self) -> int | None:
        """The thread's, as the interpreter knows it."""
        return self._thread.ident

    def send(self, message: Message) -> None:
        """Hand something in. Nobody is woken for it: the loop looks by itself, within a frame or so.

        Waking a thread is a system call at which a busy machine may take the processor away from the caller:
        measured, one in a hundred took 6 ms. This takes a microsecond.
        """
        self._inbox.append(message)

    def ask(self, tier: Tier, question: Callable[[SlottedBackend], Coroutine[Any, Any, Any]]) -> Future[Any]:
        """Run something of a tier's first backend on the loop, beside the queue; what went wrong is in the future."""

        async def answer() -> Any:
            door = self._tiers.get(tier)
            backends = door.backends() if door else ()
            if not backends:
                raise NoModel(self._around.published.status(tier).detail or "no model is ready")
            return await question(backends[0])

        return self._run_on_loop(answer())

    def check(self) -> Future[Any]:
        """Have every tier ask its servers now."""

        async def check_all() -> None:
            await asyncio.gather(*(door.check() for door in self._tiers.values()))

        return self._run_on_loop(check_all())

    def close(self) -> None:
        """End the thread and all that it started; waits for it, within bounds."""
        self._closing = True
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)
        if self.alive:
            log.warning("background.stuck")
            self._kill()

    def _run_on_loop(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop is not None and self.alive:
            with contextlib.suppress(RuntimeError):  # it has closed just now
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        gone: Future[Any] = Future()
        gone.set_exception(Unreachable("the background thread is not running"))
        return gone

    # -- the thread's side

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: heeding_loop(self._around.right_of_way)) as runner:
                runner.run(self._live())
        except Exception:  # the thread's outer wall: the main thread sees that it is gone, and goes on
            log.exception("background.died")
        finally:
            self._kill()

    async def _live(self) -> None:
        wake = asyncio.Event()
        self._tiers = self._around.make_tiers()
        dispatcher = Dispatcher(self._around, self._tiers, wake)
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as group:
                tending = [group.create_task(door.tend()) for door in self._tiers.values()]
                while not self._closing:
                    self.turned_ns = time.perf_counter_ns()
                    wake.clear()
                    dispatcher.look()
                    self._read_inbox(dispatcher)
                    dispatcher.turn(group)
                    await _until(wake)
                dispatcher.stop_all()
                for task in tending:
                    task.cancel()
        finally:
            for door in self._tiers.values():
                await door.close()

    def _read_inbox(self, dispatcher: Dispatcher) -> None:
        while self._inbox:
            match self._inbox.popleft():
                case Submit(job=job, out=out):
                    dispatcher.submit(job, out)
                case Cancel(request_id=request_id):
                    dispatcher.cancel(request_id)
                case Reconfigure():
                    for door in self._tiers.values():
                        door.reconfigure()

    def _kill(self) -> None:
        for door in self._tiers.values():
            door.kill()


async def _until(wake: asyncio.Event) -> None:
    """A question is done, or it is time to look into the inbox and at who has waited too long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TURN_S):
            await wake.wait()
