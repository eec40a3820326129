"""Letters put down one by one look as if they had been put down at once, and the font draws each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.view.glyphs import Glyphs, Written, stands_alone
from sim.view.text import Line, wrap
from sim.view.ui import INK, PAPER, load_ui

SAID: Final = (
    'The quick jay: AVATAR, "Yes" — Tomás. fjord? ffi jj. And so on we go, down to the mill by the river.'
)
WIDE: Final = 200
MARGIN: Final = 6


@pytest.fixture(scope="module", autouse=True)
def glyphs() -> Glyphs:
    """Of the font in which people speak."""
    pygame.font.init()
    return Glyphs(load_ui(1.0).body, INK)


def empty(size: tuple[int, int]) -> pygame.Surface:
    """A sheet of paper."""
    sheet = pygame.Surface(size, pygame.SRCALPHA)
    sheet.fill(PAPER)
    return sheet


def pixels(written: Written) -> tuple[tuple[int, int], bytes]:
    """What has been written, and how large it is."""
    return written.picture.get_size(), pygame.image.tobytes(written.picture, "RGB")


def at_once(glyphs: Glyphs, lines: Sequence[Line], revealed: int) -> tuple[tuple[int, int], bytes]:
    """A text that nobody watched growing."""
    written = Written(glyphs, empty, MARGIN)
    written.write(lines, revealed)
    return pixels(written)


@given(stops=st.lists(st.integers(0, len(SAID)), max_size=8))
def test_however_it_grows_it_looks_the_same(glyphs: Glyphs, stops: list[int]) -> None:
    """Also when it goes back, as when somebody is cut short."""
    lines = wrap(SAID, WIDE, glyphs.width)
    written = Written(glyphs, empty, MARGIN)
    for stop in stops:
        written.write(lines, stop)
        assert pixels(written) == at_once(glyphs, lines, stop)


@given(
    st.lists(
        st.sampled_from([*SAID.split(), "", "a" * 60, "नमस्ते", "שלום", "日本語"]), min_size=1, max_size=14
    )
)
def test_words_that_arrive_may_move_a_line_and_nothing_stays_behind(glyphs: Glyphs, words: list[str]) -> None:
    """After each word the same as a text that was whole from the beginning."""
    written, lines = Written(glyphs, empty, MARGIN), tuple[Line, ...]()
    for count in range(1, len(words) + 1):
        text = " ".join(words[:count])
        lines = wrap(text, WIDE, glyphs.width)
        written.write(lines, len(text))
        assert pixels(written) == at_once(glyphs, lines, len(text))


def test_a_line_is_as_wide_as_the_font_would_have_it(glyphs: Glyphs) -> None:
    """Kerned pair by pair: within a pixel or two of the whole."""
    for line in wrap(SAID, WIDE, glyphs.width):
        assert abs(glyphs.width(line.text) - glyphs.font.size(line.text)[0]) <= 2
        assert glyphs.width(line.text) <= WIDE
    assert glyphs.width("") == 0


def test_the_font_draws_each_letter_once() -> None:
    """However often it is said."""
    fresh = Glyphs(load_ui(1.0).body, INK)
    lines = wrap(SAID, WIDE, fresh.width)
    for _ in range(5):
        Written(fresh, empty, MARGIN).write(lines, len(SAID))
    assert fresh.rendered == len(set(SAID) - {" "})
    assert fresh.asked > 4 * fresh.rendered


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        *(("plain", True), ("Żółć — “so”", True), ("Ελλάδα, Москва", True), ("日本語、한국어", True)),
        *(("नमस्ते", False), ("שלום", False), ("สวัสดี", False), ("e\u0301", False), ("👩\u200d🌾", False)),
    ],
)
def test_only_scripts_whose_letters_stand_alone_are_put_together(text: str, alone: bool) -> None:
    """The others change beside each other, and are drawn by the line."""
    assert stands_alone(text) is alone
