"""The settings that callers of the client change while it runs, under the names of the original design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from llm.settings import Fallback, LlmSettings, PromptBudget, ReplyLength, Streaming, Timeouts


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Five groups of `LlmSettings`, and the same objects.

    `agent_config.timeouts.local = 2.0` is checked, and holds from the next question on; what is wrong raises
    `pydantic.ValidationError` and changes nothing.
    """

    reply_length: ReplyLength
    prompt_budget: PromptBudget
    timeouts: Timeouts
    streaming: Streaming
    fallback: Fallback

    @classmethod
    def of(cls, settings: LlmSettings) -> Self:
        """The groups of these settings."""
        return cls(
            settings.reply_length,
            settings.prompt_budget,
            settings.timeouts,
            settings.streaming,
            settings.fallback,
        )
