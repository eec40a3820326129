"""Counters of what the models did: per tier and per backend, in bounded memory.

Written and read on the main thread only. A line that a model could not say and a template said counts twice:
as an error of the model's tier, and as a success of the template tier.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from llm.histogram import Histogram
from llm.published import Published
from llm.types import Failed, Finished, LineStats, Outcome, RouteReason, Tier, Usage, Why

_PERCENTS: Final = (50, 95, 99)
_SOON_ENOUGH_MS: Final = {
    Tier.LOCAL: 2000.0,
    Tier.CLOUD: 5000.0,
}  # to the end of a line; the design's own promise


class Figures:
    """What one tier, or one backend of it, did so far."""

    def __init__(self) -> None:
        self.successes = 0
        self.errors: Counter[Why] = Counter()
        self.lines = 0
        self.in_time = 0  # lines that ended as soon as is promised
        self.ttfc = Histogram()
        self.duration = Histogram()
        self.tokens_in = 0
        self.tokens_out = 0
        self.cached_tokens_in = 0
        self.counted_tokens_in = 0  # of prompts whose cached part the server told
        self.cost_usd = 0.0
        self._writing_ms = 0.0  # from first content to end, of lines whose tokens are known

    @property
    def success_rate(self) -> float | None:
        """Successes among the requests whose end is known and was not our own wish; None before the first."""
        known = self.successes + self.errors.total()
        return self.successes / known if known else None

    @property
    def tokens_per_s(self) -> float | None:
        """While it wrote; None before it did."""
        return self.tokens_out / self._writing_ms * 1000 if self._writing_ms > 0 else None

    @property
    def cached_share(self) -> float | None:
        """Of prompt tokens, where the server tells what it had read before; None where it never did."""
        return self.cached_tokens_in / self.counted_tokens_in if self.counted_tokens_in else None

    def spoke(self, stats: LineStats, soon_enough_ms: float, *, success: bool) -> None:
        """A line with visible text has ended."""
        self.lines += 1
        self.successes += success
        self.in_time += stats.duration_ms <= soon_enough_ms
        self.ttfc.record_ms(stats.ttfc_ms)
        self.duration.record_ms(stats.duration_ms)
        self.cost_usd += stats.cost_usd
        self._count_tokens(stats.usage, stats.duration_ms - stats.ttfc_ms)

    def report(self) -> dict[str, Any]:
        """As the report has it."""
        return {
            "success_rate": self.success_rate,
            "error_counts": _by_name(self.errors),
            "ttfc_ms": _percentiles(self.ttfc),
            "duration_ms": _percentiles(self.duration),
            "in_time_share": round(self.in_time / self.lines, 4) if self.lines else None,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cached_tokens_in": self.cached_tokens_in,
            "cached_share": None if self.cached_share is None else round(self.cached_share, 4),
            "tokens_per_s": None if self.tokens_per_s is None else round(self.tokens_per_s, 1),
        }

    def _count_tokens(self, usage: Usage, writing_ms: float) -> None:
        self.tokens_in += usage.tokens_in or 0
        if usage.tokens_out:
            self.tokens_out += usage.tokens_out
            self._writing_ms += max(writing_ms, 0.0)
        if usage.cached_tokens_in is not None and usage.tokens_in is not None:
            self.cached_tokens_in += usage.cached_tokens_in
            self.counted_tokens_in += usage.tokens_in


class TierPerformance(Figures):
    """A tier's figures, and those of each of its backends."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = 0
        self.backends: dict[str, Figures] = {}

    def of(self, backend: str) -> Figures:
        """One backend's figures."""
        found = self.backends.get(backend)
        if found is None:  # not `setdefault`: two empty histograms are not cheap to make
            found = self.backends[backend] = Figures()
        return found

    def report(self) -> dict[str, Any]:
        """This tier's part of the report."""
        backends = {name: {"lines": one.lines, **one.report()} for name, one in sorted(self.backends.items())}
        return {"requests": self.requests, **super().report(), "backends": backends}


class Performance:
    """The `llm` part of the report, as it grows."""

    def __init__(self) -> None:
        self.tiers: dict[Tier, TierPerformance] = {}
        self.outcomes: Counter[Outcome] = Counter()
        self.routes: Counter[RouteReason] = Counter()
        self.attempts = 0
        self.retries = 0
        self.regenerations = 0
        self.breaker_opens = 0
        self.stale_dropped = 0
        self.cost_usd = 0.0

    def take(self, published: Published) -> None:
        """What the background counts by itself."""
        self.attempts, self.retries = published.attempts, published.retries
        self.regenerations = published.regenerations
        self.breaker_opens = published.breaker_opens
        self.cost_usd = published.money.total_usd if published.money else 0.0

    def asked(self, tier: Tier) -> None:
        """A line was put to this tier."""
        self._of(tier).requests += 1

    def erred(self, tier: Tier, backend: str, why: Why) -> None:
        """An attempt of this tier came to nothing."""
        of_tier = self._of(tier)
        of_tier.errors[why] += 1
        of_tier.of(backend).errors[why] += 1

    def routed(self, reason: RouteReason) -> None:
        """A line has begun, and this is why the tier that speaks it does."""
        self.routes[reason] += 1

    def spoke(self, tier: Tier, backend: str, end: Finished) -> None:
        """A line of which something was visible has ended; cut short for its length it is no error."""
        self.outcomes[end.outcome] += 1
        success = end.outcome is Outcome.COMPLETE or end.why is Why.LENGTH
        of_tier, soon_enough_ms = self._of(tier), _SOON_ENOUGH_MS.get(tier, float("inf"))
        for figures in (of_tier, of_tier.of(backend)):
            figures.spoke(end.stats, soon_enough_ms, success=success)
        if not success and end.outcome is Outcome.TRUNCATED and end.why is not Why.SUPERSEDED:
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
            "attempts": self.attempts,
            "retries": self.retries,
            "regenerations": self.regenerations,
            "breaker_opens": self.breaker_opens,
            "stale_dropped": self.stale_dropped,
            "cost_usd": round(self.cost_usd, 6),
        }

    def _of(self, tier: Tier) -> TierPerformance:
        found = self.tiers.get(tier)
        if found is None:  # as above
            found = self.tiers[tier] = TierPerformance()
        return found


def _by_name(counts: Counter[Any]) -> dict[str, int]:
    return {str(key): count for key, count in sorted(counts.items())}


def _percentiles(durations: Histogram) -> dict[str, float]:
    return {f"p{percent}": round(durations.percentile_ms(percent), 3) for percent in _PERCENTS}
