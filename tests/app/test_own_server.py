from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from llm.bridge import Bridge
from llm.types import Tier, TierState
from sim.app.settings_sources import load_settings
from sim.hearing import SpokenLine
from sim.loop import Loop
from sim.pacer import FramePacer
from tests.support.model_server import Exchange, ModelServer, serve_pages
from tests.support.running import gate, running

pytestmark = pytest.mark.slow
_PATIENCE_S = 30.0
_LONG_FRAME_MS = 50.0


class Server:
    """A script that says half a line, waits until that half was seen in a bubble, and says the rest."""

    def __init__(self) -> None:
        self.half_was_seen = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        """Answer one request."""
        if serve_pages(exchange):
            return
        exchange.head()
        for word in ("Good ", "morning ", "to you, "):
            exchange.word(word)
        self.half_was_seen.wait(_PATIENCE_S)
        for word in ("neighbour, ", "says ", "my ", "server."):
            exchange.word(word)
        exchange.finish()


def run_until(loop: Loop, wanted: Callable[[], bool]) -> None:
    """Frames at sixty a second until something has happened."""
    pacer, until_s = FramePacer(), time.monotonic() + _PATIENCE_S
    before_ns = loop.now_ns()
    while not wanted():
        assert time.monotonic() < until_s, "it never happened"
        pacer.wait()
        began_ns = loop.now_ns()
        loop.frame(began_ns - before_ns)
        before_ns = began_ns


def test_a_server_of_ones_own_speaks_streams_and_may_die() -> None:
    """Its words grow in a bubble in more than one step; when it is killed, templates go on, and no frame was held up."""
    script, spoken, grown = Server(), list[SpokenLine](), list[str]()
    with ModelServer(script) as server:
        environment = {"TWITCHMAN_LLM__LOCAL__BASE_URL": f"{server.root}/v1"}
        settings = load_settings(environment=environment).settings
        with Bridge(settings.llm, gate) as bridge:
            loop = running(models=bridge)

            def look_on() -> None:
                spoken.extend(loop.hearing.take_spoken(loop.world.tick))
                for bubble in loop.hearing.bubbles.showing():
                    if bubble.tier is Tier.LOCAL and bubble.text and bubble.text not in grown[-1:]:
                        grown.append(bubble.text)
                        script.half_was_seen.set()

            loop.after_frame.append(look_on)
            run_until(loop, lambda: any(line.started.backend == "openai_compatible" for line in spoken))
            first = next(line for line in spoken if line.started.backend == "openai_compatible")
            assert first.text == "Good morning to you, neighbour, says my server."
            steps = [text for text in grown if first.text.startswith(text)]
            assert len(set(steps)) >= 2

            server.kill()
            before = len(spoken)
            run_until(loop, lambda: sum(line.started.tier is Tier.TEMPLATE for line in spoken[before:]) >= 2)
            assert bridge.status().state is not TierState.READY
            assert loop.statistics.work_cpu.max_ms < _LONG_FRAME_MS
