"""What the loop asks of a view, and what a view may ask of the loop. No view ever changes the world itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sim.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Quit:
    """The person closed the window or pressed its key."""


@dataclass(frozen=True, slots=True)
class SetPaused:
    """Stop or resume the world; words of running lines still appear."""

    paused: bool


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """World seconds per real second."""

    speed: float


@dataclass(frozen=True, slots=True)
class Follow:
    """The camera follows somebody from now on, or nobody: whoever is followed has the spotlight."""

    row: int | None


@dataclass(frozen=True, slots=True)
class SaveTrace:
    """The last half minute's frames as a file."""

    path: Path


@dataclass(frozen=True, slots=True)
class SaveWorld:
    """The town as it is now, into the slot of whoever presses a key."""


@dataclass(frozen=True, slots=True)
class LoadWorld:
    """Go on with what was saved there last."""


@dataclass(frozen=True, slots=True)
class StepTick:
    """One tick, while the world is paused."""


@dataclass(frozen=True, slots=True)
class StartTalk:
    """Two are to talk, if they are free and near each other."""

    rows: tuple[int, int]


Control = Quit | SetPaused | SetSpeed | Follow | SaveTrace | SaveWorld | LoadWorld | StepTick | StartTalk


class View(Protocol):
    """Shows the town between two ticks that have both already happened."""

    def poll(self) -> Sequence[Control]:
        """What the person did since the last frame."""

    def draw(self, previous: Snapshot, current: Snapshot, alpha: float) -> None:
        """Draw one frame; bounded work, nothing waits."""

    def present(self) -> None:
        """Hand the frame to the screen; may wait for it."""

    def screenshot(self, path: Path) -> None:
        """Save the last frame as a picture, without waiting for the disk."""

    def look_at(self, row: int) -> None:
        """Follow somebody, and tell who they are."""

    def press(self, key: str) -> bool:
        """Press a key, as a person would; False if none is called so."""

    def type(self, text: str) -> None:
        """Letters, as a person would type them."""

    def close(self) -> None:
        """Give the screen back."""


class NullView:
    """The view of a headless world: sees nothing, asks for nothing."""

    def poll(self) -> Sequence[Control]:
        """Nobody is there."""
        return ()

    def draw(self, previous: Snapshot, current: Snapshot, alpha: float) -> None:
        """Nothing is drawn."""

    def present(self) -> None:
        """Nothing is shown."""

    def screenshot(self, path: Path) -> None:
        """There is no frame to save."""

    def look_at(self, row: int) -> None:
        """There is nothing to look with."""

    def press(self, key: str) -> bool:  # noqa: ARG002 - the protocol's
        """There are no keys."""
        return False

    def type(self, text: str) -> None:
        """There is nothing to type into."""

    def close(self) -> None:
        """Nothing was opened."""
