"""Every key in one table: the program reads it to act, the help overlay reads it to explain, a test reads it for doubles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import pygame


class Action(Enum):
    """What a person may ask for by a key."""

    PAUSE = auto()
    STEP = auto()
    SPEED_1 = auto()
    SPEED_2 = auto()
    SPEED_4 = auto()
    SPEED_8 = auto()
    SLOWER = auto()
    FASTER = auto()
    PAN_UP = auto()
    PAN_LEFT = auto()
    PAN_DOWN = auto()
    PAN_RIGHT = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    FOLLOW = auto()
    DIRECT = auto()
    PAGE = auto()
    SCROLL_BACK = auto()
    SCROLL_ON = auto()
    NAMES = auto()
    BACK = auto()
    CONSOLE = auto()
    HELP = auto()
    DEBUG = auto()
    SAVE = auto()
    LOAD = auto()
    TRACE = auto()
    FULLSCREEN = auto()
    SCREENSHOT = auto()
    QUIT = auto()


@dataclass(frozen=True, slots=True)
class Binding:
    """The keys of one action, and how the help overlay words them; an empty label is told by a neighbour's."""

    action: Action
    keys: tuple[int, ...]
    label: str
    what: str
    ctrl: bool = False


KEYS: Final = (
    Binding(Action.PAUSE, (pygame.K_SPACE,), "Space", "pause or go on"),
    Binding(Action.STEP, (pygame.K_PERIOD,), ".", "one tick, while paused"),
    Binding(Action.SPEED_1, (pygame.K_1, pygame.K_KP1), "1  2  3  4", "speed 1, 2, 4, 8"),
    Binding(Action.SPEED_2, (pygame.K_2, pygame.K_KP2), "", ""),
    Binding(Action.SPEED_4, (pygame.K_3, pygame.K_KP3), "", ""),
    Binding(Action.SPEED_8, (pygame.K_4, pygame.K_KP4), "", ""),
    Binding(Action.SLOWER, (pygame.K_LEFTBRACKET,), "[  ]", "slower, faster"),
    Binding(Action.FASTER, (pygame.K_RIGHTBRACKET,), "", ""),
    Binding(Action.PAN_UP, (pygame.K_w, pygame.K_UP), "W A S D  arrows", "look around"),
    Binding(Action.PAN_LEFT, (pygame.K_a, pygame.K_LEFT), "", ""),
    Binding(Action.PAN_DOWN, (pygame.K_s, pygame.K_DOWN), "", ""),
    Binding(Action.PAN_RIGHT, (pygame.K_d, pygame.K_RIGHT), "", ""),
    Binding(Action.ZOOM_IN, (pygame.K_PLUS, pygame.K_EQUALS, pygame.K_KP_PLUS), "+  -  wheel", "zoom"),
    Binding(Action.ZOOM_OUT, (pygame.K_MINUS, pygame.K_KP_MINUS), "", ""),
    Binding(Action.FOLLOW, (pygame.K_f,), "F", "follow the chosen one"),
    Binding(Action.PAGE, (pygame.K_TAB,), "Tab", "the chosen one's next page"),
    Binding(Action.SCROLL_BACK, (pygame.K_PAGEUP,), "PgUp  PgDn", "earlier and later lines of the talk"),
    Binding(Action.SCROLL_ON, (pygame.K_PAGEDOWN,), "", ""),
    Binding(Action.DIRECT, (pygame.K_c,), "C", "let the camera find the talk, or not"),
    Binding(Action.NAMES, (pygame.K_n,), "N", "names under everybody"),
    Binding(Action.BACK, (pygame.K_ESCAPE,), "Esc", "close, let go"),
    Binding(Action.CONSOLE, (pygame.K_BACKQUOTE,), "`", "the console"),
    Binding(Action.HELP, (pygame.K_F1,), "F1", "this help"),
    Binding(Action.DEBUG, (pygame.K_F3,), "F3", "frames, models, money"),
    Binding(Action.SAVE, (pygame.K_F5,), "F5  F9", "save the town, go back to it"),
    Binding(Action.LOAD, (pygame.K_F9,), "", ""),
    Binding(Action.TRACE, (pygame.K_F10,), "F10", "save the last 30 s of frame times here"),
    Binding(Action.FULLSCREEN, (pygame.K_F11,), "F11", "full screen"),
    Binding(Action.SCREENSHOT, (pygame.K_F12,), "F12", "save a picture here"),
    Binding(Action.QUIT, (pygame.K_q,), "Ctrl Q", "leave", ctrl=True),
)

MOUSE: Final = (
    ("click", "choose somebody, or a house"),
    ("Shift click", "let the chosen one talk with this one"),
    ("drag", "look around"),
)  # told in the help, beside the keys

SPEEDS: Final = {Action.SPEED_1: 1.0, Action.SPEED_2: 2.0, Action.SPEED_4: 4.0, Action.SPEED_8: 8.0}
LADDER: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # what slower and faster step through
PANS: Final = {
    Action.PAN_UP: (0, -1),
    Action.PAN_LEFT: (-1, 0),
    Action.PAN_DOWN: (0, 1),
    Action.PAN_RIGHT: (1, 0),
}

_BY_KEY: Final = {(key, binding.ctrl): binding.action for binding in KEYS for key in binding.keys}


def action_of(key: int, modifiers: int) -> Action | None:
    """What a pressed key asks for, if anything."""
    return _BY_KEY.get((key, bool(modifiers & pygame.KMOD_CTRL)))


def stepped(speed: float, step: int) -> float:
    """The next rung of the ladder, up or down, from any speed."""
    rungs = [rung for rung in LADDER if (rung > speed if step > 0 else rung < speed)]
    if not rungs:
        return LADDER[-1 if step > 0 else 0]
    return min(rungs) if step > 0 else max(rungs)


def held_pans() -> list[tuple[int, int]]:
    """The ways that are held down now: x and y, each -1, 0 or 1; none while Ctrl means another key."""
    if pygame.key.get_mods() & pygame.KMOD_CTRL:
        return []
    held = pygame.key.get_pressed()
    return [
        PANS[binding.action]
        for binding in KEYS
        if binding.action in PANS
        for key in binding.keys
        if held[key]
    ]
