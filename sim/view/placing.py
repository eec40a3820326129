"""Where bubbles go: over their speakers, on the screen, not over each other, and not jumping about. Pure rectangles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

GAP: Final = 4  # pixels between two bubbles, and to the screen's edge
_SEARCHES: Final = 12  # in one call: whoever finds no turn overlaps for a frame
_SIDEWAYS: Final = 1.3  # up and down keeps the eye on the speaker better than left and right
_NEAR: Final = (260, 150)  # pixels to each side, and up and down
_COVERED: Final = 1e3  # a pixel under another bubble weighs more than any way


@dataclass(frozen=True, slots=True)
class Wanted:
    """One bubble to place."""

    key: int  # the speaker's row
    size: tuple[int, int]
    head: tuple[int, int]  # the point over the speaker's head, on the screen


def place(
    wanted: Sequence[Wanted],
    screen: pygame.Rect,
    before: Mapping[int, tuple[int, int]],
    keep_clear: Sequence[pygame.Rect] = (),
) -> dict[int, pygame.Rect]:
    """A rectangle for each, off `keep_clear` where there is room; `before`, the last offsets, are kept while they fit."""
    inner = screen.inflate(-2 * GAP, -2 * GAP)
    placed: dict[int, pygame.Rect] = {}
    taken = list(keep_clear)  # and every bubble placed, with its gap round it
    searches = 0
    for bubble in wanted:
        alone = _alone(bubble)
        rect = alone.move(before.get(bubble.key, (0, 0))).clamp(inner)
        if rect.collidelist(taken) >= 0 and searches < _SEARCHES:
            searches += 1
            rect = _search_near(alone, inner, taken)
        placed[bubble.key] = rect
        taken.append(rect.inflate(2 * GAP, 2 * GAP))
    return placed


def offset_of(bubble: Wanted, rect: pygame.Rect) -> tuple[int, int]:
    """How far a bubble lies from where it would lie alone."""
    alone = _alone(bubble)
    return rect.left - alone.left, rect.top - alone.top


def _alone(bubble: Wanted) -> pygame.Rect:
    rect = pygame.Rect((0, 0), bubble.size)
    rect.midbottom = bubble.head
    return rect


def _search_near(alone: pygame.Rect, inner: pygame.Rect, taken: Sequence[pygame.Rect]) -> pygame.Rect:
    """Among what is close by, which is enough nearly always and a fifth of the work; else everywhere."""
    window = alone.inflate(2 * _NEAR[0], 2 * _NEAR[1]).clip(inner)
    close = [rect for rect in taken if rect.colliderect(window)]
    if len(close) < len(taken) and window.width > alone.width and window.height > alone.height:
        found = _search(alone, window, close)
        if found.collidelist(close) < 0:
            return found
    return _search(alone, inner, taken)


def _search(alone: pygame.Rect, inner: pygame.Rect, taken: Sequence[pygame.Rect]) -> pygame.Rect:
    """The nearest of all spots that touch what is there: if any spot is free, one of these is."""
    sides = np.array([(rect.left, rect.top, rect.right, rect.bottom) for rect in taken], dtype=np.float64)
    width, height = alone.size
    x = _spots(alone.left, width, (inner.left, inner.right), sides[:, 0], sides[:, 2])
    y = _spots(alone.top, height, (inner.top, inner.bottom), sides[:, 1], sides[:, 3])
    # overlap is wide times high, and each depends on one axis only: n by m, never n times m boxes
    wide = np.minimum(x[:, None] + width, sides[:, 2]) - np.maximum(x[:, None], sides[:, 0])
    high = np.minimum(y[:, None] + height, sides[:, 3]) - np.maximum(y[:, None], sides[:, 1])
    covered = np.clip(wide, 0, None) @ np.clip(high, 0, None).T
    way = np.abs(x - alone.left)[:, None] * _SIDEWAYS + np.abs(y - alone.top)[None, :]
    column, row = np.unravel_index(int((way + covered * _COVERED).argmin()), covered.shape)
    return pygame.Rect(int(x[column]), int(y[row]), width, height)


def _spots(
    start: int, length: int, limits: tuple[int, int], lows: NDArray[np.float64], highs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """On one axis: where it would be alone, the edges of the screen, and beside each that is there."""
    low, high = limits
    spots = np.concatenate([(start, low, high - length), highs, lows - length])
    held: NDArray[np.float64] = np.clip(spots, low, max(low, high - length))
    return held
