"""Opening a window, or saying in one line why there is none."""

from __future__ import annotations

import os
import sys
from typing import Final, Literal

import pygame

from sim.view.settings import ViewSettings

TITLE: Final = "TwitchMan Autonomous World"
WINDOW_CLASS: Final = "twitchman"  # what window managers under X know the window by


_FINE_FROM_LINES: Final = 1_800
_FINE: Final = 2.0


class ViewError(Exception):
    """No window can be opened. One line."""


def open_display(settings: ViewSettings) -> pygame.Surface:
    """Open SDL's window. Raises ViewError where there is no screen and none was pretended by the user's own wish."""
    wished = os.environ.get("SDL_VIDEODRIVER", "")
    flags = pygame.FULLSCREEN if settings.fullscreen else pygame.RESIZABLE
    try:
        if not wished and _has_no_display():
            raise pygame.error("no display was found")  # noqa: TRY301 - before SDL looks for one and complains itself
        os.environ["SDL_VIDEO_X11_WMCLASS"] = WINDOW_CLASS  # pygame would have the name of the script
        pygame.display.init()
        screen = pygame.display.set_mode((settings.width, settings.height), flags, vsync=int(settings.vsync))
    except pygame.error as error:
        pygame.display.quit()
        raise ViewError(f"no window can be opened ({error})") from None
    pygame.font.init()
    pygame.display.set_caption(TITLE)
    return screen


def interface_scale(wished: float | Literal["auto"]) -> float:
    """How large bubbles and panels are: as wished, or as the desktop is fine. Needs an open display."""
    if wished != "auto":
        return wished
    lines = max((height for _, height in pygame.display.get_desktop_sizes()), default=0)
    return _FINE if lines >= _FINE_FROM_LINES else 1.0


def _has_no_display() -> bool:
    """Where a display is told by the environment, and it tells of none; SDL would draw to nowhere and not say so."""
    told = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform.startswith("linux") and not any(os.environ.get(name) for name in told)


def probe_window() -> str:
    """Open a window for a moment; the driver's name. Raises ViewError."""
    open_display(ViewSettings(width=320, height=240))
    driver = pygame.display.get_driver()
    pygame.display.quit()
    return driver
