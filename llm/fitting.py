"""A prompt within what one server really counts: by the estimate, by what the server taught, by its own count where it offers one.

Whoever packed the prompt has chosen what is in it; here the last of it goes, should a server count more than was thought.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from llm.prompt_forms import chat_tokens, estimated_tokens, script_tokens
from llm.token_counts import Calibration
from llm.types import Limits, Prompt, Usage

_LINES_AT_A_TIME: Final = 2  # so that what is left stays put for a while, in the server's cache too
_COUNTS: Final = 3  # that a server is asked for at most, for one prompt
_FAR: Final = 0.85  # of a budget: an estimate below that is surely within it


class Room:
    """How much of a prompt one server gets."""

    def __init__(self, form_tokens: Callable[[Prompt, Limits], float]) -> None:
        self.calibration = Calibration()
        self._form_tokens = form_tokens

    def fitted(self, prompt: Prompt, limits: Limits) -> Prompt:
        """Within the limits, as far as anybody knows who does not ask the server."""
        room = self.calibration.room(limits.prompt_tokens)
        return fitted(prompt, room - self._form_tokens(prompt, limits))

    async def surely_fitted(
        self, prompt: Prompt, limits: Limits, count: Callable[[Prompt], Awaitable[int | None]]
    ) -> Prompt:
        """Within the limits by the server's own count, which is asked for only when it might be close."""
        kept, tokens = self.fitted(prompt, limits), limits.prompt_tokens
        for _ in range(_COUNTS):
            estimate = self._estimate(kept, limits)
            if estimate * self.calibration.ratio < tokens * _FAR:
                break
            counted = await count(kept)
            if counted is None or counted <= tokens:
                break
            kept = fitted(kept, estimate * tokens / counted - self._form_tokens(kept, limits))
        return kept

    def learn(self, prompt: Prompt, limits: Limits, usage: Usage) -> None:
        """What the server counted when it was asked this."""
        self.calibration.learn(self._estimate(prompt, limits), usage.tokens_in)

    def _estimate(self, prompt: Prompt, limits: Limits) -> float:
        return estimated_tokens(prompt) + self._form_tokens(prompt, limits)


def script_room() -> Room:
    """For a model that continues a play."""
    return Room(lambda prompt, _: script_tokens(prompt))


def chat_room() -> Room:
    """For a model that is asked in messages."""
    return Room(lambda prompt, limits: chat_tokens(prompt, limits.reply_tokens))


def fitted(prompt: Prompt, tokens: float) -> Prompt:
    """The prompt within so many tokens, as they are estimated, as long as there is something that can be done without.

    The least of what is true now goes first, then the oldest lines of the talk, two at a time.
    """
    while estimated_tokens(prompt) > tokens and (prompt.now or prompt.history):
        if prompt.now:
            prompt = replace(prompt, now=prompt.now.rpartition("\n")[0])
        else:
            prompt = replace(prompt, history=prompt.history[_LINES_AT_A_TIME:])
    return prompt
