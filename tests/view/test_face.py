"""Text in any script: as far as there are fonts, and never as boxes."""

from __future__ import annotations

import pygame
import pytest

from sim.view.face import Face, fonts_behind

BLACK = pygame.Color("black")


@pytest.fixture
def face() -> Face:
    """The bundled font, with those of this machine behind it."""
    pygame.font.init()
    return Face(pygame.font.Font(None, 16), fonts_behind(16))


def dots(picture: pygame.Surface) -> int:
    """How much ink there is."""
    return pygame.mask.from_surface(picture).count()


@pytest.mark.parametrize(
    "text", ["plain words", "café — “quoted”…", "Привет", "你好", "a 🦆 b", "\u0378", "", "مرحبا"]
)
def test_what_is_drawn_is_as_large_as_it_is_said_to_be(face: Face, text: str) -> None:
    """So that lines break where they should, and bubbles fit."""
    assert face.render(text, True, BLACK).get_width() == face.size(text)[0]


def test_plain_words_are_the_fonts_own(face: Face) -> None:
    """Pixel by pixel."""
    pygame.font.init()
    plain = pygame.font.Font(None, 16).render("plain words", True, BLACK)
    mine = face.render("plain words", True, BLACK)
    assert pygame.image.tobytes(mine, "RGBA") == pygame.image.tobytes(plain, "RGBA")


def test_what_no_font_has_is_no_box() -> None:
    """A picture is left out, a letter becomes a dot."""
    pygame.font.init()
    alone = Face(pygame.font.Font(None, 16))
    assert alone.size("a\U0001f986b") == alone.size("ab")
    assert 0 < dots(alone.render("\u0915", True, BLACK)) < dots(alone.render("a", True, BLACK))


def test_empty_text_is_no_mistake(face: Face) -> None:
    """A line that holds nothing but a picture that nobody has."""
    assert face.render("\u0378", True, BLACK).get_width() == face.size("\u0378")[0]
