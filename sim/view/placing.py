"""Where bubbles go: over their speakers, on the screen, not over each other, and not jumping about. Pure rectangles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pygame

GAP: Final = 4  # pixels between two bubbles, and to the screen's edge
_RINGS: Final = 9  # how far from its speaker a bubble may be pushed, in halves of its own size


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
    for candidate in _candidates(bubble, screen, before):
        cover = sum(_area(candidate.clip(other)) for other in taken if candidate.colliderect(other))
        if cover == 0:
            return candidate
        if least is None or cover < least_cover:
            least, least_cover = candidate, cover
    assert least is not None, "there is always the place over the head"
    return least


def _candidates(bubble: Wanted, screen: pygame.Rect, before: tuple[int, int] | None) -> Iterator[pygame.Rect]:
    alone, inner = _alone(bubble), screen.inflate(-2 * GAP, -2 * GAP)
    if before is not None and before != (0, 0):
        yield alone.move(before).clamp(inner)
    width, height = bubble.size[0] // 2 + GAP, bubble.size[1] // 2 + GAP
    for ring in range(_RINGS):
        for column, row in _ring(ring):
            yield alone.move(column * width, row * height).clamp(inner)


def _ring(ring: int) -> list[tuple[int, int]]:
    """Steps at one distance, upwards first, then sideways, downwards last."""
    if ring == 0:
        return [(0, 0)]
    steps = [
        (column, row)
        for row in range(-ring, ring + 1)
        for column in range(-ring, ring + 1)
        if max(abs(column), abs(row)) == ring
    ]
    return sorted(steps, key=lambda step: (abs(step[0]) + abs(step[1]), step[1], step[0]))


def _area(rect: pygame.Rect) -> int:
    return rect.width * rect.height
