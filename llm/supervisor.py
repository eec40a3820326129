"""Keeps a background thread alive: one that died is replaced, unless two have died in short order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from llm.background import Background
from llm.surroundings import Surroundings
from llm.types import Tier, TierState, TierStatus

_TWICE_WITHIN_NS: Final = 5_000_000_000
_STAYS_DOWN: Final = "the thread of the models has died twice: people speak template lines from now on"
_BEGINS_ANEW: Final = "the thread of the models has died and is started again"


class Supervisor:
    """On the main thread; asking it costs next to nothing."""

    def __init__(
        self, surroundings: Surroundings, notice: Callable[[str], None], clock_ns: Callable[[], int]
    ) -> None:
        self._surroundings = surroundings
        self._notice = notice
        self._clock_ns = clock_ns
        self._last_death_ns: int | None = None
        self.given_up = False
        self.thread = Background(surroundings)
        self.thread.start()

    @property
    def alive(self) -> bool:
        """Whether there is a thread to send anything to."""
        return self.thread.alive

    def find_dead(self) -> bool:
        """Whether the thread has died since we last looked; another is then running, or none ever will be."""
        if self.given_up or self.thread.alive:
            return False
        now_ns = self._clock_ns()
        before_ns, self._last_death_ns = self._last_death_ns, now_ns
        self.given_up = before_ns is not None and now_ns - before_ns < _TWICE_WITHIN_NS
        # nobody else writes the status while no thread lives
        if self.given_up:
            self._publish(TierStatus(TierState.DOWN, detail=_STAYS_DOWN))
            self._notice(_STAYS_DOWN)
        else:
            self._publish(TierStatus(TierState.STARTING, detail="starting again"))
            self._notice(_BEGINS_ANEW)
            self.thread = Background(self._surroundings)
            self.thread.start()
        return True

    def _publish(self, status: TierStatus) -> None:
        """Of every tier that was not off."""
        published = self._surroundings.published
        for tier in (Tier.CLOUD, Tier.LOCAL):
            if published.status(tier).state is not TierState.OFF:
                published.publish(tier, status)
