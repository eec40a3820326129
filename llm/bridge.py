"""The bridge between the world and the models: the main thread's half. Nothing in here waits, `close` excepted.

Whatever the background thread does, each line ends exactly once and in time: by the model's words, or by its
template, which is spoken from here and works even when that thread is dead. Later words of it are stale.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final, Self

from llm import models, template_tier
from llm.background import Cancel, Published, Submit, Surroundings
from llm.line import Line, LineBook
from llm.local_tier import LocalTier
from llm.outbox import Outbox
from llm.performance import Performance
from llm.protocol import GateFactory
from llm.routing import reason_after, route, why_silent
from llm.scheduler import Job
from llm.settings import LlmSettings
from llm.supervisor import Supervisor
from llm.tier_door import TierContext, TierFactory
from llm.trial import Trial, speak_trial
from llm.types import (
    Failed,
    Finished,
    Kind,
    Outcome,
    Request,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Why,
)

_WARM_PATIENCE_S: Final = 60.0  # a warm-up that could not begin by then is of no use


def _ignore(_line: str) -> None:
    """The notice of who wants none."""


class Bridge:
    """`llm.protocol.Models` over a background thread."""

    def __init__(  # noqa: PLR0913  # keywords with defaults, of which the app gives few
        self,
        settings: LlmSettings,
        gate: GateFactory,
        *,
        models_dir: Path | None = None,
        allow_download: bool = True,
        notice: Callable[[str], None] = _ignore,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        make_tier: TierFactory = LocalTier,
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._clock_ns = clock_ns
        self._published = published = Published()
        folder = models_dir or models.models_dir()
        context = TierContext(
            settings, folder, allow_download, notice, published.publish, published.count_retry
        )
        surroundings = Surroundings(settings, gate, partial(make_tier, context), published, self._now_s)
        self._performance = Performance()
        self._lines = LineBook()
        self._ready: deque[StreamEvent] = deque()  # what this half itself has to say
        self._outbox = Outbox()
        self._closed = False
        self._supervisor = Supervisor(surroundings, notice, clock_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()

    def __repr__(self) -> str:
        status = self.status()
        return f"<Bridge {status.state.value} {status.backend} {len(self._lines)} lines>"

    # -- the door

    def submit(self, request: Request) -> None:
        """Ask. An older question of the same NPC is superseded; one that no model can answer is a template."""
        if request.kind is Kind.WARM:
            self._warm(request)
            return
        now_ns = self._clock_ns()
        self._supersede(request)
        line = Line(request, now_ns, now_ns + int(self._silence_s * 1e9))
        self._lines.add(line)
        reason = self._reason_for_template(request)
        if reason is RouteReason.LOCAL_READY:
            self._hand_over(line)
        else:
            self._fall_back(line, reason)

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        line = self._lines.get(request_id)
        if line is not None:
            self._forget(line)
            self._performance.gave_up(begun=line.begun)

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:  # noqa: ARG002  # real time, not ticks
        """What has arrived, at most `budget` events; never waits for more."""
        self._mind_thread()
        self._miss_deadlines()
        events: list[StreamEvent] = []
        for _ in range(budget):
            if self._ready:
                events.append(self._speak_up(self._ready.popleft()))
            elif not self._outbox.empty():
                self._hear(self._outbox.take(), events)
            else:
                break
        return events

    def status(self) -> TierStatus:
        """The local tier, as last published."""
        return self._published.status

    def close(self) -> None:
        """Stop the thread and all that it started, within two seconds. May be called twice."""
        if not self._closed:
            self._closed = True
            self._supervisor.thread.close()
            self._lines.clear()
            self._ready.clear()

    # -- what screen, console and report ask

    @property
    def performance(self) -> Performance:
        """The counters so far."""
        self._performance.retries = self._published.retries
        return self._performance

    @property
    def queue_length(self) -> int:
        """Lines that wait for a slot, as last published."""
        return self._published.queue_length

    def test_line(self) -> Future[Trial]:
        """One real round trip, beside the queue; its result says how long it took, or why it could not be."""
        return self._supervisor.thread.ask(speak_trial)

    # -- where a line goes

    @property
    def _silence_s(self) -> float:
        return self._settings.timeouts.local + self._settings.fallback.response_time

    def _reason_for_template(self, request: Request) -> RouteReason:
        """`LOCAL_READY` if a model can answer in time, as far as is known; else why a template has to."""
        if self._closed or not self._supervisor.alive:
            return RouteReason.THREAD_DOWN
        published = self._published
        ahead = self._lines.ahead_of(request)
        return route(published.status.state, published.pace, ahead, self._silence_s)

    def _hand_over(self, line: Line) -> None:
        line.out = self._outbox.open(line.request.id)
        self._performance.asked(Tier.LOCAL)
        self._supervisor.thread.send(
            Submit(Job(line.request, line.submitted_ns / 1e9, line.deadline_ns / 1e9), line.out)
        )

    def _warm(self, request: Request) -> None:
        if self._published.status.state is TierState.READY:
            now_s = self._now_s()
            self._supervisor.thread.send(Submit(Job(request, now_s, now_s + _WARM_PATIENCE_S), None))

    def _supersede(self, request: Request) -> None:
        older = self._lines.of(request.npc)
        if older is not None:
            self._forget(older)
            self._break_off(older, Why.SUPERSEDED)

    def _forget(self, line: Line) -> None:
        """Whatever else comes of it is stale."""
        self._lines.remove(line.request.id)
        self._supervisor.thread.send(Cancel(line.request.id))
        self._ready = deque(event for event in self._ready if event.request_id != line.request.id)

    # -- how a line ends

    def _fall_back(self, line: Line, reason: RouteReason) -> None:
        """Speak its template, or, where templates are off, say that it failed."""
        if not self._settings.fallback.enabled:
            self._ready.append(Failed(line.request.id, Outcome.FAILED, why_silent(reason)))
            return
        self._performance.asked(Tier.TEMPLATE)
        line.falling_back = True
        self._ready.extend(template_tier.speak(line.request, self._gate, reason, self._waited_ms(line)))

    def _break_off(self, line: Line, why: Why) -> None:
        """End a line from here: what was said of it stays said."""
        self._lines.remove(line.request.id)
        if line.begun:
            self._ready.append(self._count_end(line, line.truncated(why, self._waited_ms(line))))
        else:
            self._ready.append(self._count_end(line, Failed(line.request.id, Outcome.CANCELLED, why)))

    def _miss_deadlines(self) -> None:
        """Whoever has said nothing by now speaks a template; what the model still says of it is stale."""
        for line in self._lines.late(self._clock_ns()):
            self._supervisor.thread.send(Cancel(line.request.id))
            self._performance.erred(Tier.LOCAL, self._published.status.backend, Why.FIRST_CONTENT)
            line.out = None
            self._fall_back(line, RouteReason.FIRST_CONTENT_MISSED)

    def _mind_thread(self) -> None:
        """End what a dead thread has left."""
        if self._closed or not self._supervisor.find_dead():
            return
        for line in self._lines.handed_over():
            line.out = None
            if line.begun:
                self._break_off(line, Why.THREAD_DIED)
            else:
                self._performance.erred(Tier.LOCAL, self._published.status.backend, Why.THREAD_DIED)
                self._fall_back(line, RouteReason.THREAD_DOWN)

    # -- what is heard

    def _hear(self, event: StreamEvent | None, events: list[StreamEvent]) -> None:
        """One event from the background: passed on, or the reason for a template, or stale."""
        if event is None:
            return
        line = self._lines.get(event.request_id)
        if line is None or line.out is None:
            self._performance.stale_dropped += 1
            return
        match event:
            case Started():
                line.started = event
                line.ttfc_ms = self._waited_ms(line)
                self._performance.routed(event.route_reason)
            case TextDelta(text=text):
                line.said.append(text)
            case Finished():
                self._lines.remove(line.request.id)
                self._count_end(line, event)
            case Failed():
                self._hear_failure(line, event)
                return
        events.append(event)

    def _hear_failure(self, line: Line, event: Failed) -> None:
        line.out = None
        if line.begun or event.outcome is Outcome.CANCELLED:
            self._break_off(line, event.why)
            return
        self._performance.erred(Tier.LOCAL, self._published.status.backend, event.why)
        self._fall_back(line, reason_after(event.why))

    def _speak_up(self, event: StreamEvent) -> StreamEvent:
        """One event of this half's own: a template's, or an end."""
        line = self._lines.get(event.request_id)
        if line is None:
            return event  # a line that was broken off, and counted, before
        if isinstance(event, Started):
            line.started = event
        if isinstance(event, TextDelta):
            line.said.append(event.text)
        if isinstance(event, Finished | Failed):
            self._lines.remove(event.request_id)
        if line.falling_back:
            template_tier.count(self._performance, (event,))
        elif isinstance(event, Failed):
            self._performance.fell_silent(event)
        return event

    def _count_end(self, line: Line, end: Finished | Failed) -> StreamEvent:
        if isinstance(end, Failed):
            self._performance.fell_silent(end)
        elif line.started is not None:
            self._performance.spoke(line.started.tier, line.started.backend, end)
        return end

    def _waited_ms(self, line: Line) -> float:
        return (self._clock_ns() - line.submitted_ns) / 1e6

    def _now_s(self) -> float:
        return self._clock_ns() / 1e9
