"""One line that is being typed: cursor, history, completion. Pure; the keys are somebody else's business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final

_LONGEST: Final = 400  # characters
_HISTORY: Final = 200  # lines


class LineEditor:
    """What a terminal would do, as far as a town needs it."""

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0
        self._history: list[str] = []
        self._at = 0  # of the history; its length: the new line
        self._kept = ""  # the new line, while one looks at older ones

    def insert(self, text: str) -> None:
        """Typed, or pasted."""
        plain = "".join(character for character in text if character.isprintable())
        plain = plain[: _LONGEST - len(self.text)]
        self.text = self.text[: self.cursor] + plain + self.text[self.cursor :]
        self.cursor += len(plain)

    def backspace(self) -> None:
        """Without the character before the cursor."""
        if self.cursor:
            self.text = self.text[: self.cursor - 1] + self.text[self.cursor :]
            self.cursor -= 1

    def delete(self) -> None:
        """Without the one after it."""
        self.text = self.text[: self.cursor] + self.text[self.cursor + 1 :]

    def clear(self) -> None:
        """Nothing typed."""
        self.text, self.cursor = "", 0

    def move(self, steps: int) -> None:
        """Left or right, within the line."""
        self.cursor = min(max(self.cursor + steps, 0), len(self.text))

    def recall(self, steps: int) -> None:
        """Older lines, and back to the new one."""
        if self._at == len(self._history):
            self._kept = self.text
        self._at = min(max(self._at + steps, 0), len(self._history))
        self.text = self._history[self._at] if self._at < len(self._history) else self._kept
        self.cursor = len(self.text)

    def enter(self) -> str:
        """The line, which is over."""
        line = self.text.strip()
        if line and self._history[-1:] != [line]:
            self._history = [*self._history[1 - _HISTORY :], line]
        self._at, self._kept = len(self._history), ""
        self.clear()
        return line

    def complete(self, completions: Callable[[str], Sequence[str]]) -> list[str]:
        """As far as it is plain which line is meant; the lines that it may be, where there are several."""
        typed = self.text[: self.cursor]
        fitting = list(completions(typed))
        if not fitting:
            return []
        alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*fitting, strict=False))
        common = "".join(letters[0] for letters in alike)
        self.insert(common[len(typed) :] + (" " if len(fitting) == 1 else ""))
        return fitting if len(fitting) > 1 else []
