"""Whether a question that came to nothing is asked once more. Pure; the one place in the program that decides it.

Only before the first word, and only within a budget: over a run at most 1.1 requests to a spoken line, and one in
ten seconds besides, whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from llm.errors import ModelError, Overflow, Repeated, ServerFault

PER_LINE: Final = 0.1  # further requests that a line earns
PER_SECOND: Final = 0.1
ANEW_PER_LINE: Final = 0.03  # lines that are asked for anew because they were said before
_SAVED_AT_MOST: Final = 3.0
_FIRST_PAUSE_S: Final = 0.1
_JITTER_S: Final = 0.15
SHORTER: Final = 0.6  # of the prompt's budget, after it was too long


class RetryBudget:
    """What may still be spent on asking again."""

    def __init__(
        self, now_s: Callable[[], float], per_line: float = PER_LINE, per_second: float = PER_SECOND
    ) -> None:
        self._now_s = now_s
        self._per_line, self._per_second = per_line, per_second
        self._saved = 1.0 if per_second else 0.0
        self._since_s = now_s()

    def earn(self) -> None:
        """One line was asked for."""
        self._saved = min(self._saved + self._per_line, _SAVED_AT_MOST)

    def spend(self) -> bool:
        """Whether one more request may be made; if so, it counts as made."""
        now_s = self._now_s()
        self._saved = min(self._saved + (now_s - self._since_s) * self._per_second, _SAVED_AT_MOST)
        self._since_s = now_s
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


def pause_before_retry(error: ModelError, attempts: int, chance: float) -> float | None:
    """Seconds to wait before the same backend is asked again; None if that would not help.

    `attempts` have been made; `chance` from 0 to 1 keeps many clients from coming back in step.
    """
    if attempts > 1:
        return None
    match error:
        case Overflow():
            return 0.0  # with a shorter prompt
        case Repeated():
            return 0.0  # with a word on it
        case ServerFault():
            return _FIRST_PAUSE_S + chance * _JITTER_S
        case _:
            return None
