"""Row 45: servers of all tiers come and go in random order, and the town talks on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest

from llm.steady import MOST_CHANGES, WITHIN_S, Steady
from llm.tiers import real_tiers
from llm.types import Priority, RequestId, Tier
from sim.app.screen_facts import badge
from sim.chance import Chance
from tests.faults.scripts import WELL
from tests.faults.stand import CANARY, Stand, check, free_port, stand_before
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.slow

_LINE_EVERY_S: Final = 0.25
_SPOTLIGHT_EVERY: Final = 4  # lines


@dataclass(slots=True)
class _Place:
    """A port on which a server is or is not."""

    port: int = field(default_factory=free_port)
    server: ModelServer | None = None
    turns_s: float = 0.0

    def turn(self, now_s: float, pause_s: float) -> None:
        """Come or go, when it is time to."""
        if now_s < self.turns_s:
            return
        self.turns_s = now_s + pause_s
        if self.server is None:
            self.come()
        else:
            self.go()

    def come(self) -> None:
        """Be there."""
        if self.server is None:
            self.server = ModelServer(WELL, self.port)
            self.server.__enter__()

    def go(self) -> None:
        """Be gone, in the middle of whatever it was saying."""
        if self.server is not None:
            self.server.kill()
        self.server = None


@contextmanager
def _places(count: int) -> Iterator[list[_Place]]:
    places = [_Place() for _ in range(count)]
    try:
        yield places
    finally:
        for place in places:
            place.go()


def _ask(stand: Stand) -> RequestId:
    is_spotlight = stand.asked % _SPOTLIGHT_EVERY == 0
    return stand.ask(priority=Priority.SPOTLIGHT if is_spotlight else Priority.VISIBLE)


def _swizzle(stand: Stand, places: list[_Place], seconds: float, pause_s: float) -> list[float]:
    """Ask for so long, while the servers come and go; when the badge changed."""
    chance, word, changed = Chance(45), Steady(""), []
    ends_s, asks_s = time.monotonic() + seconds, 0.0
    while (now_s := time.monotonic()) < ends_s:
        for place in places:
            place.turn(now_s, pause_s * (0.5 + chance.below(1000) / 1000))
        if now_s >= asks_s:
            asks_s = now_s + _LINE_EVERY_S
            _ask(stand)
        told = badge(stand.bridge.status_of(Tier.LOCAL), stand.bridge.status_of(Tier.CLOUD))
        if word.says(told, now_s):
            changed.append(now_s)
        stand.wait(1 / 60)
    return changed


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    ("seconds", "pause_s", "probe_s"),
    [(15.0, 1.5, 3.0), pytest.param(600.0, 8.0, 14.0, marks=pytest.mark.by_hand)],
)
def test_45_all_tiers_come_and_go(seconds: float, pause_s: float, probe_s: float) -> None:
    """Nobody is silent past the deadline, the badge is calm, and who stays is used again within a probe.

    A probe's period is the longest rest or pause with its jitter, and the time of a line.
    """
    with _places(3) as places:
        first, second, third = (f"http://127.0.0.1:{place.port}/v1" for place in places)
        local, cloud = {"base_url": [first, second]}, {"base_url": third, "api_key": CANARY}
        with stand_before(first, make_tiers=real_tiers, local=local, cloud=cloud) as stand:
            changed = _swizzle(stand, places, seconds, pause_s)
            asked = stand.asked
            lines = [stand.of(RequestId(number + 1)) for number in range(asked)]
            stand.until(lambda: all(line.end is not None for line in lines))
            for line in lines:
                check(line)
            assert {line.tier for line in lines} == {Tier.CLOUD, Tier.LOCAL, Tier.TEMPLATE}
            assert all(
                seventh - one >= WITHIN_S
                for one, seventh in zip(changed, changed[MOST_CHANGES:], strict=False)
            )
            places[0].come()
            stand.come_back(probe_s)
            for place in places:
                place.go()
