"""Everything that enters the world from outside: numbered, stamped with the tick that consumes it.

What the world becomes depends on its seed, its map, its settings and these, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.cues import Cue
from llm.types import NpcId


@dataclass(frozen=True, slots=True)
class SpeedChanged:
    """The world runs faster or slower from now on: deadlines in ticks follow it."""

    speed: float


@dataclass(frozen=True, slots=True)
class TalkWanted:
    """A person outside asks two to eight townspeople to talk; the others walk up to the second of them.

    Who is not free is left out; of fewer than two who are, nothing comes.
    """

    participants: tuple[NpcId, ...]
    topic: str = ""  # id; empty: as they like


@dataclass(frozen=True, slots=True)
class JoinWanted:
    """A person outside wants somebody to join a talk; refused if they are not free or cannot come near."""

    npc: NpcId
    talk: int


@dataclass(frozen=True, slots=True)
class LeaveWanted:
    """A person outside wants somebody to leave the talk they are in, at once."""

    npc: NpcId


@dataclass(frozen=True, slots=True)
class TopicWanted:
    """A person outside wants a talk to turn to something else."""

    talk: int
    topic: str


@dataclass(frozen=True, slots=True)
class LineWanted:
    """A person outside wants somebody in a talk to be the next to speak, and soon."""

    npc: NpcId


@dataclass(frozen=True, slots=True)
class TalksStopped:
    """A person outside wants silence: every talk ends now."""


@dataclass(frozen=True, slots=True)
class SpotlightTurned:
    """Somebody looks at one townsperson in particular from now on, or at nobody."""

    npc: NpcId | None


@dataclass(frozen=True, slots=True)
class PersonCreated:
    """Somebody comes to live here; the table is a whole file of a person. One who had left comes back."""

    table: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PersonUpdated:
    """Somebody is another from now on: the keys of the table take the place of theirs, key by key also in tables within.

    By row, not by id: which ids of a crowd are known depends on who has looked at whom.
    """

    npc: NpcId
    table: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PersonRemoved:
    """Somebody leaves the town for good."""

    npc: NpcId


@dataclass(frozen=True, slots=True)
class TieWanted:
    """A person outside wants one to be more, or less, to another; one way only."""

    npc: NpcId
    other: NpcId
    kind: int  # sim.tie_columns.TieKind
    delta: int  # thousandths


@dataclass(frozen=True, slots=True)
class MemoryCleared:
    """A person outside wants somebody to forget all they remember."""

    npc: NpcId


@dataclass(frozen=True, slots=True)
class WeatherWanted:
    """A person outside wants another weather; the next hour goes on from there."""

    weather: int  # index into agents.template_files.WEATHERS


@dataclass(frozen=True, slots=True)
class EventWanted:
    """A person outside wants something to happen in town now."""

    event: str  # its id


@dataclass(frozen=True, slots=True)
class PaceEased:
    """The program comes near its frames' budget, or no longer does: the world does without something."""

    shed: int  # sim.governor.Shed


PersonChange = PersonCreated | PersonUpdated | PersonRemoved
WorldChange = SpeedChanged | PaceEased | SpotlightTurned | WeatherWanted | EventWanted
TalkWish = TalkWanted | JoinWanted | LeaveWanted | TopicWanted | LineWanted | TalksStopped
Wish = TieWanted | MemoryCleared
PlayerAction = PersonChange | WorldChange | TalkWish | Wish


@dataclass(frozen=True, slots=True)
class Input:
    """One thing from outside."""

    seq: int  # one order across all sources, so a recording replays
    tick: int  # the step that consumes it
    what: PlayerAction | Cue
