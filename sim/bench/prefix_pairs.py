"""The embedded model's first word when it has read a person's persona ahead, against when it has not.

Each pair is two people who have never spoken, each with a slot of the server's own; the persona of one is read ahead.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agents.context import ContextPacker, Hearer, LineFacts
from agents.persona import Persona
from agents.templates import Situation
from llm import models
from llm.backends.embedded import Embedded, EmbeddedOptions
from llm.models import ModelEntry
from llm.types import Delta, End, Kind, Limits, NpcId, Prompt, Request, RequestId, Turn
from sim.app.build import people_of
from sim.bench.client_numbers import Verdict, percentiles, ratio
from sim.bench.numbers import spread

PAIRS: Final = 8
MOST_RATIO: Final = 0.35
_SEED: Final = 7
_LIMITS: Final = Limits(reply_tokens=12)  # what comes after the first word is not measured


@dataclass(frozen=True, slots=True)
class First:
    """The first word of one line."""

    ms: float
    tokens_in: int | None
    cached: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who were never heard before."""

    cold: First
    warm: First


def model_file() -> tuple[ModelEntry, Path] | None:
    """The embedded model, if its file is here and whole."""
    entry = models.MODELS[0]
    path = models.models_dir() / entry.file
    return (entry, path) if models.is_whole(entry, path) else None


def measure_pairs(count: int, model: tuple[ModelEntry, Path]) -> dict[str, Any]:
    """So many pairs on one server."""
    return told_of(asyncio.run(_pairs(count, model)))


def told_of(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Medians, and each pair's ratio."""
    return {
        "pairs": len(pairs),
        "cold_ms": percentiles(pair.cold.ms for pair in pairs),
        "warm_ms": percentiles(pair.warm.ms for pair in pairs),
        "warm_over_cold": spread([ratio([pair.warm.ms], [pair.cold.ms]) for pair in pairs]),
        "cold_cached_share": spread([_cached_share(pair.cold) for pair in pairs]),
        "warm_cached_share": spread([_cached_share(pair.warm) for pair in pairs]),
        "tokens_in": spread([first.tokens_in or 0 for pair in pairs for first in (pair.cold, pair.warm)]),
    }


def pair_verdicts(numbers: Mapping[str, Any]) -> list[Verdict]:
    """One."""
    name = "first word, persona read ahead / not"
    return [Verdict(name, numbers["warm_over_cold"]["median"], MOST_RATIO)]


def _cached_share(first: First) -> float:
    return (first.cached or 0) / first.tokens_in if first.tokens_in else 0.0


async def _pairs(count: int, model: tuple[ModelEntry, Path]) -> list[Pair]:
    people = people_of(2 * count + 1, _SEED)
    pairs: list[Pair] = []
    async with _embedded(model, slots=len(people)) as backend:
        await _first_word(
            backend, _line(people, 2 * count)
        )  # what is done once, at a server's first question
        for index in range(count):
            cold, warm = _line(people, 2 * index), _line(people, 2 * index + 1)
            if index % 2:  # who goes first changes from pair to pair
                warm_first = await _warm_word(backend, warm)
                pairs.append(Pair(await _first_word(backend, cold), warm_first))
            else:
                cold_first = await _first_word(backend, cold)
                pairs.append(Pair(cold_first, await _warm_word(backend, warm)))
    return pairs


@asynccontextmanager
async def _embedded(model: tuple[ModelEntry, Path], slots: int) -> AsyncIterator[Embedded]:
    entry, path = model
    threads = 1 if (os.cpu_count() or 1) <= 4 else 2  # as the town takes them
    backend = Embedded(EmbeddedOptions(entry, path, slots, threads), lambda: None)
    try:
        await backend.start()
        yield backend
    finally:
        await backend.close()


async def _warm_word(backend: Embedded, line: Request) -> First:
    await backend.warm(replace(line, kind=Kind.WARM, prompt=_read_ahead(line.prompt)))
    return await _first_word(backend, line)


async def _first_word(backend: Embedded, line: Request) -> First:
    began_ns, first_ns = time.perf_counter_ns(), 0
    async with aclosing(backend.stream(line)) as events:
        async for event in events:
            match event:
                case Delta():
                    first_ns = first_ns or time.perf_counter_ns()
                case End(usage=usage):
                    took_ms = ((first_ns or time.perf_counter_ns()) - began_ns) / 1e6
                    return First(took_ms, usage.tokens_in, usage.cached_tokens_in)
    raise AssertionError("a stream has an end")


def _read_ahead(prompt: Prompt) -> Prompt:
    """What is the same in all prompts of a speaker."""
    return replace(prompt, scene="", history=(), nudge="", listeners=(), lead="", now="")


def _line(people: Sequence[Persona], row: int) -> Request:
    """A reply in a talk of four lines, as the town asks for it."""
    speaker, listener = people[row], people[(row + 1) % len(people)]
    names = (listener.first_name, speaker.first_name)
    said = ("Good morning to you.", "And to you, a fine one.", "Is the market open yet?")
    facts = LineFacts(
        speaker=speaker,
        listeners=(Hearer(listener.first_name),),
        scene=f"It is morning at the market. {speaker.first_name} meets {listener.first_name}.",
        history=tuple(Turn(names[index % 2], text) for index, text in enumerate(said)),
        situation=Situation.ANSWER,
    )
    packer = ContextPacker(_LIMITS.prompt_tokens)
    prompt = packer.build_enhanced_prompt(packer.build_context_for_npc(facts))
    return Request(RequestId(row + 1), NpcId(row), prompt, "", 0, limits=_LIMITS)
