"""Everything that enters the world from outside: numbered, stamped with the tick that consumes it.

What the world becomes depends on its seed, its map, its settings and these, and on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.cues import Cue
from llm.types import NpcId


@dataclass(frozen=True, slots=True)
class SpeedChanged:
    """The world runs faster or slower from now on: deadlines in ticks follow it."""

    speed: float


@dataclass(frozen=True, slots=True)
class TalkWanted:
    """A person outside asks two townspeople to talk; refused if either is not free."""

    first: NpcId
    second: NpcId


@dataclass(frozen=True, slots=True)
class SpotlightTurned:
    """Somebody looks at one townsperson in particular from now on, or at nobody."""

    npc: NpcId | None


PlayerAction = SpeedChanged | TalkWanted | SpotlightTurned


@dataclass(frozen=True, slots=True)
class Input:
    """One thing from outside."""

    seq: int  # one order across all sources, so a recording replays
    tick: int  # the step that consumes it
    what: PlayerAction | Cue
