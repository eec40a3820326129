"""Counters of what the models did: per tier and per backend, in bounded memory.

Written and read on the main thread only. A line that a model could not say and a template said counts twice:
as an error of the model's tier, and as a success of the template tier.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from llm.histogram import Histogram
from llm.types import Failed, Finished, LineStats, Outcome, RouteReason, Tier, Usage, Why

_PERCENTS: Final = (50, 95, 99)


class TierPerformance:
    """What one tier did so far."""

    def __init__(self) -> None:
        self.requests = 0
        self.successes = 0
        self.errors: Counter[Why] = Counter()
        self.lines_by_backend: Counter[str] = Counter()
        self.errors_by_backend: Counter[str] = Counter()
        self.ttfc = Histogram()
        self.duration = Histogram()
        self.tokens_in = 0
        self.tokens_out = 0
        self.cached_tokens_in = 0

    @property
    def success_rate(self) -> float | None:
        """Successes among the requests whose end is known and was not our own wish; None before the first."""
        known = self.successes + self.errors.total()
        return self.successes / known if known else None

    def spoke(self, backend: str, stats: LineStats) -> None:
        """A line with visible text has ended."""
        self.lines_by_backend[backend] += 1
        self.ttfc.record_ms(stats.ttfc_ms)
        self.duration.record_ms(stats.duration_ms)
        self._count_tokens(stats.usage)

    def report(self) -> dict[str, Any]:
        """This tier's part of the report."""
        return {
            "requests": self.requests,
            "success_rate": self.success_rate,
            "error_counts": _by_name(self.errors),
            "backends": dict(sorted(self.lines_by_backend.items())),
            "ttfc_ms": _percentiles(self.ttfc),
            "duration_ms": _percentiles(self.duration),
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cached_tokens_in": self.cached_tokens_in,
        }

    def _count_tokens(self, usage: Usage) -> None:
        self.tokens_in += usage.tokens_in or 0
        self.tokens_out += usage.tokens_out or 0
        self.cached_tokens_in += usage.cached_tokens_in or 0


class Performance:
    """The `llm` part of the report, as it grows."""

    def __init__(self) -> None:
        self.tiers: dict[Tier, TierPerformance] = {}
        self.outcomes: Counter[Outcome] = Counter()
        self.routes: Counter[RouteReason] = Counter()
        self.retries = 0
        self.stale_dropped = 0

    def asked(self, tier: Tier) -> None:
        """A line was put to this tier."""
        self._of(tier).requests += 1

    def erred(self, tier: Tier, backend: str, why: Why) -> None:
        """An attempt of this tier came to nothing."""
        self._of(tier).errors[why] += 1
        self._of(tier).errors_by_backend[backend] += 1

    def routed(self, reason: RouteReason) -> None:
        """A line has begun, and this is why the tier that speaks it does."""
        self.routes[reason] += 1

    def spoke(self, tier: Tier, backend: str, end: Finished) -> None:
        """A line of which something was visible has ended; cut short for its length it is no error."""
        self.outcomes[end.outcome] += 1
        self._of(tier).spoke(backend, end.stats)
        if end.outcome is Outcome.COMPLETE or end.why is Why.LENGTH:
            self._of(tier).successes += 1
        elif end.outcome is Outcome.TRUNCATED and end.why is not Why.SUPERSEDED:
            self.erred(tier, backend, end.why)

    def fell_silent(self, end: Failed) -> None:
        """A line of which nothing was visible has ended, and nothing will be said in its place."""
        self.outcomes[end.outcome] += 1

    def gave_up(self, *, begun: bool) -> None:
        """The world itself stopped waiting for a line."""
        self.outcomes[Outcome.INTERRUPTED if begun else Outcome.CANCELLED] += 1

    def report(self) -> dict[str, Any]:
        """The `llm` part of the report."""
        return {
            "tiers": {tier.value: self.tiers[tier].report() for tier in Tier if tier in self.tiers},
            "outcomes": {outcome.value: self.outcomes[outcome] for outcome in Outcome},
            "routes": _by_name(self.routes),
            "retries": self.retries,
            "stale_dropped": self.stale_dropped,
        }

    def _of(self, tier: Tier) -> TierPerformance:
        found = self.tiers.get(tier)
        if found is None:  # not `setdefault`: two empty histograms are not cheap to make
            found = self.tiers[tier] = TierPerformance()
        return found


def _by_name(counts: Counter[Any]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(counts.items())}


def _percentiles(durations: Histogram) -> dict[str, float]:
    return {f"p{percent}": round(durations.percentile_ms(percent), 3) for percent in _PERCENTS}
