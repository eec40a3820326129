"""Where bubbles go: over their speakers, on the screen, not over each other, and not jumping about. Pure rectangles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pygame

GAP: Final = 4  # pixels between two bubbles, and to the screen's edge


@dataclass(frozen=True, slots=True)
class Wanted:
    """One bubble to place."""

    key: int  # the speaker's row
    size: tuple[int, int]
    head: tuple[int, int]  # the point over the speaker's head, on the screen


def place(
    wanted: Sequence[Wanted], screen: pygame.Rect, before: Mapping[int, tuple[int, int]]
) -> dict[int, pygame.Rect]:
    """A rectangle for each; `before` are the offsets of the last frame, kept while they still fit."""
    placed: dict[int, pygame.Rect] = {}
    for bubble in wanted:
        taken = [rect.inflate(GAP, GAP) for rect in placed.values()]
        placed[bubble.key] = _best(bubble, screen, taken, before.get(bubble.key))
    return placed


def offset_of(bubble: Wanted, rect: pygame.Rect) -> tuple[int, int]:
    """How far a bubble lies from where it would lie alone."""
    alone = _alone(bubble)
    return rect.left - alone.left, rect.top - alone.top


def _alone(bubble: Wanted) -> pygame.Rect:
    rect = pygame.Rect((0, 0), bubble.size)
    rect.midbottom = bubble.head
    return rect


def _best(
    bubble: Wanted, screen: pygame.Rect, taken: list[pygame.Rect], before: tuple[int, int] | None
) -> pygame.Rect:
    """The first candidate that touches nobody; if all do, the one that covers least."""
    least, least_cover = None, 0
    for candidate in _candidates(bubble, screen, taken, before):
        cover = sum(_area(candidate.clip(other)) for other in taken if candidate.colliderect(other))
        if cover == 0:
            return candidate
        if least is None or cover < least_cover:
            least, least_cover = candidate, cover
    assert least is not None, "there is always the place over the head"
    return least


def _candidates(
    bubble: Wanted, screen: pygame.Rect, taken: list[pygame.Rect], before: tuple[int, int] | None
) -> Iterator[pygame.Rect]:
    """Where it was, where it would lie alone, then beside those in the way, the nearest first."""
    alone, inner = _alone(bubble), screen.inflate(-2 * GAP, -2 * GAP)
    home = alone.clamp(inner)
    if before is not None and before != (0, 0):
        yield alone.move(before).clamp(inner)
    yield home
    beside = [rect.clamp(inner) for other in taken for rect in _beside(home, other)]
    yield from sorted(beside, key=lambda rect: (_distance(rect, home), rect.top, rect.left))


def _beside(home: pygame.Rect, other: pygame.Rect) -> Iterator[pygame.Rect]:
    """Just over, under, left and right of another: kept in line with home, or at the other's own edges."""
    for left in (home.left, other.left - home.width, other.right):
        yield pygame.Rect((left, other.top - home.height), home.size)
        yield pygame.Rect((left, other.bottom), home.size)
    for top in (home.top, other.top, other.bottom - home.height):
        yield pygame.Rect((other.left - home.width, top), home.size)
        yield pygame.Rect((other.right, top), home.size)


def _distance(rect: pygame.Rect, home: pygame.Rect) -> int:
    """How far a bubble was pushed; upwards counts less, for the tail looks best downwards."""
    down = rect.top - home.top
    return abs(rect.left - home.left) + (2 * down if down > 0 else -down)


def _area(rect: pygame.Rect) -> int:
    return rect.width * rect.height
