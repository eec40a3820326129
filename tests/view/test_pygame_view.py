from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import pygame
import pytest

from llm.types import Outcome, RequestId, Tier
from sim.app.build import build_world, gather
from sim.app.settings import ASSETS, Settings
from sim.bubbles import BubbleBoard
from sim.hud import HudFacts
from sim.inspecting import inspect
from sim.step import step
from sim.view.display import ViewError, interface_scale, open_display
from sim.view.pygame_view import PygameView
from sim.view.settings import ViewSettings
from sim.view.stage import Stage
from sim.view_protocol import Follow, Quit, SetPaused, SetSpeed
from sim.world import World

pytestmark = pytest.mark.slow
VIEW = ViewSettings(width=640, height=480)


class Opened:
    """A window on SDL's dummy driver over the real town, with a clock that moves a sixtieth a frame."""

    def __init__(self) -> None:
        settings = Settings()
        scenery = gather(settings, 7)
        self.world: World = build_world(settings, scenery, 7)
        self.board = BubbleBoard()
        frames = itertools.count(0, 16_666_667)
        stage = Stage(scenery.town, scenery.roster.persona, partial(inspect, self.world), self.board, ASSETS)
        facts = HudFacts(work_ms=2.0, fps=60.0, tier_badge="local: small", notice="something happened")
        self.view = PygameView(open_display(VIEW), stage, VIEW, lambda: facts, lambda: next(frames))
        self.shot = self.world.snapshot()

    def frame(self) -> None:
        """One tick, and one picture of it."""
        previous, self.shot = self.shot, step(self.world, ()).snapshot()
        self.view.draw(previous, self.shot, 0.5)
        self.view.present()

    def picture(self) -> bytes:
        """What is on the screen."""
        return pygame.image.tobytes(pygame.display.get_surface(), "RGB")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """An open window, closed afterwards."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    window = Opened()
    yield window
    window.view.close()


def press(key: int, modifiers: int = 0) -> None:
    """A key goes down."""
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=modifiers, unicode="", scancode=0))


def test_two_seconds_of_town_are_drawn(opened: Opened) -> None:
    """People, a bubble and the instruments; the picture changes as they move and speak."""
    opened.frame()
    before = opened.picture()
    opened.board.begin(3, RequestId(1), Tier.TEMPLATE)
    opened.board.append(3, RequestId(1), "The rye came out dark today.")
    opened.board.settle(3, RequestId(1), Outcome.COMPLETE)
    for _ in range(120):
        opened.frame()
    assert opened.picture() != before


@pytest.mark.parametrize(
    ("key", "modifiers", "wants"),
    [
        (pygame.K_SPACE, 0, SetPaused(paused=True)),
        (pygame.K_3, 0, SetSpeed(4.0)),
        (pygame.K_RIGHTBRACKET, 0, SetSpeed(2.0)),
        (pygame.K_q, pygame.KMOD_LCTRL, Quit()),
    ],
)
def test_keys_ask_the_loop_and_never_the_world(
    opened: Opened, key: int, modifiers: int, wants: object
) -> None:
    """What the person does comes out of `poll` as a wish."""
    opened.frame()
    opened.view.poll()
    press(key, modifiers)
    assert opened.view.poll() == [wants]


@pytest.mark.parametrize(
    "key",
    [
        pygame.K_PLUS,
        pygame.K_MINUS,
        pygame.K_F1,
        pygame.K_F3,
        pygame.K_n,
        pygame.K_f,
        pygame.K_ESCAPE,
        pygame.K_F11,
    ],
)
def test_keys_that_only_look_change_nothing_but_the_picture(opened: Opened, key: int) -> None:
    """Pressed twice, drawn in between, nothing is asked of the loop."""
    opened.frame()
    opened.view.poll()
    for _ in range(2):
        press(key)
        assert opened.view.poll() == []
        opened.frame()


def test_zooming_looking_around_and_resizing_are_drawn(opened: Opened) -> None:
    """Wheel both ways and sideways, drag, another size."""
    for event in (
        pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=1, which=0),
        pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=-1, which=0),
        pygame.event.Event(pygame.MOUSEWHEEL, x=1, y=0, which=0),
        pygame.event.Event(pygame.MOUSEMOTION, pos=(10, 10), rel=(40, 30), buttons=(1, 0, 0)),
        pygame.event.Event(pygame.VIDEORESIZE, size=(800, 500), w=800, h=500),
    ):
        pygame.event.post(event)
        assert opened.view.poll() == []
        opened.frame()


def test_a_click_chooses_somebody_and_shows_who_they_are(opened: Opened) -> None:
    """The card in the corner; Esc lets go."""
    opened.frame()
    opened.view.poll()
    plain = opened.picture()
    camera = opened.view._lookout.camera
    row = min(range(25), key=lambda row: abs(opened.shot.position[row] - camera.centre).sum())
    x, y = opened.shot.position[row].tolist()
    spot = camera.to_screen((x, y - 10))
    for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
        pygame.event.post(pygame.event.Event(kind, pos=spot, button=pygame.BUTTON_LEFT))
    opened.view.poll()
    opened.frame()
    chosen = opened.view._lookout.chosen
    assert chosen is not None
    assert opened.picture() != plain
    press(pygame.K_f)
    assert opened.view.poll() == [Follow(chosen)]
    assert opened.view.poll() == []
    press(pygame.K_ESCAPE)
    assert opened.view.poll() == [Follow(None)]


def test_a_picture_is_saved_and_a_full_disk_is_only_told(
    opened: Opened, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In a thread; closing waits for it."""
    opened.frame()
    opened.view.screenshot(tmp_path / "town.png")
    opened.view.screenshot(tmp_path / "no folder" / "town.png")
    opened.view.close()
    assert (tmp_path / "town.png").read_bytes().startswith(b"\x89PNG")
    assert "screenshot.not_saved" in caplog.text


def test_without_a_display_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """SDL is not asked where nobody could see what it draws."""
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ViewError, match="no display was found"):
        open_display(VIEW)


@pytest.mark.parametrize(
    ("wished", "desktop", "scale"),
    [
        ("auto", (1920, 1080), 1.0),
        ("auto", (3840, 2160), 2.0),
        (1.5, (3840, 2160), 1.5),
        (1.0, (3840, 2160), 1.0),
    ],
)
def test_panels_are_larger_on_a_fine_desktop_unless_somebody_has_a_wish(
    monkeypatch: pytest.MonkeyPatch, wished: float | Literal["auto"], desktop: tuple[int, int], scale: float
) -> None:
    """Twice as large from 1,800 lines on."""
    monkeypatch.setattr(pygame.display, "get_desktop_sizes", lambda: [desktop])
    assert interface_scale(wished) == scale
