"""How many tokens a text has, without a tokenizer: an estimate that is rather too high, and what was learned of its error.

Measured with the tokenizer of SmolLM2. The town's English takes a quarter of a token a character; a digit or a mark takes
up to one; what is no English takes more, and is known by its rare letters, its capitals and its endless words. Beyond
ASCII a byte-level tokenizer never needs more than a token a byte.
"""

from __future__ import annotations

import math
import string
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

_LETTER: Final = 0.265
_SPACE: Final = 0.2
_MARK: Final = 1.0  # digits, punctuation, control characters
_FOREIGN_BYTE: Final = 1.0
_RARE_SHARE: Final = 0.28  # of letters; English has a fifth, chance a half
_RARE: Final = 1.7  # for each beyond that share
_WORD: Final = 9  # letters; what is longer on the average is no English
_ENDLESS: Final = 0.2  # for each letter beyond
_SHOUTED: Final = 0.35  # for each capital that begins no word

_LETTERS: Final = string.ascii_letters.encode()
_CAPITALS: Final = string.ascii_uppercase.encode()
_RARE_LETTERS: Final = b"bcfgjkmpqvwxyzBCFGJKMPQVWXYZ"
_ASCII: Final = bytes(range(128))


@lru_cache(maxsize=1024)  # personas, scenes and lines of a talk come again with each line
def estimated(text: str) -> float:
    """About how many tokens a text has, on the safe side; a few microseconds for a thousand characters."""
    raw = text.encode("utf-8", "surrogatepass")
    foreign = 0 if text.isascii() else len(raw.translate(None, _ASCII))
    letters, spaces = len(raw) - len(raw.translate(None, _LETTERS)), raw.count(b" ")
    marks = len(raw) - foreign - letters - spaces
    plain = letters * _LETTER + spaces * _SPACE + marks * _MARK + foreign * _FOREIGN_BYTE
    return min(plain + _strangeness(raw, letters, spaces + 1), float(len(raw)))


def _strangeness(raw: bytes, letters: int, words: int) -> float:
    """What letters cost more than English ones would."""
    rare = len(raw) - len(raw.translate(None, _RARE_LETTERS))
    capitals = len(raw) - len(raw.translate(None, _CAPITALS))
    return (
        max(0.0, rare - letters * _RARE_SHARE) * _RARE
        + max(0, letters - words * _WORD) * _ENDLESS
        + max(0, capitals - words) * _SHOUTED
    )


def shortened(text: str, tokens: float) -> str:
    """As much of a text, from its beginning, as has about so many tokens; whole words if there are any."""
    kept, count = text, estimated(text)
    while kept and count > tokens:
        share = max(0.0, tokens) / count
        kept = kept[: min(len(kept) - 1, int(len(kept) * share))]
        count = estimated(kept)
    if kept == text:
        return text
    whole = kept.rpartition(" ")[0]
    return whole if len(whole) * 2 > len(kept) else kept


_WINDOW: Final = 64  # prompts
_LEAST_TOKENS: Final = 24.0  # shorter prompts say little
_LEAST, _MOST = 0.75, 2.0  # times the estimate: what a server says beyond that is not believed
_STEPS: Final = (
    16  # to one: a budget that moves with every prompt would be new to the server's cache each time
)
_MARGIN: Final = 0.02


@dataclass(slots=True)
class Calibration:
    """What one model really counts, against the estimate: the worst ratio of its last prompts, and a margin.

    The worst but one, to be exact: a single prompt full of gibberish does not make all others shorter.
    """

    ratio: float = 1.0
    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=_WINDOW))

    def learn(self, estimate: float, counted: int | None) -> None:
        """The server counted one prompt. For the worse it is believed at once, for the better after a while."""
        if counted is None or counted <= 0 or estimate < _LEAST_TOKENS:
            return
        self._seen.append(min(max(counted / estimate + _MARGIN, _LEAST), _MOST))
        if len(self._seen) > 1:
            worst = math.ceil(sorted(self._seen)[-2] * _STEPS) / _STEPS
            if worst > self.ratio or len(self._seen) == _WINDOW:
                self.ratio = worst

    def room(self, tokens: float) -> float:
        """What the estimate may come to, for the server to count no more than so many."""
        return tokens / self.ratio
