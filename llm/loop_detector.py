"""Hears a model that repeats itself without end. Pure; text in, a verdict out.

It hears whole words, so how the text was cut into pieces changes nothing. It remembers twenty words and how
long each distance has repeated: the cost of a word, measured as 1 to 4 µs, does not grow with the reply.
"""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_WORD_CHARACTERS: Final = 120  # a longer word is no word
_LONGEST_PHRASE: Final = 20  # words; three of them are the sixty words that are heard at once
_SHORT_PHRASE: Final = 2  # people do say "no, no, no": so short a phrase may come four times
_TIMES_SHORT: Final = 5
_TIMES_LONG: Final = 3
_EDGES: Final = ".,;:!?…\"'“”‘’()[]*_-–—~"  # marks round a word; they do not make it another  # noqa: RUF001


def _repeats_needed(period: int) -> int:
    """So many words in a row must be the same as `period` words before."""
    times = _TIMES_SHORT if period <= _SHORT_PHRASE else _TIMES_LONG
    return (times - 1) * period


_NEEDED: Final = tuple(_repeats_needed(period) for period in range(1, _LONGEST_PHRASE + 1))


class LoopDetector:
    """Listens to one reply."""

    __slots__ = ("_latest", "_looped", "_repeated", "_tail")

    def __init__(self) -> None:
        self._latest: deque[str] = deque(maxlen=_LONGEST_PHRASE)  # the newest word first
        self._repeated = [0] * _LONGEST_PHRASE  # by distance: words in a row that were the same so far back
        self._tail = ""  # a word that has not ended yet
        self._looped = False

    def feed(self, text: str) -> bool:
        """Whether the reply has begun to repeat itself; once it has, for ever."""
        if self._looped or not text:
            return self._looped
        words = (self._tail + text).split()
        self._tail = "" if text[-1].isspace() or not words else words.pop()
        self._looped = any(map(self._completes_loop, words)) or len(self._tail) > MOST_WORD_CHARACTERS
        return self._looped

    def _completes_loop(self, spelled: str) -> bool:
        if len(spelled) > MOST_WORD_CHARACTERS:
            return True
        word = spelled.strip(_EDGES).lower() or spelled
        if word not in self._latest:  # most words are new, and then this is all there is to do
            self._repeated = [0] * _LONGEST_PHRASE
            self._latest.appendleft(word)
            return False
        found = False
        for distance, before in enumerate(self._latest):
            repeated = self._repeated[distance] + 1 if before == word else 0
            self._repeated[distance] = repeated
            found = found or repeated >= _NEEDED[distance]
        self._latest.appendleft(word)
        return found
