"""Text that grows, and points that are many: the short way gives what the long one does."""

from __future__ import annotations

import numpy as np
import pygame
from hypothesis import given
from hypothesis import strategies as st

from sim.view.camera import Camera
from sim.view.placing import Placer, Wanted
from sim.view.text import Line, wrap

_WORDS = st.lists(st.text(alphabet="abcdefghi ,.é", min_size=1, max_size=14), min_size=1, max_size=14)


@given(_WORDS, st.integers(3, 30))
def test_lines_of_a_text_that_grew_are_those_of_the_whole(parts: list[str], width: int) -> None:
    """However it came."""
    text = ""
    lines: tuple[Line, ...] = ()
    for part in parts:
        text += part
        lines = wrap(text, width, len, lines)
        assert lines == wrap(text, width, len)


@given(
    st.lists(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)), min_size=1, max_size=20),
    st.integers(1, 4),
    st.floats(-300, 900),
)
def test_many_points_are_where_each_is(points: list[tuple[float, float]], zoom: int, left: float) -> None:
    """To the pixel."""
    camera = Camera(left, 40.25, zoom, (640, 360), (2000, 1000))
    many = camera.to_screen_many(np.array(points))
    assert [tuple(point) for point in many] == [camera.to_screen(point) for point in points]


@given(
    st.lists(st.tuples(st.integers(60, 1200), st.integers(120, 660)), min_size=1, max_size=12, unique=True)
)
def test_twelve_bubbles_never_lie_on_each_other(heads: list[tuple[int, int]]) -> None:
    """Wherever those who speak stand, on a screen that has room for them."""
    screen = pygame.Rect(0, 40, 1280, 680)
    wanted = [Wanted(number, (180, 52), head) for number, head in enumerate(heads)]
    placed = Placer().place(wanted, screen)
    for number, one in placed.items():
        assert screen.contains(one)
        assert not any(one.colliderect(other) for key, other in placed.items() if key != number)
