"""Any server that speaks OpenAI's chat protocol: LM Studio, llama.cpp, vLLM, Ollama and their like.

It asks for a stream always, for a positive number of tokens always, and names itself after what it found.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from llm.backends.dialects import DIALECTS, Dialect, LoadedModel
from llm.backends.http_door import Address, HttpDoor, on_ipv4
from llm.errors import BadAnswer, NoModel, Refused, TooSlow
from llm.prompt_forms import as_chat, fitted
from llm.settings import AUTO
from llm.types import BackendEvent, Request, Tier, Why
from llm.wire.openai_chunks import OpenAiChunks

_PARALLEL: Final = 4  # requests in flight where the server does not say; LM Studio's own default
_CHECK_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Which server, and what to ask it for."""

    base_url: str  # ends in /v1
    model: str = AUTO
    key: str = ""
    max_concurrency: int | None = None
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    connect_s: float = 1.0
    only: str = ""  # the one kind of server that will do, by its dialect's name; empty: any


class OpenAiCompatible:
    """`llm.protocol.Backend` over HTTP; used and closed on one loop."""

    tier: Final = Tier.LOCAL

    def __init__(self, options: ServerOptions, on_retry: Callable[[], None]) -> None:
        self.name = "openai_compatible"
        self.model = "" if options.model == AUTO else options.model
        self.in_flight = options.max_concurrency or _PARALLEL
        self._options = options
        base_url = on_ipv4(options.base_url)
        self._root = base_url.removesuffix("/v1")
        self._door = HttpDoor(Address(base_url, options.key, options.connect_s), on_retry)

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """One answer to one chat."""
        if not self.model:
            await self.check()
        answer = self._door.answer("/chat/completions", self._body(request), OpenAiChunks())
        async with contextlib.aclosing(answer) as events:
            async for event in events:
                yield event

    def reading_s(self, request: Request) -> float:  # noqa: ARG002 - nothing is known of a stranger's cache
        """Unknown."""
        return 0.0

    async def warm(self, request: Request) -> None:
        """Nothing: an unknown server may not keep what it read, and would only be kept busy."""

    async def check(self) -> None:
        """Find out what the server is and which model it has loaded."""
        try:
            async with asyncio.timeout(_CHECK_S):
                dialect, models = await self._identify()
        except TimeoutError:
            raise TooSlow(f"{self._root} does not say which models it has", Why.CONNECT) from None
        self.name = dialect.name
        if self._options.model == AUTO:
            if not models:
                raise NoModel(f"{self._root} has no model loaded: load one there, or set llm.local.model")
            self.model = models[0].id
        self._learn_parallel(models)

    async def close(self) -> None:
        """Give back every connection."""
        await self._door.close()

    async def _identify(self) -> tuple[Dialect, list[LoadedModel]]:
        for dialect in DIALECTS:
            if self._options.only not in {"", dialect.name}:
                continue
            try:
                page = await self._door.get_json(self._root + dialect.page)
            except BadAnswer:
                continue  # some servers answer for pages they do not have
            except Refused as error:
                if error.status in {401, 403}:
                    raise
                continue
            models = dialect.read(page) if isinstance(page, dict) else None
            if models is not None:
                return dialect, models
        raise Refused(f"{self._root} lists no models: is it the URL of a model server's API, ending in /v1?")

    def _learn_parallel(self, models: list[LoadedModel]) -> None:
        if self._options.max_concurrency is None:
            ours = (model.parallel for model in models if model.id == self.model)
            self.in_flight = next(ours, None) or _PARALLEL

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": as_chat(
                fitted(request.prompt, request.limits.prompt_tokens), request.limits.reply_tokens
            ),
            "max_tokens": request.limits.most_tokens,
            **self._options.extra_body,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
