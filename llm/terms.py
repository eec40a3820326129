"""The terms on which one question is asked, read from the settings when it is asked and fixed from then on.

So a setting that changes while the program runs holds from the next question on, and no thread reads half of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from llm.settings import LlmSettings
from llm.types import Limits, Priority, Tier

_OVER_MAX: Final = 30  # tokens that the limit on the wire lies over what may be asked for
WHOLE: Final = float("inf")  # characters and seconds: a line that is handed on whole


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds, and characters for `chunk_size`."""

    local_s: float = 1.5  # to the first content
    cloud_s: float = 4.0  # to the first content
    stall_s: float = 2.0
    total_s: float = 20.0
    timeout_s: float = WHOLE  # a caller's own, for all of it, from when it was asked
    response_s: float = 0.5  # after a failure, until the template line is there
    chunk_size: float = 10.0
    update_rate_s: float = 0.1

    @classmethod
    def of(
        cls, settings: LlmSettings, *, streams: bool | None = None, timeout_s: float | None = None
    ) -> Self:
        """As the settings are now; a caller's own timeout bounds the line as a whole."""
        timeouts, streaming = settings.timeouts, settings.streaming
        whole = not (streaming.enabled if streams is None else streams)
        most_s = WHOLE if timeout_s is None else timeout_s
        return cls(
            local_s=min(timeouts.local, most_s),
            cloud_s=min(timeouts.cloud, most_s),
            stall_s=timeouts.stall,
            total_s=timeouts.total,
            timeout_s=most_s,
            response_s=settings.fallback.response_time if timeout_s is None else 0.0,
            chunk_size=WHOLE if whole else streaming.chunk_size,
            update_rate_s=WHOLE if whole else streaming.update_rate,
        )

    def first_content_s(self, tier: Tier) -> float:
        """The clock to the first content of a tier."""
        return self.cloud_s if tier is Tier.CLOUD else self.local_s

    def silence_s(self, tier: Tier) -> float:
        """How long a line that was put to this tier first may stay silent."""
        return self.first_content_s(tier) + self.response_s


def limits_of(settings: LlmSettings, priority: Priority) -> Limits:
    """Tokens for one question: the spotlight gets the larger budget."""
    reply, budget = settings.reply_length, settings.prompt_budget
    spotlit = priority is Priority.SPOTLIGHT
    return Limits(
        prompt_tokens=max(budget.min, budget.max) if spotlit else budget.min,
        reply_tokens=max(reply.min, reply.max) if spotlit else reply.min,
        most_tokens=max(reply.min, reply.max) + _OVER_MAX,
    )
