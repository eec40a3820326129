"""Backends of every kind, made ready for a test on the running loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from llm import models
from llm.backends.embedded import Embedded, EmbeddedOptions
from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.protocol import Backend
from llm.types import BackendEvent, Delta, Request
from tests.support.model_server import ModelServer

_B = TypeVar("_B", bound=Backend)
CHILD = Path(__file__).with_name("model_child.py")


def child_command(address: str, manner: str = "well") -> list[str]:
    """How to start the stand-in child."""
    return [sys.executable, str(CHILD), address, manner]


def server_at(server: ModelServer, **options: object) -> OpenAiCompatible:
    """The HTTP backend for a scripted server; its retries are counted on the server's side."""
    fields: dict[str, object] = {"base_url": f"{server.root}/v1", **options}
    return OpenAiCompatible(ServerOptions(**fields), lambda: None)  # type: ignore[arg-type] # any field


def embedded_at(address: str, manner: str = "well") -> Embedded:
    """The embedded backend over a stand-in child."""
    return embedded(models.MODELS[0].file, child_command(address, manner))


def embedded(path: str | Path, command: list[str] | None = None) -> Embedded:
    """An embedded backend over this file; not started yet."""
    options = EmbeddedOptions(models.MODELS[0], Path(path), slots=4, threads=1)
    return Embedded(options, lambda: None, command) if command else Embedded(options, lambda: None)


@asynccontextmanager
async def closed_after(backend: _B) -> AsyncIterator[_B]:
    """Use it and close it."""
    try:
        yield backend
    finally:
        await backend.close()


async def listen(backend: Backend, request: Request) -> list[BackendEvent]:
    """All of one answer."""
    async with aclosing(backend.stream(request)) as events:
        return [event async for event in events]


async def first_word(backend: Backend, request: Request) -> str:
    """Its first piece of text; then the stream is closed."""
    async with aclosing(backend.stream(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                return event.text
    raise AssertionError("nothing was said")


def within(seconds: float, run: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine on a loop of its own, and not for longer."""

    async def bounded() -> None:
        async with asyncio.timeout(seconds):
            await run()

    asyncio.run(bounded())
