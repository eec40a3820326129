"""Where a command may come from, and how far each of these doors lets it go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Access(IntEnum):
    """What a command does, and what a door lets through: all up to its own level."""

    SEE = 1  # looks, and changes nothing
    STEER = 2  # changes what happens in town, as an input
    RUN = 3  # the program: its end, its settings, its files, its money, who lives in town


@dataclass(frozen=True, slots=True)
class Door:
    """One way in."""

    name: str
    access: Access


WINDOW = Door("the window", Access.RUN)
TERMINAL = Door("the terminal", Access.RUN)
OPTIONS = Door("--exec", Access.RUN)
STANDARD_INPUT = Door("standard input", Access.RUN)
