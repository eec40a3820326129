"""Backends of every kind, made ready for a test on the running loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from llm import models
from llm.backends.embedded import Embedded, EmbeddedOptions
from llm.backends.embedded_process import ChildConfig, EmbeddedProcess
from llm.backends.openai_cloud import CloudOptions, OpenAiCloud
from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.prompt_forms import PromptForm
from llm.protocol import Backend
from llm.types import BackendEvent, Delta, Request
from tests.support.model_server import ModelServer

_B = TypeVar("_B", bound=Backend)
CHILD = Path(__file__).with_name("model_child.py")


def child_command(address: str, manner: str = "well") -> list[str]:
    """How to start the stand-in child."""
    return [sys.executable, str(CHILD), address, manner]


def server_at(
    server: ModelServer, on_retry: Callable[[], None] = lambda: None, **options: object
) -> OpenAiCompatible:
    """The HTTP backend for a scripted server."""
    fields: dict[str, object] = {"base_url": f"{server.root}/v1", **options}
    return OpenAiCompatible(ServerOptions(**fields), on_retry)  # type: ignore[arg-type] # any field


def cloud_at(
    server: ModelServer, on_retry: Callable[[], None] = lambda: None, **options: object
) -> OpenAiCloud:
    """The cloud's backend for a scripted server."""
    fields: dict[str, object] = {
        "base_url": f"{server.root}/v1",
        "model": "tiny",
        "key": "canary",
        **options,
    }
    return OpenAiCloud(CloudOptions(**fields), on_retry)  # type: ignore[arg-type] # any field


@asynccontextmanager
async def backend_over(kind: str, server: ModelServer) -> AsyncIterator[Backend]:
    """A backend of this kind over a scripted server, ready to be asked."""
    make: dict[str, Callable[[], Backend]] = {
        "openai_compatible": lambda: server_at(server, model="tiny"),
        "openai_cloud": lambda: cloud_at(server),
        "embedded": lambda: embedded_at(server.root),
    }
    async with closed_after(make[kind]()) as backend:
        if isinstance(backend, Embedded):
            await backend.start()
        yield backend


@asynccontextmanager
async def llama_server(model_file: Path, slots: int = 4, key: str = "") -> AsyncIterator[OpenAiCompatible]:
    """The chat backend over a real llama.cpp server, which is a child of ours and has a key; or with another."""
    process = EmbeddedProcess(ChildConfig(model_file, slots, threads=1))
    try:
        address = await process.start()
        options = ServerOptions(f"{address}/v1", key=key or process.key)
        async with closed_after(OpenAiCompatible(options, lambda: None)) as backend:
            yield backend
    finally:
        await process.stop()


def embedded_at(address: str, manner: str = "well") -> Embedded:
    """The embedded backend over a stand-in child."""
    return embedded(models.MODELS[0].file, child_command(address, manner))


def embedded(
    path: str | Path, command: list[str] | None = None, form: PromptForm = PromptForm.SCRIPT
) -> Embedded:
    """An embedded backend over this file; not started yet."""
    entry = replace(models.MODELS[0], prompt_form=form)
    options = EmbeddedOptions(entry, Path(path), slots=4, threads=1)
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
