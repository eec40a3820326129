"""One real round trip to a backend, to see whether and how fast it answers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Final

from llm.errors import TooSlow
from llm.protocol import Backend
from llm.types import Delta, End, NpcId, Prompt, Request, RequestId, Turn, Usage, Why

_PATIENCE_S: Final = 20.0
_PROMPT: Final = Prompt(
    rules="A small town. People talk in short, plain, friendly lines.",
    persona="Ada keeps the town's inn.",
    scene="It is morning. Tom comes in.",
    history=(Turn("Tom", "Good morning, Ada."),),
    nudge="",
    speaker="Ada",
    listeners=("Tom",),
)
REQUEST: Final = Request(RequestId(0), NpcId(0), _PROMPT, fallback_text="", tick=0)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went."""

    backend: str
    model: str
    text: str
    ttfc_ms: float | None  # None if nothing was said
    duration_ms: float
    usage: Usage


async def speak_trial(backend: Backend) -> Trial:
    """Ask for one line and wait for its end."""
    begun_ns = time.perf_counter_ns()
    first_ns: int | None = None
    said: list[str] = []
    usage = Usage()
    try:
        async with asyncio.timeout(_PATIENCE_S), contextlib.aclosing(backend.stream(REQUEST)) as events:
            async for event in events:
                match event:
                    case Delta(text=text):
                        first_ns = first_ns or time.perf_counter_ns()
                        said.append(text)
                    case End(usage=usage):
                        pass
    except TimeoutError as error:
        raise TooSlow(f"no whole line within {_PATIENCE_S:.0f} s", Why.TOTAL) from error
    ended_ns = time.perf_counter_ns()
    return Trial(
        backend=backend.name,
        model=backend.model,
        text="".join(said),
        ttfc_ms=None if first_ns is None else (first_ns - begun_ns) / 1e6,
        duration_ms=(ended_ns - begun_ns) / 1e6,
        usage=usage,
    )
