"""A hand on wheel and window, for programs that measure or try the view: what it does comes as events, like a person's."""

from __future__ import annotations

import pygame


def turn_wheel(steps: int) -> None:
    """Nearer, or farther."""
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=steps, flipped=False, which=0))


def resize(size: tuple[int, int]) -> None:
    """Another size of window."""
    pygame.display.set_mode(size, pygame.RESIZABLE)
    pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))


def iconify() -> None:
    """Out of the way, as far as the screen knows of that."""
    pygame.display.iconify()
