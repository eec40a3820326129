"""Cues: the whole list of what a model may change in the world.

A word moves pixels; a beginning and an end are facts. Each cue enters the world as a numbered input and is
recorded, so a recording replays with no model at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.reading import Reading
from llm.types import NpcId, Outcome, RequestId, RouteReason, Tier, Why


@dataclass(frozen=True, slots=True)
class BeganSpeaking:
    """The first word of a line became visible."""

    npc: NpcId
    request_id: RequestId
    tier: Tier
    backend: str
    route_reason: RouteReason


@dataclass(frozen=True, slots=True)
class Spoke:
    """A line with visible text has ended; `text` is what was shown, `reading` what it means."""

    npc: NpcId
    request_id: RequestId
    text: str
    outcome: Outcome
    tier: Tier
    why: Why
    reading: Reading


@dataclass(frozen=True, slots=True)
class FellSilent:
    """A question was given up before anything became visible."""

    npc: NpcId
    request_id: RequestId
    why: Why


@dataclass(frozen=True, slots=True)
class Summarised:
    """What a batch of somebody's memories comes to; nobody hears it."""

    npc: NpcId
    request_id: RequestId
    text: str
    tier: Tier


@dataclass(frozen=True, slots=True)
class Reflected:
    """What somebody makes of what they have lived through; nobody hears it."""

    npc: NpcId
    request_id: RequestId
    text: str
    tier: Tier


SpeechCue = BeganSpeaking | Spoke | FellSilent
ThoughtCue = Summarised | Reflected
Cue = SpeechCue | ThoughtCue
