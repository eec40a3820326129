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
_LONGEST_KEPT: Final = 400  # pixels, of a tail
_KEPT: Final = 128  # empty bubbles
_KEPT_TAILS: Final = 96

Area = tuple[int, int, int, int]
Piece = tuple[pygame.Surface, tuple[int, int], Area]  # what to blit, where, and which part of it


def whole(picture: pygame.Surface, rect: pygame.Rect) -> Piece:
    """All of a picture."""
    return picture, rect.topleft, (0, 0, *picture.get_size())


class Paper:
    """Empty bubbles of any size, in one interface's pixels."""

    def __init__(self, ui: Ui) -> None:
        self._ui, self._unit = ui, ui.unit
        self._tails: OrderedDict[tuple[int, int], pygame.Surface] = OrderedDict()  # by how far they reach
        self._sheets: OrderedDict[tuple[int, int], tuple[pygame.Surface, pygame.Surface]] = OrderedDict()
        self._marks = {(tier, lit): _marks(ui.unit, tier, lit=lit) for tier in Tier for lit in (False, True)}

    @property
    def tail(self) -> int:
        """How far the tail reaches, in pixels."""
        return self._ui.px(_TAIL)

    def sheet(self, size: tuple[int, int]) -> pygame.Surface:
        """An empty one without its rounded edge, for words; not to be written on, for it is kept."""
        return self._kept(size)[1]

    def pieces(self, rect: pygame.Rect, words: pygame.Surface, bubble: Bubble) -> list[Piece]:
        """A sheet with words: the strips with corners blended from an empty one, all between them copied as it is, and the mark."""
        edge, edge_height = self._kept(rect.size)[0], _RADIUS * self._unit
        left, top, width, height = rect
        lower, marks = height - edge_height, self._marks[bubble.tier, bubble.lit]
        return [
            (edge, (left, top), (0, 0, width, edge_height)),
            (words, (left, top + edge_height), (0, edge_height, width, lower - edge_height)),
            (edge, (left, top + lower), (0, lower, width, edge_height)),
            (marks, (left + width - marks.get_width(), top), (0, 0, *marks.get_size())),
        ]

    def fading(self, bubble: Bubble, words: pygame.Surface, opacity: float) -> pygame.Surface:
        """All of a bubble as one picture that can be seen through."""
        rect = words.get_rect()
        picture = pygame.Surface(rect.size, pygame.SRCALPHA)
        picture.blits(self.pieces(rect, words, bubble), doreturn=False)
        picture.set_alpha(int(255 * opacity))
        return picture

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

    def draw_tail(self, target: pygame.Surface, rect: pygame.Rect, face: pygame.Rect) -> None:
        """From the edge of the bubble that is nearest to the speaker, to over their head or under their feet."""
        half, unit = self.tail, self._unit
        tip = (face.centerx, face.bottom + half) if rect.centery > face.centery else (face.centerx, face.top)
        x = min(max(tip[0], rect.left + 2 * half), rect.right - 2 * half)
        y = rect.bottom - unit if tip[1] > rect.centery else rect.top + unit
        reach = tip[0] - x, tip[1] - y
        if max(abs(reach[0]), abs(reach[1])) > _LONGEST_KEPT:
            _draw_tail(target, (x, y), tip, half, unit)
        else:
            left, top = min(-half, reach[0]), min(-unit, reach[1])
            target.blit(self._kept_tail(reach, (left, top)), (x + left, y + top))

    def _kept_tail(self, reach: tuple[int, int], corner: tuple[int, int]) -> pygame.Surface:
        """A tail that reaches so far right and down of its base; most people stand still while they speak."""
        tail = self._tails.get(reach)
        if tail is None:
            half, unit = self.tail, self._unit
            size = max(half, reach[0]) - corner[0] + 1, max(unit, reach[1]) - corner[1] + 1
            tail = self._tails[reach] = pygame.Surface(size, pygame.SRCALPHA)
            base = -corner[0], -corner[1]
            _draw_tail(tail, base, (base[0] + reach[0], base[1] + reach[1]), half, unit)
            tail.set_alpha(255, pygame.RLEACCEL)  # most of it is nothing
            if len(self._tails) > _KEPT_TAILS:
                self._tails.popitem(last=False)
        else:
            self._tails.move_to_end(reach)
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
