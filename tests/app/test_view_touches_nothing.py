"""A view may be resized, put away, zoomed or slow: the world becomes what it would have become unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pygame
import pytest

from llm.tick_models import TickModels
from sim.app import build
from sim.app.settings import ASSETS
from sim.app.settings_sources import load_settings
from sim.bubbles import BubbleBoard
from sim.hud import HudFacts
from sim.inspecting import inspect
from sim.loop import Loop
from sim.state_hash import state_hash
from sim.view import hands
from sim.view.pygame_view import open_view
from sim.view.stage import Stage
from sim.view_protocol import NullView, View

SEED = 7
TICKS = 900
FRAME_NS = 16_666_667


class Slowly:
    """Time that goes on by a frame each time that somebody waits, and by as much as a slow view takes."""

    def __init__(self) -> None:
        self.now_ns = 0

    def wait(self) -> int:
        """The pacer's: the next frame is due, and nobody is late."""
        self.now_ns += FRAME_NS
        return 0

    def lose(self, lost_ns: int) -> None:
        """Something took its time."""
        self.now_ns += lost_ns


def built(board: BubbleBoard) -> tuple[Loop, Callable[[], View]]:
    """The town with templates alone, and a window onto it for whoever wants one."""
    settings = load_settings(["llm.local.base_url=none"], None).settings
    scenery = build.gather(settings, SEED)
    world = build.build_world(settings, scenery, SEED)
    models = TickModels(build.gate_factory(settings, scenery.personas), None)
    loop = build.build_loop(world, models, board, NullView(), fast=True)
    loop.last_tick = TICKS
    stage = Stage(scenery.town, scenery.roster.persona, partial(inspect, world), board, ASSETS, seed=SEED)
    return loop, lambda: open_view(stage, settings.view, HudFacts)


@pytest.fixture(scope="module")
def unseen() -> str:
    """What the world becomes with nobody looking."""
    loop, _ = built(BubbleBoard())
    loop.run()
    return state_hash(loop.world)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Loop, Slowly]]:
    """The same with a window, paced by a clock of ours; few frames, for each may stand for many ticks."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    loop, window = built(BubbleBoard())
    clock = Slowly()
    loop.view, loop.looks = window(), True
    loop.pacer, loop.now_ns = clock, lambda: clock.now_ns
    yield loop, clock
    loop.view.close()
    pygame.quit()


def resized(frame: int, _clock: Slowly) -> None:
    """Every few frames another size, down to a stamp."""
    if frame % 5 == 0:
        hands.resize(((1280, 720), (320, 240), (1600, 900))[frame // 5 % 3])


def zoomed(frame: int, _clock: Slowly) -> None:
    """The wheel, up and down."""
    hands.turn_wheel(1 if frame // 4 % 2 else -1)


def put_away(frame: int, _clock: Slowly) -> None:
    """Minimised all the while."""
    if frame == 10:
        hands.iconify()


def slow(frame: int, clock: Slowly) -> None:
    """Some frames take a quarter of a second, one takes three: ticks are run together, or given up."""
    clock.lose(3_000_000_000 if frame == 40 else 250_000_000 if frame % 7 == 0 else 0)


@pytest.mark.slow
@pytest.mark.parametrize("troubled", [resized, zoomed, put_away, slow])
def test_the_world_becomes_what_it_would_have_become_unseen(
    unseen: str, seen: tuple[Loop, Slowly], troubled: Callable[[int, Slowly], None]
) -> None:
    """The same state, bit for bit, after the same number of ticks."""
    loop, clock = seen
    loop.after_frame.append(lambda: troubled(loop.statistics.count, clock))
    loop.run()
    assert loop.world.tick == TICKS
    assert state_hash(loop.world) == unseen
