"""The sky as it is now."""

from __future__ import annotations

from dataclasses import dataclass

from agents.template_files import WEATHERS
from sim.chance import Chance


@dataclass(slots=True)
class Weather:
    """Its chance is its own, so that the same seed has the same sky whatever people do."""

    chance: Chance
    now: int = 0  # index into WEATHERS
    since: int = 0  # the tick at which it became so

    @property
    def word(self) -> str:
        """Its name."""
        return WEATHERS[self.now]
