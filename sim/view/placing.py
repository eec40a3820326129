"""Where bubbles go: over their speakers, on the screen, not over each other, and not jumping about. Pure rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

GAP: Final = 4  # pixels between two bubbles, and to the screen's edge
_SEARCHES: Final = 12  # in one call: whoever finds no turn overlaps for a frame
_MOVES: Final = 3  # of them, by those who have had a place before: they may wait, for they are already read
_REST: Final = 20  # frames
_SIDEWAYS: Final = 1.3  # up and down keeps the eye on the speaker better than left and right
_NEAR: Final = (260, 150)  # pixels to each side, and up and down
_COVERED: Final = 1e3  # a pixel under another bubble weighs more than any way


@dataclass(frozen=True, slots=True)
class Wanted:
    """One bubble to place."""

    key: int  # the speaker's row
    size: tuple[int, int]
    head: tuple[int, int]  # the point over the speaker's head, on the screen


class Placer:
    """Remembers how far each bubble was pushed, so that none jumps back and forth."""

    def __init__(self) -> None:
        self._offsets: dict[int, tuple[int, int]] = {}  # from where each would lie alone
        self._rests: dict[int, int] = {}  # frames until one that found no room looks again

    @property
    def resting(self) -> int:
        """How many found no room and wait before they look again."""
        return len(self._rests)

    def place(
        self, wanted: Sequence[Wanted], screen: pygame.Rect, faces: Sequence[pygame.Rect] = ()
    ) -> dict[int, pygame.Rect]:
        """A rectangle for each: on the screen, off the others, off faces where there is room, and where it was if that will do."""
        inner = screen.inflate(-2 * GAP, -2 * GAP)
        placed: dict[int, pygame.Rect] = {}
        taken = list(faces)  # and every bubble placed, with its gap round it
        searches = moves = 0
        for bubble in wanted:
            alone = _alone(bubble)
            rect = alone.move(self._offsets.get(bubble.key, (0, 0))).clamp(inner)
            is_known = bubble.key in self._offsets
            has_turn = searches < _SEARCHES and (moves < _MOVES or not is_known)
            is_free_to_look = has_turn and bubble.key not in self._rests
            if is_free_to_look and rect.collidelist(taken) >= 0:
                searches, moves = searches + 1, moves + is_known
                starts = alone.clamp(inner), rect
                rect = _nudged(starts, inner, taken) or _search_near(alone, inner, taken, len(faces))
                if rect.collidelist(taken) >= 0:
                    self._rests[bubble.key] = _REST
            placed[bubble.key] = rect
            taken.append(rect.inflate(2 * GAP, 2 * GAP))
        self._offsets = {bubble.key: _offset(bubble, placed[bubble.key]) for bubble in wanted}
        self._rests = {key: frames - 1 for key, frames in self._rests.items() if frames and key in placed}
        return placed


def _offset(bubble: Wanted, rect: pygame.Rect) -> tuple[int, int]:
    alone = _alone(bubble)
    return rect.left - alone.left, rect.top - alone.top


def _alone(bubble: Wanted) -> pygame.Rect:
    rect = pygame.Rect((0, 0), bubble.size)
    rect.midbottom = bubble.head
    return rect


def _nudged(
    starts: tuple[pygame.Rect, ...], inner: pygame.Rect, taken: Sequence[pygame.Rect]
) -> pygame.Rect | None:
    """Just out of the way of the first thing that it is in the way of, if that is free: a tenth of a search's work."""
    free = []
    for start in starts:
        at = start.collidelist(taken)
        if at < 0:
            return start
        other = taken[at]
        ways = (
            start.move(0, other.top - start.bottom),
            start.move(0, other.bottom - start.top),
            start.move(other.left - start.right, 0),
            start.move(other.right - start.left, 0),
        )
        free += [way for way in ways if inner.contains(way) and way.collidelist(taken) < 0]
    home = starts[0]
    return min(free, key=lambda way: abs(way.x - home.x) * _SIDEWAYS + abs(way.y - home.y), default=None)


def _search_near(
    alone: pygame.Rect, inner: pygame.Rect, taken: Sequence[pygame.Rect], faces: int
) -> pygame.Rect:
    """Off words and faces close by; else off words alone, close by, then anywhere: what is said matters more than who sees it."""
    window = alone.inflate(2 * _NEAR[0], 2 * _NEAR[1]).clip(inner)
    words = taken[faces:]
    for others in (taken, words):
        close = [rect for rect in others if rect.colliderect(window)]
        if window.width > alone.width and window.height > alone.height:
            found = _search(alone, window, close)
            if found.collidelist(close) < 0:
                return found
    return _search(alone, inner, words)


def _search(alone: pygame.Rect, inner: pygame.Rect, taken: Sequence[pygame.Rect]) -> pygame.Rect:
    """The nearest of all spots that touch what is there: if any spot is free, one of these is."""
    if not taken:
        return alone.clamp(inner)
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
