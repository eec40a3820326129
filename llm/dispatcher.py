"""Questions to lanes, on the background loop: each ends exactly once.

Asked where it should be, and if that comes to nothing, once more or one tier lower, where that helps.
Before the first visible word a question may move; after it, what was said stays said. Nothing in here knows a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from llm.attempt import Attempt
from llm.beat import Beat
from llm.breaker import BreakerState
from llm.errors import BadKey, Flagged, Loading, ModelError, NoModel, Overflow, RateLimited, Repeated, TooSlow
from llm.genai_log import log_operation
from llm.lane import Lane
from llm.lanes import Lanes
from llm.outbox import OutStream
from llm.request_log import request_in_log
from llm.retry import ANEW_PER_LINE, SHORTER, RetryBudget, pause_before_retry
from llm.routing import reason_after
from llm.scheduler import Dropped, Job
from llm.surroundings import Surroundings
from llm.tier_door import Tiers
from llm.types import Failed, Kind, Missed, Outcome, Request, RequestId, Tier, TierState, Why

log = logging.getLogger(__name__)

_READ_AHEAD_S: Final = 10.0  # a reading that could not begin by then is of no use
_TURNS_TO_A_PICTURE: Final = 5  # a tenth of a second
_REST_S: Final = 5.0  # after being told that it was too much, where the server does not say for how long
_FULL_CLOCK: Final = (
    0.8  # share of the first-content clock below which a missed one is not the backend's fault
)
_OUTCOMES: Final = {
    Why.SUPERSEDED: Outcome.CANCELLED,
    Why.EMPTY: Outcome.EMPTY,
    Why.LOOPED: Outcome.LOOPED,
}  # every other end without a visible word is a failure
_NOT_ITS_FAULT: Final = (
    BadKey,
    NoModel,
    Loading,
    Overflow,
    Repeated,
    Flagged,
)  # configuration, or our own prompt
_ANEW: Final = "{speaker} says something new."


class Dispatcher:
    """All lanes of all tiers."""

    def __init__(self, around: Surroundings, tiers: Tiers, wake: asyncio.Event) -> None:
        self._around = around
        self._tiers = tiers
        self._wake = wake
        self._lanes = Lanes(tiers, around)
        self._homeless: list[Job] = []  # their tier is just starting
        self._beat = Beat()
        self._tasks: dict[RequestId, asyncio.Task[None]] = {}
        self._outs: dict[RequestId, OutStream] = {}
        self._retries = RetryBudget(around.now_s)
        self._anew = RetryBudget(around.now_s, ANEW_PER_LINE, 0.0)

    # -- what the thread's loop calls

    def submit(self, job: Job, out: OutStream | None) -> None:
        """A question for a lane, and its line's way out; none for a warm-up."""
        if out is not None:
            self._outs[job.id] = out
            self._retries.earn()
            self._anew.earn()
        self._place(job)

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        self._outs.pop(request_id, None)
        self._homeless = [job for job in self._homeless if job.id != request_id]
        for lane in self._lanes:
            lane.scheduler.cancel(request_id)
        self._stop(request_id)  # in whatever lane, be it one that has gone

    def look(self) -> None:
        """Meet the lanes that there are now, before a question is put to one."""
        orphans = self._lanes.meet()
        homeless, self._homeless = self._homeless, []
        for job in (*orphans, *homeless):
            self._place(job)

    def turn(self, group: asyncio.TaskGroup) -> None:
        """Give back what is too late, ask what there is room for."""
        now_s = self._around.now_s()
        self._beat.strike(now_s)
        for lane in self._lanes:
            self._give_back(lane.scheduler.expire(now_s, lane.needs_s))
            self._begin(lane, group)
        if self._beat.turn % _TURNS_TO_A_PICTURE == 0:
            self._lanes.publish()
            self._around.published.tasks = len(asyncio.all_tasks())

    def stop_all(self) -> None:
        """The thread ends."""
        for request_id in list(self._tasks):
            self._stop(request_id)

    # -- where to

    def _place(self, job: Job) -> None:
        """Into the queue of its lane; one tier lower where that cannot be."""
        lane, lanes = self._lanes.lane_for(job.tier, job.request.npc), self._lanes.of(job.tier)
        is_starting = self._around.published.status(job.tier).state is TierState.STARTING
        if lane is not None:
            self._give_back(lane.submit(job))
        elif not job.is_line:
            return
        elif not lanes and is_starting and self._left_s(job) > 0:
            self._homeless.append(job)
        else:
            self._lower(job, Why.RESTING if lanes else Why.NO_MODEL)

    def _lower(self, job: Job, why: Why, tried: Lane | None = None) -> None:
        """To the tier below the cloud if its first word can still be there in time; else it has failed."""
        self._report(job, why, tried)
        lane = self._lane_below(job)
        if lane is not None and (job.attempts == 0 or self._retries.spend()):
            lowered = replace(job, tier=Tier.LOCAL, reason=reason_after(why), not_before_s=0.0)
            self._give_back(lane.submit(lowered))
            self._wake.set()
        else:
            self._end(job.id, why)

    def _lane_below(self, job: Job) -> Lane | None:
        if job.tier is not Tier.CLOUD:
            return None
        lane = self._lanes.lane_for(Tier.LOCAL, job.request.npc)
        if lane is None:
            return None
        ahead = lane.scheduler.running + lane.scheduler.waiting
        takes_s = lane.pace.predicted_s(ahead) + lane.backend.reading_s(job.request)
        return lane if takes_s <= self._left_s(job) else None

    # -- asking

    def _begin(self, lane: Lane, group: asyncio.TaskGroup) -> None:
        """Ask what there is a slot for."""
        scheduler, slots = lane.scheduler, lane.backend.in_flight
        for line in scheduler.waiting_lines:
            if self._is_out_of_reach(line, lane):
                self._read_ahead_instead(line, lane)
        for request_id in scheduler.warm_ups_in_the_way(slots):
            self._stop(request_id)
        if not lane.breaker.allows:
            for resting in scheduler.withdraw_all():
                self._place(resting)
            return
        while lane.breaker.allows and (job := scheduler.take(self._around.now_s(), slots)) is not None:
            if job.is_line:
                lane.breaker.began()
            self._tasks[job.id] = group.create_task(self._attend(job, lane))

    def _is_out_of_reach(self, job: Job, lane: Lane) -> bool:
        """Whether the server would still be reading when the first word must be there."""
        left_s = min(self._left_s(job), job.terms.first_content_s(job.tier))
        return lane.backend.reading_s(job.request) > left_s

    def _read_ahead_instead(self, job: Job, lane: Lane) -> None:
        """Another speaks this line, and the server reads for the next."""
        lane.scheduler.withdraw(job.id)
        self._lower(job, Why.UNREAD, lane)
        if job.request.kind.is_thought:
            return  # its prompt is asked once
        now_s = self._around.now_s()
        ahead = Job(replace(job.request, kind=Kind.WARM), now_s, now_s + _READ_AHEAD_S)
        self._give_back(lane.submit(ahead))

    async def _attend(self, job: Job, lane: Lane) -> None:
        error: ModelError | None = None
        with request_in_log(job.id):
            try:
                if job.is_line:
                    error = await self._speak(job, lane)
                else:
                    await self._warm(job, lane)
            except Exception:  # the task's wall: one bad line must not take the thread along
                log.exception("line.broke", extra={"backend": lane.backend.name})
                self._report(job, Why.PROTOCOL, lane)
                self._end(job.id, Why.PROTOCOL)
            finally:
                self._tasks.pop(job.id, None)
                lane.scheduler.done(job.id)
                self._wake.set()
            if error is not None and job.id in self._outs:
                sent = error.why is not Why.BUDGET
                self._ask_again(replace(job, attempts=job.attempts + sent), lane, error)
            else:
                self._outs.pop(job.id, None)

    async def _speak(self, job: Job, lane: Lane) -> ModelError | None:
        """One attempt; what went wrong before anything was visible."""
        out = self._outs.get(job.id)
        payment = None if out is None else self._tiers[lane.backend.tier].pay_for(job.request)
        if out is None or payment is None:  # cancelled in between, or the money is spent
            lane.breaker.gave_up()
            return None if out is None else ModelError("the budget is spent", Why.BUDGET)
        around = self._around
        attempt = Attempt(
            job, lane.asked, around.gate(job.request), out, around.now_s, self._beat.lulls(job.terms)
        )
        around.published.attempts += 1
        with payment, self._probing(lane), self._beat.following(attempt):
            error = await attempt.run(payment.settle_usage)
            self._learn(job, lane, attempt, error)
            if attempt.owes_nothing(error):
                payment.release()
        return error if attempt.first_visible_s is None else None

    @staticmethod
    @contextlib.contextmanager
    def _probing(lane: Lane) -> Iterator[None]:
        """Whatever happens, a probe does not stay out."""
        try:
            yield
        finally:
            lane.breaker.gave_up()

    def _learn(self, job: Job, lane: Lane, attempt: Attempt, error: ModelError | None) -> None:
        """What the attempt says of its backend."""
        took_s, visible_s = self._around.now_s() - attempt.begun_s, attempt.first_visible_s
        first_s = None if visible_s is None else visible_s - attempt.begun_s
        log_operation(lane.backend, error, attempt.usage, duration_s=took_s, first_s=first_s)
        if error is None or first_s is not None:
            lane.meter.note(first_s, took_s)
        if error is None:
            lane.breaker.succeeded()
            return
        self._tiers[lane.backend.tier].failed(lane.backend, error)
        if isinstance(error, RateLimited):
            lane.breaker.rest(_REST_S if error.retry_after_s is None else error.retry_after_s)
        elif not isinstance(error, _NOT_ITS_FAULT) and not self._had_no_time(job, attempt, error):
            lane.breaker.failed()

    def _had_no_time(self, job: Job, attempt: Attempt, error: ModelError) -> bool:
        """Whether the queue had used up the clock that was missed, or the server is known to have been reading."""
        clock_s = job.terms.first_content_s(job.tier) * _FULL_CLOCK
        missed = isinstance(error, TooSlow) and error.why is Why.FIRST_CONTENT
        return missed and self._around.now_s() - attempt.begun_s < clock_s

    def _ask_again(self, job: Job, lane: Lane, error: ModelError) -> None:
        """The same lane once more, or a lower tier, or the end."""
        pause_s = pause_before_retry(error, job.attempts, self._around.chance())
        in_time = pause_s is not None and self._left_s(job) > pause_s + lane.pace.least_s
        if pause_s is None or not in_time or not lane.breaker.allows or not self._may_ask_again(error):
            self._lower(job, error.why, lane)
            return
        self._report(job, error.why, lane)
        request = _mended(job.request, error)
        again = replace(job, request=request, not_before_s=self._around.now_s() + pause_s)
        self._give_back(lane.submit(again))

    def _may_ask_again(self, error: ModelError) -> bool:
        """Whether one more request is within its budget; it is counted as made. Anew only while all is well."""
        published = self._around.published
        if not isinstance(error, Repeated):
            spent = self._retries.spend()
            published.retries += spent
            return spent
        well = all(lane.breaker.state is BreakerState.CLOSED for lane in self._lanes)
        spent = well and self._anew.spend() and self._retries.spend()
        published.regenerations += spent
        return spent

    async def _warm(self, job: Job, lane: Lane) -> None:
        with contextlib.suppress(ModelError, TimeoutError):
            async with asyncio.timeout(job.terms.total_s):
                await lane.backend.warm(job.request)

    # -- ends

    def _give_back(self, dropped: list[Dropped]) -> None:
        for one in dropped:
            if one.was_running:
                self._stop(one.job.id)
            if one.why is Why.EXPIRED and one.job.is_line:
                self._lower(one.job, one.why)
            else:
                self._end(one.job.id, one.why)

    def _report(self, job: Job, why: Why, lane: Lane | None) -> None:
        """Tell the counters that this tier did not speak the line."""
        out = self._outs.get(job.id)
        if out is not None:
            out.miss(Missed(job.id, job.tier, lane.backend.name if lane else "", why))

    def _end(self, request_id: RequestId, why: Why) -> None:
        out = self._outs.pop(request_id, None)
        if out is not None:
            out.end(Failed(request_id, _OUTCOMES.get(why, Outcome.FAILED), why))

    def _stop(self, request_id: RequestId) -> None:
        task = self._tasks.get(request_id)
        if task is not None:  # soon, not now: a task that has not begun yet would not tidy up after itself
            asyncio.get_running_loop().call_soon(lambda: task.cancelling() or task.cancel())  # and only once

    # -- what is known

    def _left_s(self, job: Job) -> float:
        return job.deadline_s - self._around.now_s()


def _mended(request: Request, error: ModelError) -> Request:
    """The question as it is put once more: shorter if it was too long, with a word on it if its answer was none."""
    if isinstance(error, Overflow):
        shorter = int(request.limits.prompt_tokens * SHORTER)
        return replace(request, limits=replace(request.limits, prompt_tokens=shorter))
    if isinstance(error, Repeated):
        prompt = request.prompt
        nudge = f"{prompt.nudge} {_ANEW.format(speaker=prompt.speaker)}".strip()
        return replace(request, prompt=replace(prompt, nudge=nudge, lead=""))
    return request
