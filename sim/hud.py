"""The few facts that a screen shows about the program itself. Frozen; made by whoever runs the loop."""

from __future__ import annotations

from dataclasses import dataclass

from sim.governor import Shed


@dataclass(frozen=True, slots=True)
class HudFacts:
    """One frame's worth of instruments."""

    work_ms: float = 0.0  # of the last frame
    interval_ms: float = 0.0  # from its start to the next one's
    fps: float = 0.0
    speed: float = 1.0
    paused: bool = False
    dilated_s: float = 0.0
    tier_badge: str = ""  # "local: smollm2-135m-instruct", "templates: model starting" …
    route: str = ""  # of the newest line: which tier speaks it, and why that one
    weather: str = ""  # one word
    shed: Shed = Shed.NOTHING  # what is done without, while frames come near their budget
    instruments: tuple[str, ...] = ()  # what the program tells of itself, a line each
    notice: str = ""  # the newest one-line fact for the person, or empty
