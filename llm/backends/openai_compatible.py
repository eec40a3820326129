"""Any server that speaks OpenAI's chat protocol: LM Studio, llama.cpp, vLLM, Ollama and their like.

It asks for a stream always, for a positive number of tokens always, and names itself after what it found.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llm.backends.dialects import PARALLEL, UNKNOWN, Found, pages_of
from llm.backends.http_door import Address, HttpDoor, on_ipv4
from llm.backends.shaping import SHAPE_TOKENS, Shaping, body_for, reader_for
from llm.backends.slots import Slots
from llm.backends.tokenizers import count_tokens
from llm.errors import BadAnswer, BadKey, NoModel, RateLimited, Refused, ServerFault, TooSlow, Unreachable
from llm.fitting import chat_room
from llm.prompt_forms import TEMPLATE_TOKENS, ChatMessage, as_chat
from llm.settings import AUTO
from llm.types import BackendEvent, End, Prompt, Request, Shape, Tier, Why
from llm.wire.openai_chunks import OpenAiChunks

log = logging.getLogger(__name__)

_CHECK_S: Final = 3.0
_CHAT: Final = "/chat/completions"
_TELLING: Final = (BadKey, RateLimited, ServerFault)  # more of the server than that it lacks a page


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Which server, and what to ask it for."""

    base_url: str  # ends in /v1
    model: str = AUTO
    key: str = field(default="", repr=False)
    max_concurrency: int | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    connect_s: float = 1.0
    structured: bool = False  # lines with a shape are asked for in it
    only: str = ""  # the one kind of server that will do, by its dialect's name; empty: any


class OpenAiCompatible:
    """`llm.protocol.Backend` over HTTP; used and closed on one loop."""

    tier: Final = Tier.LOCAL

    def __init__(self, options: ServerOptions, on_retry: Callable[[], None]) -> None:
        self.model = "" if options.model == AUTO else options.model
        self.in_flight = options.max_concurrency or PARALLEL
        self._options = options
        base_url = on_ipv4(options.base_url)
        self._root = base_url.removesuffix("/v1")
        self._door = HttpDoor(Address(base_url, options.key, options.connect_s), on_retry)
        self._found = Found(UNKNOWN)
        self._slots = Slots()
        self._room = chat_room()
        self._shaping = Shaping(wanted=options.structured)
        self._other_model = ""

    @property
    def name(self) -> str:
        """As transcripts name it."""
        return self._found.dialect.name

    @property
    def label(self) -> str:
        """As people call the kind of server that was found."""
        return self._found.label

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """One answer to one chat."""
        if not self.model:
            await self.check()
        prompt = await self._room.surely_fitted(request.prompt, request.limits, self._count)

        def ask(shape: Shape | None) -> AsyncGenerator[BackendEvent, None]:
            return self._answer(request, prompt, shape)

        async with contextlib.aclosing(self._shaping.answer(request, ask)) as events:
            async for event in events:
                yield event

    async def _answer(
        self, request: Request, prompt: Prompt, shape: Shape | None
    ) -> AsyncGenerator[BackendEvent, None]:
        limits, reader = request.limits, reader_for(shape)
        messages = as_chat(prompt, limits.reply_tokens, shape)
        with self._slots.asked(request.npc, _text_of(messages)) as reading:
            most = limits.most_tokens + SHAPE_TOKENS * (shape is not None)
            body = self._body(messages, most, reading.fields) | body_for(shape)
            async with contextlib.aclosing(self._door.answer(_CHAT, body, reader)) as events:
                async for event in events:
                    reading.heard()
                    if isinstance(event, End):
                        self._note_model(reader.model)
                        self._room.learn(prompt, limits, event.usage)
                    yield event

    def reading_s(self, request: Request) -> float:
        """What this NPC's slot has not read yet, where the server keeps prefixes; of others nothing is known."""
        if not self._slots.count:
            return 0.0
        return self._slots.reading_s(request.npc, _text_of(self._messages(request)))

    async def warm(self, request: Request) -> None:
        """Have the NPC's slot read the prompt, at the price of one token that nobody hears.

        Nothing where the server may not keep what it read, and would only be kept busy.
        """
        if not self._slots.count:
            return
        messages = self._messages(request)
        with self._slots.asked(request.npc, _text_of(messages)) as reading:
            body = self._body(messages, 1, reading.fields)
            async with contextlib.aclosing(self._door.answer(_CHAT, body, OpenAiChunks())) as events:
                async for _ in events:
                    reading.heard()

    async def check(self) -> None:
        """Find out what the server is and which model it has loaded."""
        try:
            async with asyncio.timeout(_CHECK_S):
                found = await self._identify()
        except TimeoutError:
            raise TooSlow(f"{self._root} does not say which models it has", Why.CONNECT) from None
        except Unreachable:
            self._slots = Slots()  # whatever comes back has read nothing
            raise
        if self._options.model == AUTO:
            self.model = self._first_of(found)
        self._become(found)

    async def close(self) -> None:
        """Give back every connection."""
        await self._door.close()

    async def _identify(self) -> Found:
        refused: Refused | None = None
        for page in pages_of(self._root, self._options.only):
            try:
                found = page.read(await self._page(page.path))
            except _TELLING as error:
                refused = error
            else:
                if found is not None:
                    return await self._told_more(found)
        raise refused or Refused(
            f"{self._root} lists no models: is it the URL of a model server's API, ending in /v1?"
        )

    async def _told_more(self, found: Found) -> Found:
        if not found.dialect.more_at:
            return found
        with contextlib.suppress(*_TELLING):  # it is known well enough without
            return found.told(await self._page(found.dialect.more_at))
        return found

    async def _page(self, path: str) -> Mapping[str, Any]:
        """A page of the server's, or an empty one where it has none."""
        try:
            page = await self._door.get_json(self._root + path)
        except _TELLING:
            raise
        except (BadAnswer, Refused, NoModel):  # some servers answer for pages they do not have
            return {}
        return page if isinstance(page, dict) else {}

    def _first_of(self, found: Found) -> str:
        if found.dialect.is_catalogue:
            raise NoModel(f"{found.label} has hundreds of models: name one as llm.local.model")
        if not found.models:
            raise NoModel(
                f"{found.label} at {self._root} has no model loaded: load one there, or set llm.local.model"
            )
        return found.models[0].id

    def _become(self, found: Found) -> None:
        self._found = found
        self._door.pooled = found.dialect.pooled
        slots = found.slots if found.dialect.keeps_prefixes else 0
        if slots != self._slots.count:
            self._slots = Slots(slots)
        if self._options.max_concurrency is None:
            self.in_flight = found.in_flight(self.model)

    def _note_model(self, answered: str) -> None:
        """Some servers answer with the model they have instead of the one that was asked for."""
        if answered and not answered.startswith(self.model) and answered != self._other_model:
            self._other_model = answered
            log.info("backend.other_model", extra={"asked": self.model, "answered": answered[:100]})

    def _messages(self, request: Request) -> list[ChatMessage]:
        limits = request.limits
        return as_chat(
            self._room.fitted(request.prompt, limits), limits.reply_tokens, self._shaping.of(request)
        )

    async def _count(self, prompt: Prompt) -> int | None:
        """As the server's own tokenizer has it, where it offers one; with the marks round the messages."""
        page = self._found.dialect.counts_at
        if not page:
            return None
        counted = await count_tokens(self._door, self._root + page, _text_of(as_chat(prompt)))
        return None if counted is None else counted + TEMPLATE_TOKENS

    def _body(self, messages: list[ChatMessage], most_tokens: int, slot: Mapping[str, Any]) -> dict[str, Any]:
        dialect = self._found.dialect
        return {
            "model": self.model,
            "messages": messages,
            dialect.limit_key: most_tokens,
            **dialect.extra_body,
            **slot,
            **self._options.extra_body,
            "stream": True,
            "stream_options": {"include_usage": True},
        }


def _text_of(messages: list[ChatMessage]) -> str:
    return "\n".join(message["content"] for message in messages)
