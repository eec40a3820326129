"""A word that people read while it changes: shown at once, but no more often than they can follow. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, TypeVar

Word = TypeVar("Word")

MOST_CHANGES: Final = 6
WITHIN_S: Final = 60.0


class Steady(Generic[Word]):
    """Shows the newest word, with at most six changes in any minute."""

    def __init__(self, shown: Word) -> None:
        self.shown = shown
        self._changed_s: deque[float] = deque(maxlen=MOST_CHANGES)

    def says(self, word: Word, now_s: float, *, must: bool = False) -> bool:
        """Whether this word is shown from now on, and was not before. One that is held back must be said again.

        One that `must` be shown is not held back: nothing comes after it.
        """
        if word == self.shown:
            return False
        is_restless = len(self._changed_s) == MOST_CHANGES and now_s - self._changed_s[0] < WITHIN_S
        if is_restless and not must:
            return False
        self._changed_s.append(now_s)
        self.shown = word
        return True
