"""The commands that reach into the window: for streams whose viewers move the camera, for pictures, for tries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sim.console.doors import Access
from sim.console.registry import Command, CommandError
from sim.loop import Loop


@dataclass(frozen=True, slots=True)
class ViewCommands:
    """What they act upon."""

    loop: Loop
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command(
                "view look",
                "<name>",
                "the camera follows somebody, and tells who they are",
                self._look,
                Access.STEER,
            ),
            Command(
                "view press", "KEY...", "press keys of the window, as: f3 tab escape", self._press, Access.RUN
            ),
            Command(
                "view type",
                "TEXT",
                "letters for the window, where its console is open",
                self._type,
                Access.RUN,
            ),
        ]

    def _look(self, words: Sequence[str]) -> str:
        if len(words) != 1:
            raise CommandError("expected one name")
        row = self.row_of(words[0])
        self._only_with_a_window()
        self.loop.view.look_at(row)
        return f"looking at {self.loop.world.roster.first_name(row)}"

    def _press(self, words: Sequence[str]) -> str:
        if not words:
            raise CommandError("expected keys, as: f3 tab escape")
        self._only_with_a_window()
        unknown = [key for key in words if not self.loop.view.press(key)]
        if unknown:
            raise CommandError(
                f"no key is called {unknown[0]!r}; keys are letters, digits, f1 to f12, space, tab, escape, return"
            )
        return f"pressed {' '.join(words)}"

    def _type(self, words: Sequence[str]) -> str:
        if not words:
            raise CommandError("expected some text")
        self._only_with_a_window()
        self.loop.view.type(" ".join(words))
        return ""

    def _only_with_a_window(self) -> None:
        if not self.loop.looks:
            raise CommandError("there is no window in this run")
