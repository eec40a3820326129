"""The paper that words stand on: panels, tails, badges and dots, in the UI's own chunky pixels.

Everything here is drawn once and kept; the shapes know nothing of speakers or time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import pygame

from llm.types import Tier
from sim.view import ui
from sim.view.ui import Ui

_BADGES: Final = {  # five by five UI pixels: a chip, a cloud, lines of a page
    Tier.LOCAL: ("x.x.x", ".xxx.", "xxxxx", ".xxx.", "x.x.x"),
    Tier.CLOUD: (".....", ".xx..", "xxxx.", "xxxxx", "....."),
    Tier.TEMPLATE: ("xxxxx", ".....", "xxxx.", ".....", "xxx.."),
}
_TAIL_REACH: Final = 30  # UI pixels: a tail longer than this only hints at the speaker
_DOTS: Final = 3

Vector = tuple[int, int]


def notched(
    target: pygame.Surface, rect: pygame.Rect, colour: pygame.Color, unit: int, corner: tuple[int, ...]
) -> None:
    """Fill a rectangle whose corners step inwards: `corner` holds each edge row's inset in UI pixels."""
    for row, inset in enumerate(corner):
        strip = pygame.Rect(
            rect.left + inset * unit, rect.top + row * unit, rect.width - 2 * inset * unit, unit
        )
        target.fill(colour, strip)
        target.fill(colour, strip.move(0, rect.height - (2 * row + 1) * unit))
    target.fill(colour, rect.inflate(0, -2 * len(corner) * unit))


def panel(size: Vector, unit: int, edge: pygame.Color, face: pygame.Color) -> pygame.Surface:
    """A panel with rounded corners, an outline, and a shadow one UI pixel deep."""
    width, height = size
    made = pygame.Surface((width, height + unit), pygame.SRCALPHA)
    body = pygame.Rect(0, 0, width, height)
    notched(made, body.move(0, unit), ui.SHADOW, unit, (2, 1))
    notched(made, body, edge, unit, (2, 1))
    notched(made, body.inflate(-2 * unit, -2 * unit), face, unit, (1,))
    return made.convert_alpha()


def paper(size: Vector, unit: int) -> pygame.Surface:
    """A bubble without its tail; the lower edge lies in the shade."""
    made = panel(size, unit, ui.INK, ui.PAPER)
    made.fill(ui.PAPER_SHADE, (2 * unit, size[1] - 2 * unit, size[0] - 4 * unit, unit))
    return made


class BubbleArt:
    """What all bubbles share."""

    def __init__(self, look: Ui) -> None:
        self.look = look
        self.badges = {tier: _badge(rows, ui.TIER_COLOURS[tier], look.unit) for tier, rows in _BADGES.items()}
        self.dots = [_dots(phase, look.unit) for phase in range(_DOTS + 1)]
        self.tail = lru_cache(maxsize=256)(self._tail)

    def _tail(self, way: Vector, *, upright: bool) -> tuple[pygame.Surface, Vector]:
        """A tail along a vector from the panel's edge, and where its base lies in the picture."""
        unit = self.look.unit
        length = max(1.0, (way[0] ** 2 + way[1] ** 2) ** 0.5)
        share = min(1.0, _TAIL_REACH * unit / length)
        tip = pygame.Vector2(way) * share
        across = pygame.Vector2(3 * unit, 0) if upright else pygame.Vector2(0, 3 * unit)
        inward = pygame.Vector2(way).project(pygame.Vector2(0, 1) if upright else pygame.Vector2(1, 0))
        root = -inward.normalize() * unit if inward.length() else pygame.Vector2()
        box = _box([across, -across, tip, root], 2 * unit)
        base = -pygame.Vector2(box.topleft)
        picture = pygame.Surface(box.size, pygame.SRCALPHA)
        # the outline is the same triangle, one UI pixel wider; the face reaches over the panel's own outline
        longer = tip + tip.normalize() * unit if tip.length() else tip
        pygame.draw.polygon(picture, ui.INK, [base + across, base - across, base + longer])
        inner = across * (2 / 3)
        face = [base + inner, base + tip * 0.86, base - inner]
        pygame.draw.polygon(picture, ui.PAPER, [base + inner + root, *face, base - inner + root])
        return picture.convert_alpha(), (round(base.x), round(base.y))


def _box(points: list[pygame.Vector2], margin: int) -> pygame.Rect:
    left, right = min(point.x for point in points), max(point.x for point in points)
    top, bottom = min(point.y for point in points), max(point.y for point in points)
    size = (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin)
    return pygame.Rect(round(left) - margin, round(top) - margin, *size)


def _badge(rows: tuple[str, ...], colour: pygame.Color, unit: int) -> pygame.Surface:
    made = pygame.Surface((len(rows[0]) * unit, len(rows) * unit), pygame.SRCALPHA)
    for y, row in enumerate(rows):
        for x, mark in enumerate(row):
            if mark == "x":
                made.fill(colour, (x * unit, y * unit, unit, unit))
    return made.convert_alpha()


def _dots(lit: int, unit: int) -> pygame.Surface:
    """The little panel of somebody who thinks, with so many dots dark."""
    made = paper((17 * unit, 9 * unit), unit)
    for dot in range(_DOTS):
        colour = ui.INK if dot < lit else ui.PAPER_SHADE
        made.fill(colour, ((4 + 4 * dot) * unit - unit // 2, 4 * unit - unit // 2, 2 * unit, 2 * unit))
    return made
