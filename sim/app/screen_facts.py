"""The few facts about the program that a screen shows in each frame."""

from __future__ import annotations

import time

from llm.steady import Steady
from llm.types import Started, Tier, TierState, TierStatus
from sim.app.instruments import Instruments
from sim.app.onlookers import Notices
from sim.console.llm_commands import ModelsDesk
from sim.governor import Shed
from sim.hud import HudFacts
from sim.loop import Loop


class ScreenFacts:
    """Called once a frame."""

    def __init__(self, loop: Loop, desk: ModelsDesk, notices: Notices) -> None:
        self._loop = loop
        self._desk = desk
        self._notices = notices
        self._instruments = Instruments(loop, desk, time.perf_counter_ns)
        self._badge = Steady("")

    def __call__(self) -> HudFacts:
        """As they are now."""
        loop = self._loop
        self._badge.says(
            badge(self._desk.status_of(Tier.LOCAL), self._desk.status_of(Tier.CLOUD)), time.monotonic()
        )
        interval_ns = loop.statistics.last_interval_ns
        return HudFacts(
            work_ms=loop.statistics.last_work_ns / 1e6,
            interval_ms=interval_ns / 1e6,
            fps=1e9 / interval_ns if interval_ns else 0.0,
            speed=loop.clock.speed,
            paused=loop.clock.paused,
            dilated_s=loop.clock.dilated_s,
            tier_badge=self._badge.shown,
            route=route_told(loop.hearing.newest),
            weather=loop.world.weather.word,
            shed=loop.governor.shed if loop.governor else Shed.NOTHING,
            instruments=self._instruments(),
            notice=self._notices.newest,
        )


def badge(local: TierStatus, cloud: TierStatus) -> str:
    """What the screen's badge says of where lines come from."""
    ready = [
        f"{name}: {status.model or status.backend}"
        for name, status in (("local", local), ("cloud", cloud))
        if status.state is TierState.READY
    ]
    if ready:
        return ", ".join(ready)
    told = local.detail or local.state.value
    return told if "template" in told else f"templates: {told}"


def route_told(newest: Started | None) -> str:
    """Which tier speaks the newest line, and why that one."""
    if newest is None:
        return "no line yet"
    tier, backend = newest.tier.value, newest.backend
    speaker = tier if backend == tier else f"{tier} {backend}"
    return f"newest line: {speaker}, {newest.route_reason.value.replace('_', ' ')}"
