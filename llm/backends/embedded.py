"""The model server that the program starts and owns: llama.cpp's, asked in the form that its model wants.

Each NPC keeps to one of the server's slots, so that its persona's prefix stays in that slot's cache.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from llm.backends.embedded_process import COMMAND, ChildConfig, EmbeddedProcess
from llm.backends.http_door import Address, HttpDoor
from llm.backends.llama_forms import Question, form_of
from llm.backends.tokenizers import count_tokens
from llm.errors import Unreachable
from llm.models import ModelEntry
from llm.prefixes import Prefixes
from llm.types import BackendEvent, End, Limits, Prompt, Request, Tier


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """What to serve, and how much of the machine it may have."""

    entry: ModelEntry
    model_path: Path
    slots: int
    threads: int
    in_flight: int = 1


class Embedded:
    """`llm.protocol.Backend` over a child process; start it before use."""

    name: Final = "embedded"
    tier: Final = Tier.LOCAL

    def __init__(
        self, options: EmbeddedOptions, on_retry: Callable[[], None], command: Sequence[str] = COMMAND
    ) -> None:
        self.model = options.entry.name
        self.in_flight = options.in_flight
        self._options = options
        self._on_retry = on_retry
        self._command = command
        self._process: EmbeddedProcess | None = None
        self._door: HttpDoor | None = None
        self._prefixes = Prefixes()
        self._form = form_of(options.entry.prompt_form)
        self._room = self._form.room()

    @property
    def pid(self) -> int:
        """The server's process id; 0 while there is none."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start the server and wait until it answers; a former one is ended first."""
        await self.close()
        options = self._options
        process = EmbeddedProcess(
            ChildConfig(options.model_path, options.slots, options.threads), self._command
        )
        self._process, self._prefixes = process, Prefixes()
        address = await process.start()
        self._door = HttpDoor(Address(address, process.key, pooled=False), self._on_retry)

    async def ended(self) -> None:
        """Return when the server's process has ended, by whatever cause."""
        if self._process is not None:
            await self._process.ended.wait()

    async def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """One line of the play, or one answer."""
        limits = self._limits(request)
        prompt = await self._room.surely_fitted(self._form.shaped(request.prompt), limits, self._count)
        question, slot, begun_s = self._question(request, prompt), self._slot(request), time.monotonic()
        answer = self._open_door().answer(question.path, question.body, self._form.reader(prompt))
        async with contextlib.aclosing(answer) as events:
            async for event in events:
                if begun_s:
                    self._prefixes.has_read(slot, question.text, time.monotonic() - begun_s)
                    begun_s = 0.0
                if isinstance(event, End):
                    self._room.learn(prompt, limits, event.usage)
                yield event

    def reading_s(self, request: Request) -> float:
        """What this NPC's slot has not read yet, at the rate at which it read so far."""
        question = self._question(request, self._fitted(request))
        return self._prefixes.reading_s(self._slot(request), question.text)

    async def warm(self, request: Request) -> None:
        """Have the slot of this NPC read the prompt; nothing is said."""
        question, begun_s = self._question(request, self._fitted(request)), time.monotonic()
        body = question.body | {question.limit_key: 0 if question.limit_key == "n_predict" else 1}
        answer = self._open_door().answer(question.path, body, self._form.reader(request.prompt))
        async with contextlib.aclosing(answer) as events:
            async for _ in events:
                pass
        self._prefixes.has_read(self._slot(request), question.text, time.monotonic() - begun_s)

    async def check(self) -> None:
        """Ask the server whether it is well."""
        await self._open_door().get_json("/health")

    async def close(self) -> None:
        """Give back connections and end the process."""
        door, self._door = self._door, None
        if door is not None:
            await door.close()
        if self._process is not None:
            await self._process.stop()

    def kill(self) -> None:
        """End the process from any thread, when the loop is gone."""
        if self._process is not None:
            self._process.kill()

    def _open_door(self) -> HttpDoor:
        if self._door is None:
            raise Unreachable("the embedded server is not running")
        return self._door

    def _limits(self, request: Request) -> Limits:
        """What was asked for, and no more than is good for the model."""
        limits, most = request.limits, self._options.entry.prompt_budget
        return limits if limits.prompt_tokens <= most else replace(limits, prompt_tokens=most)

    def _fitted(self, request: Request) -> Prompt:
        return self._room.fitted(self._form.shaped(request.prompt), self._limits(request))

    async def _count(self, prompt: Prompt) -> int | None:
        """As the server's own tokenizer has it; None where it does not say so at once."""
        text = self._form.question(prompt, Limits()).text
        counted = await count_tokens(self._open_door(), "/tokenize", text)
        return None if counted is None else counted + self._form.extra_tokens

    def _slot(self, request: Request) -> int:
        return request.npc % self._options.slots

    def _question(self, request: Request, prompt: Prompt) -> Question:
        question = self._form.question(prompt, request.limits)
        more = {"stream": True, "cache_prompt": True, "id_slot": self._slot(request)}
        return replace(question, body=question.body | more | self._options.entry.sampling.as_json())
