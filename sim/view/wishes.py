"""What a key asks of the loop, where it asks for more than another look. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sim.view.keys import SPEEDS, Action, stepped
from sim.view_protocol import Control, LoadWorld, Quit, SaveTrace, SaveWorld, SetPaused, SetSpeed, StepTick

_ALWAYS: Final[dict[Action, Control]] = {
    Action.QUIT: Quit(),
    Action.STEP: StepTick(),
    Action.SAVE: SaveWorld(),
    Action.LOAD: LoadWorld(),
}


def wish_of(action: Action | None, is_paused: bool, speed: float, stamp: int) -> Control | None:  # noqa: FBT001 - as the loop has it
    """None for what only the screen needs to know; `stamp` makes a file's name its own."""
    match action:
        case Action.QUIT | Action.STEP | Action.SAVE | Action.LOAD:
            return _ALWAYS[action]
        case Action.PAUSE:
            return SetPaused(paused=not is_paused)
        case Action.TRACE:
            return SaveTrace(Path(f"frames-{stamp}.json"))
        case Action.SLOWER | Action.FASTER:
            return SetSpeed(stepped(speed, 1 if action is Action.FASTER else -1))
    return SetSpeed(SPEEDS[action]) if action in SPEEDS else None
