"""The tiers as the settings name them."""

from __future__ import annotations

from llm.cloud_tier import CloudTier
from llm.local_tier import LocalTier
from llm.tier_door import TierContext, Tiers
from llm.types import Tier


def real_tiers(context: TierContext) -> Tiers:
    """Cloud and local; called on the background loop, where they live."""
    return {Tier.CLOUD: CloudTier(context), Tier.LOCAL: LocalTier(context)}
