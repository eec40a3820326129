"""Whoever goes along with a run: may stand in front of its models, looks on, and may end it. A soak is one; most runs have none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

from llm.canned import CannedSource
from sim.app.logs import ErrorList
from sim.app.process_facts import ProcessFacts
from sim.app.report import TalkCounts
from sim.app.town_models import TownModels, Wrapping
from sim.hearing import SpokenLine
from sim.loop import Loop


@dataclass(frozen=True, slots=True)
class RunParts:
    """What there is to look at."""

    loop: Loop
    models: TownModels
    talks: TalkCounts
    process: ProcessFacts
    errors: ErrorList


class Companion(Protocol):
    """Of one run."""

    command: str  # as the report names it
    is_quiet: bool  # the talk is not printed, nor how far a fast run has got

    def in_front(self) -> Sequence[Wrapping]:
        """What is put in front of each backend."""

    def spoil(self, source: CannedSource) -> CannedSource:
        """What is put in front of answers that were written down beforehand."""

    def attach(self, parts: RunParts, closing: ExitStack) -> None:
        """Look on from now on."""

    def note_line(self, line: SpokenLine) -> None:
        """Somebody has said something."""

    def report(self) -> dict[str, Any]:
        """What is to stand in the report besides."""


class Nobody:
    """`Companion` of a run that has none."""

    command = "run"
    is_quiet = False

    def in_front(self) -> Sequence[Wrapping]:
        """Nothing."""
        return ()

    def spoil(self, source: CannedSource) -> CannedSource:
        """As it is."""
        return source

    def attach(self, parts: RunParts, closing: ExitStack) -> None:
        """Nobody looks."""

    def note_line(self, line: SpokenLine) -> None:
        """Nobody listens."""

    def report(self) -> dict[str, Any]:
        """Nothing."""
        return {}
