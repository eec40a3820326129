"""How much people remember, what of it comes back to them, and how often they think about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agents.retrieval import Weights

LEAST_EPISODES: Final = 8  # that anybody remembers, however many people there are
_EPISODES_IN_TOWN: Final = 2_000_000  # of all together: what a crowd of 100,000 may take of the machine


@dataclass(frozen=True, slots=True)
class MemoryRules:
    """Bounds in memories; importance from 0 to 1000; times as they are named."""

    episodes: int = 100  # the newest, of each; fewer each where there is a crowd
    long_term: int = 1000  # of each who is watched
    keep_from: int = 450  # the importance from which a memory outlasts the newest
    fade_ticks: int = (
        25 * 1440 * 60
    )  # until the most important memory is forgotten; half as important, a quarter of it
    night_least: int = 8  # so many new memories are worth thinking over at night
    reflect_after: int = 5000  # importance gathered since the last reflection, summed over the memories
    requests_per_hour: int = 30  # questions to a model, in an hour of the world's clock; 0: none are asked
    patience_s: float = 30.0  # world seconds at speed 1; then one's own words must do
    half_life_hours: int = 48  # of the calendar, after which a memory is half as fresh
    weights: Weights = field(default_factory=Weights)

    def episodes_each(self, people: int) -> int:
        """How many of their newest memories each of so many people keeps."""
        return min(self.episodes, max(LEAST_EPISODES, _EPISODES_IN_TOWN // max(1, people)))
