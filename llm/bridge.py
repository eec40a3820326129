"""The bridge between the world and the models: the main thread's half. Nothing in here waits, `close` excepted.

Whatever the background thread does, each line ends exactly once and in time: by the model's words, or by its
template, which is spoken from here and works even when that thread is dead. Later words of it are stale.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from llm import models
from llm.background import Cancel, Reconfigure, Submit
from llm.cloud_key import find_key
from llm.line import Line, LineBook
from llm.outbox import Outbox
from llm.own_voice import OwnVoice
from llm.performance import Performance
from llm.protocol import GateFactory
from llm.published import Published
from llm.router import Question, Route, RouterView, route
from llm.routing import reason_after
from llm.scheduler import Job
from llm.settings import LlmSettings
from llm.supervisor import Supervisor
from llm.surroundings import Surroundings
from llm.terms import Terms, limits_of
from llm.tier_door import SlottedBackend, TierContext, TiersFactory, as_it_is
from llm.tiers import real_tiers
from llm.trial import Trial, speak_trial
from llm.types import (
    Failed,
    Finished,
    Kind,
    Missed,
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

    reads_prompts: Final = True

    def __init__(  # noqa: PLR0913  # keywords with defaults, of which the app gives few
        self,
        settings: LlmSettings,
        gate: GateFactory,
        *,
        models_dir: Path | None = None,
        allow_download: bool = True,
        notice: Callable[[str], None] = _ignore,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        make_tiers: TiersFactory = real_tiers,
        listen_in: Callable[[SlottedBackend], SlottedBackend] = as_it_is,
    ) -> None:
        self.settings = settings
        self.published = published = Published()
        self._clock_ns = clock_ns
        folder = models_dir or models.models_dir()
        told = (published.publish, published.publish_money, published.count_retry)
        context = TierContext(settings, folder, allow_download, notice, *told)
        tiers = partial(make_tiers, context)
        around = Surroundings(settings, gate, tiers, published, self._now_s, listen_in)
        self.right_of_way = around.right_of_way  # for whoever has frames that should go first
        self._performance = Performance()
        self._lines = LineBook()
        self._own = OwnVoice(self._lines, self._performance, gate, settings.fallback, self._waited_ms)
        self._asked: deque[tuple[Request, Terms | None, int]] = deque()
        self._outbox = Outbox()
        self._closed = False
        self._has_key = bool(find_key(settings.cloud))
        self._supervisor = Supervisor(around, notice, clock_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()

    def __repr__(self) -> str:
        states = ", ".join(f"{tier} {self.status_of(tier).state}" for tier in (Tier.CLOUD, Tier.LOCAL))
        return f"<Bridge {states}, {len(self._lines)} lines>"

    # -- the door

    def submit(self, request: Request, terms: Terms | None = None) -> None:
        """Ask. No more than noted here: where it goes is settled between frames, or when next is drained."""
        self._asked.append((request, terms, self._clock_ns()))

    def hand_in(self) -> None:
        """Settle where everything goes that was asked since; for whoever has time between two frames."""
        while self._asked:
            request, terms, asked_ns = self._asked.popleft()
            if request.kind is Kind.WARM:
                self._warm(request)
            else:
                self._settle(request, terms or Terms.of(self.settings), asked_ns)

    def _settle(self, request: Request, terms: Terms, asked_ns: int) -> None:
        """An older question of the same NPC is superseded; one that no model can answer is a template."""
        request = request.within(limits_of(self.settings, request.priority))
        self._supersede(request)
        way = self.route(request, terms)
        line = Line(request, way.tier, asked_ns, asked_ns + int(terms.silence_s(way.tier) * 1e9))
        self._lines.add(line)
        if way.tier is Tier.TEMPLATE:
            self._own.fall_back(line, way.reason)
        else:
            self._hand_over(line, way, terms)

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        self.hand_in()
        line = self._lines.get(request_id)
        if line is not None:
            self._forget(line)
            self._performance.gave_up(begun=line.begun)

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:  # noqa: ARG002  # real time, not ticks
        """What has arrived, at most `budget` events; never waits for more."""
        self.hand_in()
        self._mind_thread()
        self._miss_deadlines()
        events: list[StreamEvent] = []
        while len(events) < budget:
            if self._own.waits:
                events.append(self._own.next())
            elif not self._outbox.empty():
                self._hear(self._outbox.take(), events)
            else:
                break
        return events

    def status(self) -> TierStatus:
        """The local tier, as last published."""
        return self.published.view.local.status

    def close(self) -> None:
        """Stop the thread and all that it started, within two seconds. May be called twice."""
        if not self._closed:
            self._closed = True
            self._supervisor.thread.close()
            for kept in (self._asked, self._lines, self._own):
                kept.clear()

    # -- what client, screen, console and report ask

    @property
    def performance(self) -> Performance:
        """The counters so far."""
        self._performance.take(self.published)
        return self._performance

    @property
    def lines_open(self) -> int:
        """Lines that somebody waits for."""
        return len(self._lines) + len(self._asked)

    @property
    def turned_ns(self) -> int:
        """When the background thread last went round, on the clock of `perf_counter_ns`; 0 while there is none."""
        thread = self._supervisor.thread
        return thread.turned_ns if thread.alive else 0

    @property
    def thread_identity(self) -> int | None:
        """Of the background thread."""
        return self._supervisor.thread.identity

    def status_of(self, tier: Tier) -> TierStatus:
        """The state of a tier, as last published."""
        return self._view().of(tier).status

    def route(self, request: Request, terms: Terms | None = None) -> Route:
        """Where a line would go now, and why; asks nobody, and takes microseconds."""
        terms = terms or Terms.of(self.settings)
        question = Question.of(request, terms, self._lines.ahead_of(request.priority))
        if self._closed or not self._supervisor.alive:
            return Route(Tier.TEMPLATE, RouteReason.THREAD_DOWN, question.score, 0.0)
        return route(question, self._view(), hybrid=self.settings.hybrid)

    def test_line(self, tier: Tier = Tier.LOCAL) -> Future[Trial]:
        """One real round trip beside the queue: how long it took, or why it could not be."""
        return self._supervisor.thread.ask(tier, speak_trial)

    def check(self) -> Future[Any]:
        """Ask every server now whether it is well; what they say is published."""
        return self._supervisor.thread.check()

    def reconfigure(self) -> None:
        """The settings of a tier have changed."""
        self._has_key = bool(find_key(self.settings.cloud))
        self._supervisor.thread.send(Reconfigure())

    # -- where a line goes

    def _view(self) -> RouterView:
        """As published; a key that was given or taken a moment ago counts at once."""
        view = self.published.view
        if self._has_key is not (view.cloud.status.state is TierState.OFF):
            return view
        state = TierState.STARTING if self._has_key else TierState.OFF
        return replace(view, cloud=replace(view.cloud, status=TierStatus(state)))

    def _hand_over(self, line: Line, way: Route, terms: Terms) -> None:
        out = self._outbox.open(line.request.id)
        self._lines.hand_over(line, out)
        self._performance.asked(way.tier)
        times_s = line.submitted_ns / 1e9, line.deadline_ns / 1e9
        self._supervisor.thread.send(Submit(Job(line.request, *times_s, way.tier, way.reason, terms), out))

    def _warm(self, request: Request) -> None:
        if self.status().state is TierState.READY:
            now_s = self._now_s()
            request = request.within(limits_of(self.settings, request.priority))
            self._supervisor.thread.send(Submit(Job(request, now_s, now_s + _WARM_PATIENCE_S), None))

    def _supersede(self, request: Request) -> None:
        older = None if request.kind.is_thought else self._lines.of(request.npc)
        if older is not None:
            self._forget(older)
            self._own.break_off(older, Why.SUPERSEDED)

    def _forget(self, line: Line) -> None:
        """Whatever else comes of it is stale."""
        self._lines.remove(line.request.id)
        self._supervisor.thread.send(Cancel(line.request.id))
        self._own.forget(line.request.id)

    # -- what keeps it from its end

    def _miss_deadlines(self) -> None:
        """Whoever has said nothing by now speaks a template; what the model still says of it is stale."""
        for line in self._lines.late(self._clock_ns()):
            self._supervisor.thread.send(Cancel(line.request.id))
            self._erred(line, Why.FIRST_CONTENT)
            self._own.fall_back(line, RouteReason.FIRST_CONTENT_MISSED)

    def _mind_thread(self) -> None:
        """End what a dead thread has left."""
        if self._closed or not self._supervisor.find_dead():
            return
        for line in self._lines.handed_over():
            if line.begun:
                self._own.break_off(line, Why.THREAD_DIED)
            else:
                self._erred(line, Why.THREAD_DIED)
                self._own.fall_back(line, RouteReason.THREAD_DOWN)

    def _erred(self, line: Line, why: Why) -> None:
        self._performance.erred(line.tier, self.status_of(line.tier).backend, why)

    # -- what is heard

    def _hear(self, event: StreamEvent | Missed | None, events: list[StreamEvent]) -> None:
        """One event from the background: passed on, or counted, or the reason for a template, or stale."""
        if event is None:
            return
        line = self._lines.get(event.request_id)
        if line is None or line.out is None:
            self._performance.stale_dropped += 1
            return
        if type(event) is TextDelta:  # nine of ten
            line.said.append(event.text)
            events.append(event)
            return
        match event:
            case Missed():
                self._performance.erred(event.tier, event.backend, event.why)
                return
            case Failed():
                self._hear_failure(line, event)
                return
            case Started():
                line.started = event
                line.ttfc_ms = self._waited_ms(line)
                self._performance.routed(event.route_reason)
            case Finished():
                self._lines.remove(line.request.id)
                self._own.count_end(line, event)
        events.append(event)

    def _hear_failure(self, line: Line, event: Failed) -> None:
        if line.begun or event.outcome is Outcome.CANCELLED:
            self._own.break_off(line, event.why)
        else:
            self._own.fall_back(line, reason_after(event.why))

    def _waited_ms(self, line: Line) -> float:
        return (self._clock_ns() - line.submitted_ns) / 1e6

    def _now_s(self) -> float:
        return self._clock_ns() / 1e9
