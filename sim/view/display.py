"""Opening a window, or saying in one line why there is none."""

from __future__ import annotations

import os
import sys
from typing import Final

import pygame

from sim.view.settings import ViewSettings

TITLE: Final = "TwitchMan Autonomous World"
WINDOW_CLASS: Final = "twitchman"  # what window managers under X know the window by


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
