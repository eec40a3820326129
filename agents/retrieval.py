"""Which memories come to mind: a sum of how fresh, how important and how much to the point each is.

The three and their sum are those of Park et al., "Generative Agents" (UIST 2023). To the point is what BM25 says
(Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). All in whole numbers, so that
the same memories come to mind on every machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.memory import Memory
from agents.words import terms

FULL_SCORE: Final = 1000
_FRESH: Final = np.array(
    (1000, 917, 841, 771, 707, 648, 595, 545), dtype=np.int64
)  # 1000 / 2 ** (eighths / 8)
_EIGHTHS: Final = 8
_FORGOTTEN: Final = 10  # half-lives, after which nothing is left of a thousand
_LOG_BITS: Final = 10  # of a logarithm's fraction

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the three, against each other."""

    recency: int = 1
    importance: int = 1
    relevance: int = 1


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody tries to remember, when, and after how many ticks a memory is half as fresh."""

    text: str
    tick: int
    half_life: int
    weights: Weights = Weights()


def recency(age: Ints, half_life: int) -> Ints:
    """How fresh what is so many ticks old is: 1000, halved with every half-life."""
    eighths = np.maximum(age, 0) * _EIGHTHS // max(1, half_life)
    halvings = np.minimum(eighths // _EIGHTHS, _FORGOTTEN)
    return np.asarray(_FRESH[eighths % _EIGHTHS] >> halvings)


class WordIndex:
    """Which texts hold which words; texts come and go by number."""

    def __init__(self) -> None:
        self._words: dict[int, tuple[str, ...]] = {}  # each once
        self._holders: dict[str, dict[int, int]] = {}  # stem -> number -> how often
        self._length: dict[int, int] = {}
        self._columns: tuple[Ints, Ints] | None = None  # numbers, ascending, and lengths

    def __len__(self) -> int:
        return len(self._words)

    @property
    def numbers(self) -> Ints:
        """Of all texts, ascending."""
        return self._as_columns()[0]

    def add(self, number: int, text: str) -> None:
        """One text more."""
        counts = Counter(terms(text))
        self._words[number] = tuple(counts)
        for word, count in counts.items():
            self._holders.setdefault(word, {})[number] = count
        self._length[number] = counts.total()
        self._columns = None

    def remove(self, number: int) -> None:
        """One less."""
        for word in self._words.pop(number):
            holders = self._holders[word]
            del holders[number]
            if not holders:
                del self._holders[word]
        del self._length[number]
        self._columns = None

    def scores(self, text: str) -> Ints:
        """BM25 of every text, in the order of `numbers` and to a common factor; k1 = 1.2, b = 0.75."""
        numbers, lengths = self._as_columns()
        count, total = len(self), int(lengths.sum())
        found = np.zeros(count, dtype=np.int64)
        for word in set(terms(text)) & self._holders.keys():  # sums of whole numbers: in any order the same
            holders = self._holders[word]
            rarity = log2(2 * count + 2) - log2(2 * len(holders) + 1)
            where = np.searchsorted(numbers, np.fromiter(holders.keys(), np.int64, len(holders)))
            times = np.fromiter(holders.values(), np.int64, len(holders))
            # 2.2 tf / (tf + 1.2 (0.25 + 0.75 length / mean length)), both halves times ten times the total.
            part = 10 * total * times + 3 * total + 9 * count * lengths[where]
            found[where] += rarity * times * 22 * total // part
        return found

    def _as_columns(self) -> tuple[Ints, Ints]:
        if self._columns is None:
            numbers = sorted(self._length)
            lengths = [self._length[number] for number in numbers]
            self._columns = np.array(numbers, dtype=np.int64), np.array(lengths, dtype=np.int64)
        return self._columns


class Recollection:
    """All that one person remembers, ready to be searched; numbers grow with time."""

    def __init__(self) -> None:
        self._memories: dict[int, Memory] = {}
        self._index = WordIndex()
        self._columns: tuple[Ints, Ints] | None = None

    def __len__(self) -> int:
        return len(self._memories)

    @property
    def numbers(self) -> Iterable[int]:
        """Of all that is remembered."""
        return self._memories.keys()

    def add(self, number: int, memory: Memory) -> None:
        """One more memory."""
        self._memories[number] = memory
        self._index.add(number, memory.text)
        self._columns = None

    def remove(self, number: int) -> None:
        """It is forgotten."""
        del self._memories[number]
        self._index.remove(number)
        self._columns = None

    def all(self) -> list[Memory]:
        """All of them, oldest first."""
        return [self._memories[number] for number in sorted(self._memories)]

    def retrieve(self, question: Question, most: int) -> list[Memory]:
        """What comes to mind first; of equals the newest."""
        if not self._memories or most < 1:
            return []
        numbers, weights, (ticks, importance) = self._index.numbers, question.weights, self._as_columns()
        score = weights.recency * recency(question.tick - ticks, question.half_life)
        score += weights.importance * importance + weights.relevance * self._relevance(question.text)
        best = np.argsort(score, kind="stable")[
            : -most - 1 : -1
        ]  # from behind: there are the newest of equals
        return [self._memories[number] for number in numbers[best].tolist()]

    def _relevance(self, text: str) -> Ints:
        """Up to 1000, which the text most to the point has."""
        scores = self._index.scores(text)
        return scores * FULL_SCORE // max(1, int(scores.max()))

    def _as_columns(self) -> tuple[Ints, Ints]:
        """Ticks and importance, by ascending number."""
        if self._columns is None:
            held = self.all()
            ticks = np.array([memory.tick for memory in held], dtype=np.int64)
            self._columns = ticks, np.array([memory.importance for memory in held], dtype=np.int64)
        return self._columns


def _fraction(index: int) -> int:
    """The binary logarithm of 1 + index / 256, in 1024ths, by squaring: no floating point has a say in it."""
    value, found = (256 + index) << 22, 0  # a fixed point with 30 bits behind it
    for _ in range(_LOG_BITS):
        value = value * value >> 30
        found <<= 1
        if value >> 31:
            value >>= 1
            found |= 1
    return found


_LOGS: Final = tuple(map(_fraction, range(256)))


def log2(number: int) -> int:
    """The binary logarithm of a whole number over 0, in 1024ths."""
    whole = number.bit_length() - 1
    return (whole << _LOG_BITS) + _LOGS[(number << 8 >> whole) & 255]
