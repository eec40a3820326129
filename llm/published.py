"""What the background says of itself: each field is written by it in one assignment, and only read elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from llm.budget import BudgetFacts, Ladder
from llm.lane import LaneFacts
from llm.router import RouterView
from llm.types import Tier, TierStatus


@dataclass(slots=True)
class Published:
    """Outlives a thread."""

    view: RouterView = field(default_factory=RouterView)
    lanes: tuple[LaneFacts, ...] = ()
    money: BudgetFacts | None = None  # None while there is no paid tier
    attempts: int = 0  # requests sent for lines, all of them counted
    retries: int = 0  # of them, those that asked once more; free ones on a fresh connection too
    regenerations: int = 0  # of them, those of which the answer was said before
    breaker_opens: int = 0
    tasks: int = 0  # of the thread's loop

    def publish(self, tier: Tier, status: TierStatus) -> None:
        """What a tier is now."""
        view = self.view
        if tier is Tier.CLOUD:
            self.view = replace(view, cloud=replace(view.cloud, status=status))
        else:
            self.view = replace(view, local=replace(view.local, status=status))

    def publish_money(self, money: BudgetFacts) -> None:
        """What was spent, and what is left."""
        self.money = money

    @property
    def ladder(self) -> Ladder:
        """How much of the budget is spent."""
        return self.money.state if self.money else Ladder.OPEN

    def status(self, tier: Tier) -> TierStatus:
        """The state of a tier, as last published."""
        return self.view.of(tier).status

    def count_retry(self) -> None:
        """One more."""
        self.retries += 1
