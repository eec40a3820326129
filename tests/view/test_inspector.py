"""The panel about one townsperson, and where one looks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pygame
import pytest

from llm.types import Tier
from sim.inspection import Asked, Bond, Gauge, Inspection, Said, Slot
from sim.snapshot import Talk
from sim.view.camera import Camera
from sim.view.inspector import Inspector, Page
from sim.view.lookout import Lookout
from sim.view.ui import TIER_COLOURS, load_ui

TOLD = Inspection(
    row=3,
    name="Mira Holt",
    who="baker, 41",
    feels="content",
    why=("Mira is baking bread at the bakery", "Mira feels content"),
    needs=(Gauge("rest", 0.2, 1), Gauge("play", 0.9, 0)),
    bonds=(Bond("Tomas", "close friend", 1), Bond("Molly", "enemy", -1)),
    plan=(Slot("04:30", "work, the bakery", True), Slot("12:00", "eat", False)),
    memories=("baked bread at the bakery; it went well because the oven was in a good mood",),
    talk=tuple(
        Said("Mira" if number % 2 else "Tomas", f"Line number {number} of it.") for number in range(60)
    ),
    prompt=(("persona", 90), ("history", 120)),
    budget=300,
    asked=(Asked("10:32", "local", "embedded", "complete", 620.0, 1900.0, 0.75),),
)


@pytest.fixture
def screen() -> pygame.Surface:
    """A screen that nobody sees."""
    pygame.display.init()
    pygame.font.init()
    return pygame.display.set_mode((1000, 600))


def panel(told: Inspection = TOLD) -> Inspector:
    """Over this person."""
    return Inspector(load_ui(1.0), lambda _row: told, lambda _row: pygame.Surface((48, 72)))


def pixels(screen: pygame.Surface, inspector: Inspector, moment: int = 0) -> bytes:
    """What is seen after one frame."""
    screen.fill((0, 90, 0))
    inspector.draw(screen, 3, moment)
    return pygame.image.tobytes(screen, "RGB")


def test_each_page_tells_something_else_and_they_go_round(screen: pygame.Surface) -> None:
    """Three turns are one round."""
    inspector = panel()
    seen = []
    for _ in Page:
        seen.append(pixels(screen, inspector))
        inspector.turn_page()
    assert len(set(seen)) == len(Page)
    assert pixels(screen, inspector) == seen[0]


def test_it_is_painted_when_there_is_news_and_not_in_each_frame(screen: pygame.Surface) -> None:
    """A hundred frames of one moment are one painting."""
    inspector = panel()
    for _ in range(100):
        pixels(screen, inspector)
    assert inspector.paints == 1
    pixels(screen, inspector, moment=1)
    assert inspector.paints == 2


def test_a_talk_can_be_read_back_to_its_beginning(screen: pygame.Surface) -> None:
    """And no further, in either direction."""
    inspector = panel()
    inspector.page = Page.TALK
    newest = pixels(screen, inspector)
    inspector.scroll_by(20)
    earlier = pixels(screen, inspector)
    assert earlier != newest
    inspector.scroll_by(500)
    oldest = pixels(screen, inspector)
    assert inspector.scroll == 59
    inspector.scroll_by(-500)
    assert oldest != pixels(screen, inspector) == newest


def test_nothing_known_is_no_mistake(screen: pygame.Surface) -> None:
    """Somebody new in town, of whom there is nothing to tell."""
    bare = replace(TOLD, why=(), needs=(), bonds=(), memories=(), talk=(), prompt=(), budget=0, asked=())
    inspector = panel(bare)
    for _ in Page:
        pixels(screen, inspector)
        inspector.turn_page()


def test_the_panel_keeps_the_mouse_to_itself(screen: pygame.Surface) -> None:
    """At the right edge; the town beside it is free."""
    inspector = panel()
    assert inspector.covers(screen, (950, 300))
    assert not inspector.covers(screen, (300, 300))


def test_whoever_moves_the_camera_has_it() -> None:
    """Following and directing end with a hand on the map; Esc goes back a step at a time."""
    lookout = Lookout(Camera.over((2000, 1000), (640, 360), 2), directed=True)
    seen = []
    for act in (
        lookout.toggle_follow,  # nobody was chosen
        lambda: lookout.choose(4),
        lookout.toggle_follow,
        lambda: lookout.pan((5, 5)),
        lookout.toggle_follow,
        lookout.back,
        lookout.back,
    ):
        act()
        seen.append((lookout.chosen, lookout.followed, lookout.is_directed))
    assert seen == [
        (None, None, True), (4, None, True), (4, 4, True), (4, None, False), (4, 4, False), (4, None, False),
        (None, None, False),
    ]  # fmt: skip


def test_it_comes_nearer_to_whom_it_follows_and_what_the_director_shows() -> None:
    """Smoothly, and closer with each frame."""
    positions = np.array([[100.0, 100.0], [1500.0, 800.0], [1540.0, 800.0]])
    for directed in (False, True):
        lookout = Lookout(Camera.over((2000, 1000), (640, 360), 2), directed=directed)
        if not directed:
            lookout.choose(1)
            lookout.toggle_follow()
        ways = []
        for frame in range(60):
            lookout.advance(positions, (Talk(1, (1, 2), 1, 3),), frame / 60)
            ways.append(abs(lookout.camera.centre[0] - 1500))
        assert ways == sorted(ways, reverse=True)
        assert ways[-1] < ways[0] / 2


def test_a_line_that_waited_longer_shows_a_longer_wait(screen: pygame.Surface) -> None:
    """On one scale: the wait is dark, what follows has the colour of its tier."""

    def coloured(wait_ms: float) -> int:
        inspector = panel(replace(TOLD, asked=(replace(TOLD.asked[0], wait_ms=wait_ms),)))
        inspector.page = Page.MIND
        seen = pygame.image.frombytes(pixels(screen, inspector), screen.get_size(), "RGB")
        return pygame.mask.from_threshold(seen, TIER_COLOURS[Tier.LOCAL], (2, 2, 2, 255)).count()

    assert coloured(100.0) > coloured(1000.0) > coloured(1900.0)
