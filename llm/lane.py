"""One backend with all that belongs to it alone: its queue, its breaker, its pace; and who goes to which.

People keep to the backend that knows them, for it may have read their persona before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from llm.breaker import Breaker
from llm.pace import Pace, PaceMeter
from llm.scheduler import Dropped, Job, Scheduler
from llm.tier_door import SlottedBackend
from llm.types import NpcId, Tier

_MOST_HOMES: Final = 10_000
_FIRST_GUESS_S: Final = {Tier.LOCAL: 0.4, Tier.CLOUD: 0.8}


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """What people may know of a lane."""

    tier: Tier
    backend: str
    model: str
    breaker: str
    rests_s: float
    in_flight: int
    slots: int
    waiting: int
    success_rate: float | None  # of the last ten attempts
    first_s: float
    slow_first_s: float


class Lane:
    """On the background loop."""

    def __init__(
        self,
        backend: SlottedBackend,
        asked: SlottedBackend,
        now_s: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self.backend = backend
        self.asked = asked  # the same, or somebody who listens in on it
        self.scheduler = Scheduler()
        self.breaker = Breaker(now_s, chance)
        self.meter = PaceMeter(_FIRST_GUESS_S[backend.tier])

    @property
    def pace(self) -> Pace:
        """As measured so far."""
        return self.meter.pace(self.backend.in_flight)

    @property
    def has_room(self) -> bool:
        """Whether a question would be asked at once."""
        taken = self.scheduler.running + self.scheduler.waiting
        return self.breaker.allows and taken < self.backend.in_flight

    def submit(self, job: Job) -> list[Dropped]:
        """Queue a question; what had to go for it."""
        return self.scheduler.submit(job, self.backend.in_flight)

    def needs_s(self, job: Job) -> float:
        """What must be left of a silence deadline for this question to be asked at all."""
        return min(self.meter.least_s, job.terms.first_content_s(job.tier) / 2)

    def facts(self) -> LaneFacts:
        """A picture of it now."""
        pace = self.pace
        return LaneFacts(
            tier=self.backend.tier,
            backend=self.backend.name,
            model=self.backend.model,
            breaker=self.breaker.state.value,
            rests_s=round(self.breaker.rests_s, 1),
            in_flight=self.scheduler.running,
            slots=pace.slots,
            waiting=self.scheduler.waiting,
            success_rate=self.breaker.success_rate,
            first_s=round(pace.first_s, 3),
            slow_first_s=round(pace.slow_first_s, 3),
        )


class Homes:
    """Who belongs to which lane of a tier: as many to each, for as long as the lanes are the same."""

    def __init__(self) -> None:
        self._homes: dict[NpcId, Lane] = {}
        self._settled: Counter[int] = Counter()  # people, by their lane's identity

    def forget(self) -> None:
        """Lanes have come or gone: everybody is given a home anew."""
        self._homes.clear()
        self._settled.clear()

    def lane_for(self, npc: NpcId, lanes: Sequence[Lane]) -> Lane | None:
        """Their own, unless it rests, or is full while another has room; None where all rest."""
        able = [lane for lane in lanes if lane.breaker.allows]
        if not able:
            return None
        home = self._home_of(npc, lanes)
        if home in able and (home.has_room or not any(lane.has_room for lane in able)):
            return home
        return min(able, key=lambda lane: lane.scheduler.running + lane.scheduler.waiting)

    def _home_of(self, npc: NpcId, lanes: Sequence[Lane]) -> Lane:
        home = self._homes.get(npc)
        if home is None:
            if len(self._homes) >= _MOST_HOMES:  # callers without a name are somebody new each time
                self.forget()
            home = self._homes[npc] = min(lanes, key=lambda lane: self._settled[id(lane)])
            self._settled[id(home)] += 1
        return home
