from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pygame
import pytest

from llm.types import Outcome, RequestId, Tier
from sim.bubbles import BubbleBoard
from sim.view.bubbles import Bubbles
from sim.view.camera import Camera
from sim.view.ui import load_ui

FRAME_S = 1 / 60
HEADS = np.array([[320.0, 240.0], [400.0, 240.0]])
NOBODY = np.zeros(2, dtype=np.bool_)


class Stage:
    """A screen without a display, two heads, and a clock that a test moves."""

    def __init__(self) -> None:
        self.board = BubbleBoard()
        self.bubbles = Bubbles(self.board, load_ui(1.0), text_speed=40.0)
        self.screen = pygame.Surface((640, 480))
        self.camera = Camera.over((640, 480), (640, 480), 1)
        self.now_s = 100.0

    def frames(self, count: int, thinking: np.typing.NDArray[np.bool_] = NOBODY) -> dict[int, pygame.Rect]:
        """Draw so many frames; where the bubbles lie in the last."""
        placed: dict[int, pygame.Rect] = {}
        for _ in range(count):
            self.now_s += FRAME_S
            placed = self.bubbles.draw(self.screen, self.camera, HEADS, thinking, self.now_s)
        return placed

    def say(self, text: str, request: int = 1) -> None:
        """Open a bubble over the first head."""
        self.board.begin(0, RequestId(request), Tier.LOCAL)
        self.board.append(0, RequestId(request), text)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Fonts on, no window."""
    pygame.font.init()
    yield Stage()
    pygame.font.quit()


def test_a_bubble_grows_as_words_stream_in(stage: Stage) -> None:
    """In more than one step, and never back."""
    stage.say("Good ")
    widths = []
    for piece in ("morning, ", "Tomas, ", "how is ", "the forge ", "today?"):
        widths.append(stage.frames(12)[0].width)
        stage.board.append(0, RequestId(1), piece)
    assert widths == sorted(widths)
    assert len(set(widths)) >= 4


def test_unchanged_text_is_not_rendered_again(stage: Stage) -> None:
    """Once all is shown, frames cost neither a font call nor a new picture."""
    stage.say("The rye came out dark today, just how old Tomas likes it.")
    stage.board.settle(0, RequestId(1), Outcome.COMPLETE)
    stage.frames(120)
    renders, pictures = stage.bubbles.renders, stage.bubbles.pictures_made
    stage.frames(60)
    assert (stage.bubbles.renders, stage.bubbles.pictures_made) == (renders, pictures)
    assert renders <= len(set("The rye came out dark today, just how old Tomas likes it."))


def test_a_bubble_stays_for_a_readable_time_and_then_goes(stage: Stage) -> None:
    """60 characters: 1.5 s to type, 4 s to read, 0.4 s to fade."""
    stage.say("x" * 59 + ".")
    stage.board.settle(0, RequestId(1), Outcome.COMPLETE)
    assert stage.frames(int(5.4 * 60))
    assert not stage.frames(int(0.7 * 60))
    assert stage.board.showing() == ()


def test_a_bubble_does_not_go_before_its_line_has_ended(stage: Stage) -> None:
    """A slow model's words wait for their end."""
    stage.say("Well")
    assert stage.frames(60 * 20)


def test_a_new_line_takes_the_place_of_the_old_one(stage: Stage) -> None:
    """One bubble a head; the new one begins at its first character."""
    stage.say("A long line that was said before this one and is still to be read.")
    stage.board.settle(0, RequestId(1), Outcome.COMPLETE)
    wide = stage.frames(200)[0].width
    stage.say("No.", request=2)
    assert stage.frames(10)[0].width < wide


def test_somebody_who_thinks_shows_dots(stage: Stage) -> None:
    """Until the first word is there; no bubble is ever blank."""
    thinking = np.array([True, False])
    assert set(stage.frames(3, thinking)) == {0}
    stage.say("Hm.")
    assert set(stage.frames(30, thinking)) == {0}


def test_who_is_far_off_the_screen_has_no_bubble_on_it(stage: Stage) -> None:
    """A voice without a face would only confuse."""
    stage.say("Hello?")
    stage.camera = Camera(2000.0, 2000.0, 1, (640, 480), (4000, 4000))
    assert stage.frames(5) == {}


@pytest.mark.parametrize("text", ["wordwithoutanyblank" * 12, "é ü ñ ß 漢字 😀 " * 10, "a", "…"])
def test_any_text_fits(stage: Stage, text: str) -> None:
    """Long words are cut, unknown glyphs do not fail, and the bubble stays on the screen."""
    stage.say(text)
    rect = stage.frames(600)[0]
    assert stage.screen.get_rect().contains(rect)
