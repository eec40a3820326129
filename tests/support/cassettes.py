"""Cassettes made from a script, and questions that they know."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llm.backends.cassette import Recorded
from llm.backends.scripted import Scripted
from llm.cassette import CassetteWriter
from llm.errors import ModelError
from llm.script_book import ScriptBook, ScriptedLine
from llm.types import Request
from tests.support.model_backends import listen, within
from tests.support.model_requests import ask, prompt_of

LINES = (
    ScriptedLine(text="Good morrow to you, Tomas.", chunk=9),
    ScriptedLine(text="Naïve — “quoted”\n…", chunk=3),
    ScriptedLine(text="Half of this is lost", mishap="break", chunk=4),
    ScriptedLine(text="No word of this", mishap="refused"),
    ScriptedLine(text="Too long by far", mishap="length"),
    ScriptedLine(text="It hangs in the middle", mishap="stall", chunk=50),
)


def about(number: int, topic: object = None, **more: Any) -> Request:
    """A question unlike any other, unless they have the topic in common."""
    said = prompt_of("Mira", ("Tomas", f"What about {number if topic is None else topic}?"))
    return dataclasses.replace(ask(number, npc=number, **more), prompt=said)


def record(path: Path, requests: Sequence[Request], *lines: ScriptedLine | str) -> None:
    """Put questions to a recorded script; every look at the clock finds it 10 ms on."""
    ticking = itertools.count()

    async def run() -> None:
        writer = CassetteWriter(path, {"seed": 7})
        backend = Recorded(Scripted(ScriptBook(lines)), writer, lambda: next(ticking) / 100)
        for request in requests:
            try:
                async with asyncio.timeout(0.01):
                    await listen(backend, request)
            except (ModelError, TimeoutError):
                pass
        writer.close()

    within(10, run)


def objects(path: Path) -> list[dict[str, Any]]:
    """The lines of a cassette after its header."""
    header, *lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert header == {"cassette": 1, "version": 1, "settings": {"seed": 7}}
    return lines
