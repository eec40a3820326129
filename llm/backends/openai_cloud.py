"""OpenAI's service, or another that speaks as it does, asked through the official SDK.

The SDK is imported when the backend is opened and not before: without a key, nobody waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from llm.backends.http_door import Address, on_ipv4, usable
from llm.backends.shaping import SHAPE_TOKENS, Shaping, body_for, reader_for
from llm.errors import BadKey, TooSlow
from llm.fitting import chat_room
from llm.prompt_forms import as_chat
from llm.types import BackendEvent, End, Prompt, Request, Shape, Tier, Why

if TYPE_CHECKING:
    from llm.backends.openai_door import OpenAiDoor

# What a model thinks counts against the limit on the wire, and before a short line at low effort it is a few hundred
# tokens. Paid for only where used; without it such an answer would be empty.
REASONING_HEADROOM_TOKENS: Final = 1000
_NO_REASONING: Final = frozenset({"", "none"})
_OURS: Final = frozenset({"stream", "stream_options"})  # not to be changed by extra fields
_CHECK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """Which service, and what to ask it for."""

    base_url: str  # ends in /v1
    model: str
    key: str = field(repr=False)
    max_concurrency: int = 8
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    connect_s: float = 1.0
    reasoning_effort: str = ""  # empty: not sent
    structured: bool = False  # lines with a shape are asked for in it


def _nobody_counts() -> None:
    """For callers that keep no count of retries."""


class OpenAiCloud:
    """`llm.protocol.Backend` over the SDK; used and closed on one loop."""

    name: Final = "openai"
    tier: Final = Tier.CLOUD

    def __init__(self, options: CloudOptions, on_retry: Callable[[], None] = _nobody_counts) -> None:
        self.model = options.model
        self.in_flight = options.max_concurrency
        self._options = options
        self._on_retry = on_retry
        self._door: OpenAiDoor | None = None
        self._opening = asyncio.Lock()
        self._room = chat_room()
        self._shaping = Shaping(wanted=options.structured)

    async def open(self) -> None:
        """Import the SDK beside the loop and make its client on it; streams do so themselves, but wait for it."""
        await self._opened()

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """One answer to one chat."""
        door = await self._opened()
        prompt = self._room.fitted(request.prompt, request.limits)

        def ask(shape: Shape | None) -> AsyncGenerator[BackendEvent, None]:
            return door.answer(self._question(request, prompt, shape), reader_for(shape))

        async with contextlib.aclosing(self._shaping.answer(request, ask)) as events:
            async for event in events:
                if isinstance(event, End):
                    self._room.learn(prompt, request.limits, event.usage)
                yield event

    def reading_s(self, request: Request) -> float:  # noqa: ARG002 - the door has it
        """Unknown, and short."""
        return 0.0

    async def warm(self, request: Request) -> None:
        """Nothing: it would cost money."""

    async def check(self) -> None:
        """Ask for the list of models: free, and it tells whether the service is there and takes the key."""
        door = await self._opened()
        try:
            async with asyncio.timeout(_CHECK_S):
                await door.look()
        except TimeoutError:
            raise TooSlow(f"{self._options.base_url} does not say which models it has", Why.CONNECT) from None

    async def close(self) -> None:
        """Give back every connection."""
        door, self._door = self._door, None
        if door is not None:
            await door.close()

    async def _opened(self) -> OpenAiDoor:
        if self._door is None:
            async with self._opening:
                self._door = self._door or await self._made()
        return self._door

    async def _made(self) -> OpenAiDoor:
        options = self._options
        if not options.key:
            raise BadKey("there is no API key for the cloud")
        module = await asyncio.to_thread(importlib.import_module, "llm.backends.openai_door")
        address = Address(on_ipv4(options.base_url), usable(options.key), options.connect_s)
        door: OpenAiDoor = module.OpenAiDoor(address, self._on_retry)
        return door

    def _question(self, request: Request, prompt: Prompt, shape: Shape | None) -> dict[str, Any]:
        options, limits = self._options, request.limits
        thinks = options.reasoning_effort not in _NO_REASONING
        return {
            "model": self.model,
            "messages": as_chat(prompt, limits.reply_tokens, shape),
            "max_completion_tokens": limits.most_tokens
            + REASONING_HEADROOM_TOKENS * thinks
            + SHAPE_TOKENS * (shape is not None),
            **body_for(shape),
            **({"reasoning_effort": options.reasoning_effort} if options.reasoning_effort else {}),
            "extra_body": {key: value for key, value in options.extra_body.items() if key not in _OURS},
            "stream": True,
            "stream_options": {"include_usage": True},
        }
