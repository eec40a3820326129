"""The look of a bubble: paper with an outline, its marks and its tail. Knows no words."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import pygame

from llm.types import Tier
from sim.bubbles import Bubble
from sim.view.ui import GOLD, INK, PAPER, PAPER_SHADE, TIER_COLOURS, Ui

_RADIUS: Final = 4  # of the corners, in interface pixels
_TAIL: Final = 7
_LONGEST_KEPT: Final = 200  # pixels, of a tail
_KEPT: Final = 128  # empty bubbles


class Paper:
    """Empty bubbles of any size, in one interface's pixels."""

    def __init__(self, ui: Ui) -> None:
        self._ui, self._unit = ui, ui.unit
        self._tails: dict[int, pygame.Surface] = {}  # by length
        self._sheets: OrderedDict[tuple[int, int], tuple[pygame.Surface, pygame.Surface]] = OrderedDict()
        self._marks = {(tier, lit): _marks(ui.unit, tier, lit=lit) for tier in Tier for lit in (False, True)}

    @property
    def tail(self) -> int:
        """How far the tail reaches, in pixels."""
        return self._ui.px(_TAIL)

    def sheet(self, size: tuple[int, int]) -> pygame.Surface:
        """An empty one without its rounded edge, for words; not to be written on, for it is kept."""
        return self._kept(size)[1]

    def draw(self, target: pygame.Surface, rect: pygame.Rect, words: pygame.Surface) -> None:
        """A sheet with words: the strips with corners blended from an empty one, all between them copied as it is."""
        edge, edge_height = self._kept(rect.size)[0], _RADIUS * self._unit
        between = rect.height - 2 * edge_height
        target.blit(edge, rect.topleft, (0, 0, rect.width, edge_height))
        target.blit(
            edge,
            (rect.left, rect.bottom - edge_height),
            (0, rect.height - edge_height, rect.width, edge_height),
        )
        target.blit(words, (rect.left, rect.top + edge_height), (0, edge_height, rect.width, between))

    def fading(self, bubble: Bubble, words: pygame.Surface, opacity: float) -> pygame.Surface:
        """All of a bubble as one picture that can be seen through."""
        rect = words.get_rect()
        whole = pygame.Surface(rect.size, pygame.SRCALPHA)
        self.draw(whole, rect, words)
        self.mark(whole, rect, bubble)
        whole.set_alpha(int(255 * opacity))
        return whole

    def _kept(self, size: tuple[int, int]) -> tuple[pygame.Surface, pygame.Surface]:
        """An empty bubble with its edge, and the same as words are written on."""
        kept = self._sheets.get(size)
        if kept is None:
            edge, plain = _paper(size, self._unit), pygame.Surface(size)
            plain.blit(edge, (0, 0))
            kept = self._sheets[size] = edge, plain
            if len(self._sheets) > _KEPT:
                self._sheets.popitem(last=False)
        self._sheets.move_to_end(size)
        return kept

    def mark(self, target: pygame.Surface, rect: pygame.Rect, bubble: Bubble) -> None:
        """In the upper right corner: a shape in the colour of the tier that speaks, and a golden star in the spotlight."""
        marks = self._marks[bubble.tier, bubble.lit]
        target.blit(marks, (rect.right - marks.get_width(), rect.top))

    def draw_tail(self, target: pygame.Surface, rect: pygame.Rect, face: pygame.Rect) -> None:
        """From the edge of the bubble that is nearest to the speaker, to over their head or under their feet."""
        half, unit = self.tail, self._unit
        tip = (face.centerx, face.bottom + half) if rect.centery > face.centery else (face.centerx, face.top)
        x = min(max(tip[0], rect.left + 2 * half), rect.right - 2 * half)
        y = rect.bottom - unit if tip[1] > rect.centery else rect.top + unit
        if tip[0] == x and 0 < tip[1] - y <= _LONGEST_KEPT:
            target.blit(self._straight_tail(tip[1] - y), (x - half, y - unit))
        else:
            _draw_tail(target, (x, y), tip, half, unit)

    def _straight_tail(self, length: int) -> pygame.Surface:
        """Downwards, as nearly all are."""
        tail = self._tails.get(length)
        if tail is None:
            half, unit = self.tail, self._unit
            tail = self._tails[length] = pygame.Surface((2 * half + 1, length + 2 * unit), pygame.SRCALPHA)
            _draw_tail(tail, (half, unit), (half, unit + length), half, unit)
        return tail

    def dots(self, lit: int) -> pygame.Surface:
        """Three dots, one of them dark: somebody thinks."""
        step = self._ui.px(9)
        picture = _paper((step * 4, step * 2 + self._unit), self._unit)
        for dot in range(3):
            colour = INK if dot == lit else PAPER_SHADE
            pygame.draw.circle(picture, colour, (step * (dot + 1), step), max(2, self._ui.px(3)))
        return picture


def _draw_tail(
    target: pygame.Surface, base: tuple[int, int], tip: tuple[int, int], half: int, unit: int
) -> None:
    """From a bubble's edge to its speaker."""
    x, y = base
    pygame.draw.polygon(target, INK, [(x - half, y), (x + half, y), tip])
    toward, inset = unit * (1 if tip[1] > y else -1), half - unit
    inner = (tip[0], tip[1] - 2 * toward)
    pygame.draw.polygon(target, PAPER_SHADE, [(x - inset, y - toward), (x + inset, y - toward), inner])


def _paper(size: tuple[int, int], unit: int) -> pygame.Surface:
    """Paper with an outline, and a shade along its lower edge."""
    picture, radius = pygame.Surface(size, pygame.SRCALPHA), _RADIUS * unit
    whole = picture.get_rect()
    inner = whole.inflate(-unit * 2, -unit * 2)
    pygame.draw.rect(picture, INK, whole, border_radius=radius)
    pygame.draw.rect(picture, PAPER_SHADE, inner, border_radius=radius - unit)
    inner.height -= unit
    pygame.draw.rect(picture, PAPER, inner, border_radius=radius - unit)
    return picture


def _marks(unit: int, tier: Tier, *, lit: bool) -> pygame.Surface:
    """What a corner bears, on nothing: each tier has a shape besides its colour, for who sees few of those."""
    picture = pygame.Surface((14 * unit, 8 * unit), pygame.SRCALPHA)
    x, y, reach = picture.get_width() - 4 * unit, 4 * unit, 2 * unit
    colour = TIER_COLOURS[tier]
    match tier:
        case Tier.CLOUD:
            pygame.draw.circle(picture, colour, (x, y), reach)
        case Tier.LOCAL:
            pygame.draw.polygon(
                picture, colour, [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
            )
        case Tier.TEMPLATE:
            pygame.draw.rect(picture, colour, (x - reach, y - unit // 2, 2 * reach, max(2, unit)))
    if lit:
        _draw_spark(picture, (x - 6 * unit, y), 3 * unit)
    return picture


def _draw_spark(target: pygame.Surface, middle: tuple[int, int], reach: int) -> None:
    """A star of four points."""
    x, y = middle
    waist = max(1, reach // 3)
    points = [
        (x, y - reach), (x + waist, y - waist), (x + reach, y), (x + waist, y + waist),
        (x, y + reach), (x - waist, y + waist), (x - reach, y), (x - waist, y - waist),
    ]  # fmt: skip
    pygame.draw.polygon(target, GOLD, points)
