"""The look of everything that is not the town itself: one palette, one set of fonts, one unit of length.

Nothing outside this file names a colour or a point size.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Final

import pygame

from llm.types import Tier
from sim.view.face import Face, fonts_behind

INK: Final = pygame.Color("#38273f")  # outlines and text on paper: the art palette's own outline
PAPER: Final = pygame.Color("#fdf7e8")
PAPER_SHADE: Final = pygame.Color("#e6dac6")  # the lower edge of a bubble
FADED_INK: Final = pygame.Color("#7d6b80")
SHADOW: Final = pygame.Color(42, 28, 58, 85)
NIGHT: Final = pygame.Color("#2a2035")  # panels of the program: bar, card, help
NIGHT_EDGE: Final = pygame.Color("#4a3a58")
CREAM: Final = pygame.Color("#f1e2c3")  # text on panels
MUTED: Final = pygame.Color("#b3a3b4")
GOLD: Final = pygame.Color("#f3cb4f")
CORAL: Final = pygame.Color("#e0685c")
LEAF: Final = pygame.Color("#85b757")
TEAL: Final = pygame.Color("#3c958a")
BLUE: Final = pygame.Color("#4c80c6")
AMBER: Final = pygame.Color("#c98a22")
BEYOND: Final = pygame.Color("#2b3d3a")  # past the edge of the map

TIER_COLOURS: Final = {Tier.LOCAL: TEAL, Tier.CLOUD: BLUE, Tier.TEMPLATE: AMBER}

_REGULAR: Final = ("dejavusans", "notosans", "segoeui", "verdana", "liberationsans", "helveticaneue", "arial")
_BODY_PX: Final = 14
_SMALL_PX: Final = 11
_QUIET_PX: Final = 12
_TITLE_PX: Final = 18
_BUNDLED_SHARE: Final = 0.69  # of the size asked for, measured with pygame 2.6


@dataclass(frozen=True, slots=True)
class Ui:
    """Fonts and lengths at one scale."""

    unit: int  # the UI's own pixel: outlines are one, corners two
    small: Face
    quiet: Face  # of what is whispered
    body: Face
    bold: Face
    title: Face

    def px(self, length: float) -> int:
        """A length in half units, so that panels grow with the fonts."""
        return round(length * self.unit / 2)


def load_ui(scale: float) -> Ui:
    """Choose the fonts of this machine; pygame's bundled one where it has none of ours."""
    plain, bold = _match(bold=False), _match(bold=True)
    return Ui(
        unit=max(1, round(2 * scale)),
        small=_font(bold, _SMALL_PX * scale),
        quiet=_font(plain, _QUIET_PX * scale),
        body=_font(plain, _BODY_PX * scale),
        bold=_font(bold, _BODY_PX * scale),
        title=_font(bold, _TITLE_PX * scale),
    )


def _font(path: str | None, size: float) -> Face:
    """The bundled font is drawn smaller than it is asked to be; what is asked for makes up for it."""
    first = pygame.font.Font(path, round(size if path else size / _BUNDLED_SHARE))
    return Face(first, fonts_behind(round(size)))


def _match(*, bold: bool) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # pygame warns where the system has no list of fonts; we have a fallback
        found = pygame.font.match_font(_REGULAR, bold=bold)
    return None if found is None else str(found)
