"""Tiers for a test: one door where the program has two."""

from __future__ import annotations

from collections.abc import Callable

from llm.tier_door import TierContext, TierDoor, Tiers, TiersFactory
from llm.types import Tier


def only_local(make: Callable[[TierContext], TierDoor]) -> TiersFactory:
    """A local tier made so, and no cloud."""

    def make_tiers(context: TierContext) -> Tiers:
        return {Tier.LOCAL: make(context)}

    return make_tiers
