"""Everything that a person wants to know of one townsperson, as values: what an inspector shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gauge:
    """A bar."""

    name: str
    share: float  # 0 to 1
    band: int  # 0 well, 1 low, 2 critical
    figure: str = ""  # beside it; empty: hundredths


@dataclass(frozen=True, slots=True)
class Bond:
    """What somebody is to them."""

    name: str
    words: str
    trend: int  # of the last changes: 1 better, -1 worse, 0 neither


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of the day's plan."""

    time: str
    what: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the talk that they are in."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One line that they said, as its request went."""

    time: str  # of the day, when it had been said
    tier: str
    backend: str
    outcome: str
    wait_ms: float  # from the question to the first visible word
    whole_ms: float  # to the end
    cached: float | None  # share of the prompt that the server had kept, where it tells


@dataclass(frozen=True, slots=True)
class Inspection:
    """One person, one moment."""

    row: int
    name: str
    who: str
    feels: str
    why: tuple[str, ...]
    needs: tuple[Gauge, ...]  # the emptiest first
    bonds: tuple[Bond, ...]  # the warmest first
    plan: tuple[Slot, ...]
    memories: tuple[str, ...]  # newest first
    talk: tuple[Said, ...]
    prompt: tuple[tuple[str, int], ...]  # parts of the last line's prompt, in tokens
    budget: int  # of that prompt; 0 where there was none
    asked: tuple[Asked, ...] = ()  # newest first
