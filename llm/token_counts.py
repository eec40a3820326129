"""How many tokens a text has, without a tokenizer: an estimate that is rather too high, and what was learned of its error.

Measured with the tokenizer of SmolLM2 over the town's English: letters and spaces take a fifth to a quarter of a token
each, a digit or a mark up to one. Beyond ASCII a byte-level tokenizer never needs more than a token a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LETTER: Final = 0.245
_MARK: Final = 0.85  # digits, punctuation, line breaks
_BYTE: Final = 1.0
_LETTERS: Final = str.maketrans("", "", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
_FORGETS: Final = 0.02  # of the difference, with each prompt
_LEAST, _MOST = 0.5, 3.0  # times the estimate: what a server says beyond that is not believed


def estimated(text: str) -> float:
    """About how many tokens a text has, on the safe side; some microseconds for a thousand characters."""
    if text.isascii():
        marks = len(text.translate(_LETTERS))
        return (len(text) - marks) * _LETTER + marks * _MARK
    ascii_part = text.encode("ascii", "ignore").decode("ascii")
    foreign = len(text.encode("utf-8", "surrogatepass")) - len(ascii_part)
    return estimated(ascii_part) + foreign * _BYTE


@dataclass(slots=True)
class Calibration:
    """What one model really counted, against the estimate: the greatest ratio seen lately, forgotten slowly."""

    ratio: float = 1.0

    def learn(self, estimate: float, counted: int | None) -> None:
        """One prompt was counted by the server."""
        if counted is None or estimate <= 0:
            return
        seen = min(max(counted / estimate, _LEAST), _MOST)
        self.ratio = seen if seen > self.ratio else self.ratio + (seen - self.ratio) * _FORGETS

    def budget(self, tokens: int) -> float:
        """What the estimate may come to, for the server to count no more than so many."""
        return tokens / self.ratio
