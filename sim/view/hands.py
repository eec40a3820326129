"""A hand on wheel and window, for programs that measure or try the view: what it does comes as events, like a person's."""

from __future__ import annotations

from typing import Final

import pygame

_PRINTABLE: Final = range(0x20, 0x7F)  # keys that write the letter that they are called by


def turn_wheel(steps: int) -> None:
    """Nearer, or farther."""
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=steps, flipped=False, which=0))


def press(key: str) -> bool:
    """A key by its name, as `f3`, `tab`, `c` or `backquote`; False if no key is called so."""
    code = getattr(pygame, f"K_{key}", None) or getattr(pygame, f"K_{key.upper()}", None)
    if code is None:
        return False
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, mod=0, unicode="", scancode=0))
    if code in _PRINTABLE:
        type_text(chr(code))
    return True


def type_text(text: str) -> None:
    """Letters."""
    for letter in text:
        pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=letter))


def resize(size: tuple[int, int]) -> None:
    """Another size of window."""
    pygame.display.set_mode(size, pygame.RESIZABLE)
    pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))


def iconify() -> None:
    """Out of the way, as far as the screen knows of that."""
    pygame.display.iconify()
