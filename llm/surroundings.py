"""What outlives a background thread: settings, the gate, the way to make tiers, clocks, and what is published."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from llm.protocol import GateFactory
from llm.published import Published
from llm.right_of_way import RightOfWay
from llm.settings import LlmSettings
from llm.tier_door import SlottedBackend, Tiers

_CHANCES: Final = 1 << 16


def any_chance() -> float:
    """From 0 to 1; spreads pauses, decides nothing in the world."""
    return secrets.randbelow(_CHANCES) / _CHANCES


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Handed from one life of the thread to the next."""

    settings: LlmSettings
    gate: GateFactory
    make_tiers: Callable[[], Tiers]
    published: Published
    now_s: Callable[[], float]  # monotonic
    listen_in: Callable[[SlottedBackend], SlottedBackend]  # for who records what backends say; else the same
    chance: Callable[[], float] = any_chance
    right_of_way: RightOfWay = field(default_factory=RightOfWay)
