"""What a window shows, handed to it whole: the town, its people and their words, and where else to look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agents.persona import Persona
from sim.bubbles import BubbleBoard
from sim.console_feed import ConsoleFeed
from sim.inspection import Inspection
from sim.town import Town


@dataclass(frozen=True, slots=True)
class Stage:
    """What there is to be shown."""

    town: Town
    who: Callable[[int], Persona]  # by row
    inspect: Callable[[int], Inspection]  # all that is told of somebody
    bubbles: BubbleBoard
    assets: Path
    console: ConsoleFeed = field(default_factory=ConsoleFeed)
    seed: int = 0
    help_first: bool = False  # the keys are shown before anything was pressed
