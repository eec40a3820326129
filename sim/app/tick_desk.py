"""What the console may ask where no model runs: templates, or answers written down beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from llm.errors import NoModel
from llm.lane import LaneFacts
from llm.performance import Performance
from llm.tick_models import TickModels
from llm.trial import Trial
from llm.types import Tier, TierState, TierStatus


@dataclass(frozen=True, slots=True)
class TickDesk:
    """`sim.console.llm_commands.ModelsDesk` over models that count ticks."""

    models: TickModels

    @property
    def performance(self) -> Performance:
        """The counters."""
        return self.models.performance

    @property
    def lanes(self) -> Sequence[LaneFacts]:
        """There is no backend."""
        return ()

    @property
    def tasks(self) -> int:
        """There is no background."""
        return 0

    @property
    def money(self) -> None:
        """Nothing costs anything."""

    def status_of(self, tier: Tier) -> TierStatus:
        """What is written down counts as local."""
        if tier is Tier.LOCAL:
            return self.models.status()
        return TierStatus(TierState.OFF, detail="this run asks no model")

    def test_line(self, tier: Tier) -> Future[Trial]:  # noqa: ARG002 - the desk's door
        """There is nobody to ask."""
        nobody: Future[Trial] = Future()
        nobody.set_exception(NoModel("the answers are written down: there is no model to test"))
        return nobody
