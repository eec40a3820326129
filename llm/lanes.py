"""All lanes of all tiers, as their doors offer backends and take them away; and the picture of them that is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from llm.lane import Homes, Lane
from llm.router import RouterView, TierView
from llm.scheduler import Job
from llm.surroundings import Surroundings
from llm.tier_door import SlottedBackend, Tiers
from llm.types import NpcId, Tier


@dataclass(slots=True)
class _OfTier:
    lanes: list[Lane] = field(default_factory=list)
    homes: Homes = field(default_factory=Homes)


class Lanes:
    """On the background loop."""

    def __init__(self, tiers: Tiers, around: Surroundings) -> None:
        self._tiers = tiers
        self._around = around
        self._published = around.published
        self._of = {tier: _OfTier() for tier in tiers}
        self._opens_of_the_gone = 0

    def __iter__(self) -> Iterator[Lane]:
        for of_tier in self._of.values():
            yield from of_tier.lanes

    def of(self, tier: Tier) -> list[Lane]:
        """The lanes of one tier."""
        return self._of[tier].lanes if tier in self._of else []

    def lane_for(self, tier: Tier, npc: NpcId) -> Lane | None:
        """Where this person's question goes; None where there is no lane or all rest."""
        lanes = self.of(tier)
        return self._of[tier].homes.lane_for(npc, lanes) if lanes else None

    def meet(self) -> list[Job]:
        """Lanes are those of the backends that there are now; what waited in one that has gone is given back."""
        orphans: list[Job] = []
        for tier, door in self._tiers.items():
            orphans += self._meet(self._of[tier], door.backends())
        return orphans

    def publish(self) -> None:
        """What the main thread may know."""
        published, lanes = self._published, list(self)
        view = RouterView(local=self._view(Tier.LOCAL), cloud=self._view(Tier.CLOUD), ladder=published.ladder)
        if view != published.view:
            published.view = view
        published.lanes = tuple(lane.facts() for lane in lanes)
        published.breaker_opens = self._opens_of_the_gone + sum(lane.breaker.opens for lane in lanes)

    def _meet(self, of_tier: _OfTier, backends: Sequence[SlottedBackend]) -> list[Job]:
        known = of_tier.lanes
        if [lane.backend for lane in known] == list(backends):
            return []
        old = {id(lane.backend): lane for lane in known}
        of_tier.lanes = [self._lane(backend, old) for backend in backends]
        of_tier.homes.forget()
        self._opens_of_the_gone += sum(lane.breaker.opens for lane in old.values())
        return [job for lane in old.values() for job in lane.scheduler.withdraw_all()]

    def _lane(self, backend: SlottedBackend, old: dict[int, Lane]) -> Lane:
        """The one it had, or a new one."""
        if id(backend) in old:
            return old.pop(id(backend))
        return Lane(backend, self._around.listen_in(backend), self._around.now_s, self._around.chance)

    def _view(self, tier: Tier) -> TierView:
        status, lanes = self._published.status(tier), self.of(tier)
        if not lanes:
            return TierView(status)
        best = min((lane.pace for lane in lanes), key=lambda pace: pace.slow_first_s)
        rates = [rate for lane in lanes if (rate := lane.breaker.success_rate) is not None]
        return TierView(
            status,
            replace(best, slots=sum(lane.backend.in_flight for lane in lanes)),
            resting=not any(lane.breaker.allows for lane in lanes),
            success_rate=sum(rates) / len(rates) if rates else None,
        )
