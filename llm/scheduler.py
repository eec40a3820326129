"""Who is asked next, when there are more questions than slots. Pure: no clock, no task, no socket.

Spotlight before visible before off-screen, and whoever waits rises. One line of an NPC at a time, the newest
wins. A question that cannot be answered in time is given back; a warm-up never stands in the way of a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from llm.terms import Terms
from llm.types import Kind, Priority, Request, RequestId, RouteReason, Tier, Why

CAPACITY: Final = 64
_RISE_S: Final = 1.0  # waiting so long is worth one step of priority


@dataclass(frozen=True, slots=True)
class Job:
    """A question in the queue; times are seconds of one monotonic clock."""

    request: Request
    submitted_s: float
    deadline_s: float  # when its first word must be visible
    tier: Tier = Tier.LOCAL
    reason: RouteReason = RouteReason.LOCAL_READY
    terms: Terms = field(default_factory=Terms)
    attempts: int = 0  # made so far
    not_before_s: float = 0.0  # a pause before it is asked again

    @property
    def id(self) -> RequestId:
        """The request's number."""
        return self.request.id

    @property
    def is_line(self) -> bool:
        """Somebody waits for it."""
        return self.request.kind is not Kind.WARM

    @property
    def is_spoken(self) -> bool:
        """Somebody waits to hear it: no thought, of which it matters little when it comes."""
        return self.request.kind is Kind.LINE


@dataclass(frozen=True, slots=True)
class Dropped:
    """A question that will not be asked, or not to its end."""

    job: Job
    why: Why
    was_running: bool = False


class Scheduler:
    """The queue and what is in flight."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity  # what may wait, besides what there are slots for
        self._waiting: dict[RequestId, Job] = {}  # in order of arrival
        self._running: dict[RequestId, Job] = {}

    @property
    def waiting(self) -> int:
        """Lines that wait for a slot."""
        return sum(job.is_line for job in self._waiting.values())

    @property
    def running(self) -> int:
        """Questions in flight."""
        return len(self._running)

    @property
    def waiting_lines(self) -> list[Job]:
        """The same, in order of arrival."""
        return [job for job in self._waiting.values() if job.is_line]

    def submit(self, job: Job, slots: int = 0) -> list[Dropped]:
        """Queue a question; what had to go for it, which may be itself."""
        same = [other for other in self._jobs() if _are_of_one_voice(other.request, job.request)]
        if not job.is_line and same:
            return [Dropped(job, Why.SUPERSEDED)]
        dropped = [Dropped(old, Why.SUPERSEDED, old.id in self._running) for old in same]
        for old in same:
            self._waiting.pop(old.id, None)
        self._waiting[job.id] = job
        if len(self._waiting) > self.capacity + max(0, slots - len(self._running)):
            last = min(self._waiting.values(), key=lambda other: self._rank(other, job.submitted_s))
            dropped.append(self._drop(last, Why.EXPIRED))
        return dropped

    def cancel(self, request_id: RequestId) -> bool:
        """Forget a question; whether it is in flight, and has to be stopped by who runs it."""
        self._waiting.pop(request_id, None)
        return request_id in self._running

    def expire(self, now_s: float, needs_s: Callable[[Job], float]) -> list[Dropped]:
        """Give back what could not be heard in time, even if it were asked now."""
        late = [job for job in self._waiting.values() if now_s + needs_s(job) > job.deadline_s]
        return [self._drop(job, Why.EXPIRED) for job in late]

    def take(self, now_s: float, slots: int) -> Job | None:
        """The question to ask now, if a slot is free for it."""
        free = slots - len(self._running)
        speaking = {job.request.npc for job in self._running.values() if not job.request.kind.is_thought}
        able = [
            job
            for job in self._waiting.values()
            if (job.request.kind.is_thought or job.request.npc not in speaking) and job.not_before_s <= now_s
        ]
        if free < 1 or not able:
            return None
        best = max(able, key=lambda job: self._rank(job, now_s))
        if free == 1 and slots > 1 and not self._may_take_last(best):
            return None
        self._running[best.id] = self._waiting.pop(best.id)
        return best

    def warm_ups_in_the_way(self, slots: int) -> list[RequestId]:
        """Warm-ups in flight that hold a slot a line waits for; who runs them should stop them."""
        waits = any(job.is_spoken for job in self._waiting.values())
        if not waits or len(self._running) < slots:
            return []
        return [job.id for job in self._running.values() if not job.is_line]

    def done(self, request_id: RequestId) -> None:
        """A question in flight has come to its end."""
        self._running.pop(request_id, None)

    def withdraw(self, request_id: RequestId) -> Job | None:
        """Take a question out of the queue again; None if it is not waiting."""
        return self._waiting.pop(request_id, None)

    def withdraw_all(self) -> list[Job]:
        """Take out everything that waits."""
        jobs, self._waiting = list(self._waiting.values()), {}
        return jobs

    def _jobs(self) -> Iterable[Job]:
        return [*self._waiting.values(), *self._running.values()]

    def _drop(self, job: Job, why: Why) -> Dropped:
        del self._waiting[job.id]
        return Dropped(job, why)

    def _may_take_last(self, job: Job) -> bool:
        """The last of several slots is kept for the spotlight, unless it has one already."""
        spotlit = (other.request.priority is Priority.SPOTLIGHT for other in self._running.values())
        return job.request.priority is Priority.SPOTLIGHT or any(spotlit)

    @staticmethod
    def _rank(job: Job, now_s: float) -> tuple[bool, float, float]:
        # A warm-up does not rise: a talk's next speaker goes before a whole town read in idle time. Nor does a thought.
        risen = (now_s - job.submitted_s) / _RISE_S if job.is_spoken else 0.0
        return job.is_line, job.request.priority + risen, -job.submitted_s


def _are_of_one_voice(one: Request, other: Request) -> bool:
    """Whether only one of them can be said: a thought stands in the way of none."""
    return one.npc == other.npc and not one.kind.is_thought and not other.kind.is_thought
