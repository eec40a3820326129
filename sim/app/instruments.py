"""What the program tells of itself on the screen: a few lines, made anew twice a second and not in every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from llm.lane import LaneFacts
from llm.performance import TierPerformance
from llm.types import Tier
from sim.console.llm_commands import ModelsDesk
from sim.loop import Loop

_EVERY_NS: Final = 500_000_000


@dataclass(slots=True)
class Instruments:
    """Called for each frame; looks when it is time to."""

    loop: Loop
    desk: ModelsDesk
    now_ns: Callable[[], int]
    _told: tuple[str, ...] = field(default=())
    _next_ns: int = 0

    def __call__(self) -> tuple[str, ...]:
        """The lines."""
        now_ns = self.now_ns()
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _EVERY_NS
            self._told = (self._town(), *map(_lane, self.desk.lanes), *self._tiers(), *self._money())
        return self._told

    def _town(self) -> str:
        loop = self.loop
        streaming = sum(not bubble.ended for bubble in loop.hearing.bubbles.showing())
        return f"tick {loop.world.tick:,}   {len(loop.world.talks)} talks   {streaming} streams"

    def _tiers(self) -> list[str]:
        tiers = self.desk.performance.tiers
        return [_figures(tier, tiers[tier]) for tier in (Tier.LOCAL, Tier.CLOUD) if tier in tiers]

    def _money(self) -> list[str]:
        money = self.desk.money
        if money is None:
            return []
        return [
            f"${money.forecast_usd_per_hour:.3f} an hour as it goes, ${money.hour_usd:.3f} of ${money.hour_cap_usd:.2f}"
        ]


def _lane(lane: LaneFacts) -> str:
    """One backend's health."""
    health = (
        "well"
        if lane.breaker == "closed"
        else f"rests {lane.rests_s:.0f} s"
        if lane.rests_s
        else lane.breaker
    )
    return (
        f"{lane.tier} {lane.backend}: {health}, {lane.in_flight} of {lane.slots} in flight, {lane.waiting} waiting, "
        f"first word {lane.first_s:.2f} s"
    )


def _figures(tier: Tier, figures: TierPerformance) -> str:
    told = [f"{tier} {figures.lines} lines"]
    if figures.tokens_per_s is not None:
        told.append(f"{figures.tokens_per_s:.0f} tokens/s")
    if figures.cached_share is not None:
        told.append(f"{figures.cached_share:.0%} of prompts from the cache")
    return ", ".join(told)
