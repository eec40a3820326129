"""Whether a line says again what was said: by the trigrams of its letters, so that a word changed here or there does not hide it.

Similarity is that of Jaccard (1912): what two lines share, of all that they have. Nothing in here remembers more than it
is told to.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from llm.types import Fingerprint

SIMILAR: Final = 800  # thousandths, from which two lines are the same
CLAUSE: Final = 40  # characters of a first clause at most
_CONTAINED: Final = 900  # thousandths of a clause that one earlier line has: it begins as that one did
_CONTAINED_LONG: Final = 950  # the same for what has grown past its first clause
_LEAST_CLAUSE: Final = 18  # characters; "Good morning, Ben." may come every day
_LEAST_LONG: Final = 48
_PHRASE: Final = 6  # words
_WORN: Final = 4  # lines that share one
_LEDGER: Final = 150  # lines
_KEPT: Final = 50  # lines of a speaker, or of a group, that a new one is compared with
_OTHER: Final = re.compile(r"[^\w]+")
_CLAUSE_END: Final = re.compile(r"[,;:.!?…]")


def plain(text: str) -> str:
    """Letters and digits in lower case, one space between words."""
    return _OTHER.sub(" ", text.casefold()).strip()


def fingerprint(text: str) -> Fingerprint:
    """What a line is made of: its trigrams."""
    letters = plain(text)
    return (
        frozenset(letters[at : at + 3] for at in range(max(1, len(letters) - 2))) if letters else frozenset()
    )


def similarity(one: Fingerprint, other: Fingerprint) -> int:
    """How much two lines are the same, in thousandths."""
    shared = len(one & other)
    return shared * 1000 // (len(one) + len(other) - shared) if shared else 0


def nearest(mark: Fingerprint, others: Iterable[Fingerprint]) -> int:
    """The greatest similarity with any of them."""
    return max((similarity(mark, other) for other in others), default=0)


def phrases(text: str) -> Iterator[str]:
    """Every run of so many words."""
    words = plain(text).split()
    return (" ".join(words[at : at + _PHRASE]) for at in range(len(words) - _PHRASE + 1))


def first_clause(text: str) -> str:
    """How a line begins: up to its first stop, or as much as is waited for."""
    end = _CLAUSE_END.search(text, _LEAST_CLAUSE)
    return text[: min(end.end(), CLAUSE) if end else CLAUSE]


def opening(text: str) -> str:
    """The first turn of phrase of a line, or all of a clause that is too short to have one."""
    clause = first_clause(text)
    return next(phrases(clause), plain(clause))


@dataclass(slots=True)
class PhraseLedger:
    """Which turns of phrase the models' lines of the whole town have worn out lately."""

    lines: deque[tuple[str, ...]] = field(default_factory=lambda: deque(maxlen=_LEDGER))
    _counts: Counter[str] = field(default_factory=Counter)
    _worn: frozenset[str] | None = field(default=None, init=False)  # as of the last line

    def heard(self, text: str) -> None:
        """One more line; the oldest is forgotten."""
        if len(self.lines) == _LEDGER:
            self._counts.subtract(self.lines[0])
            self._counts += Counter()  # without what is no longer there
        self.lines.append(tuple(dict.fromkeys(phrases(text))))
        self._counts.update(self.lines[-1])
        self._worn = None

    def worn(self) -> frozenset[str]:
        """Those that several lines share."""
        if self._worn is None:
            self._worn = frozenset(phrase for phrase, lines in self._counts.items() if lines >= _WORN)
        return self._worn


class Guard:
    """Listens to one line as it grows, and to nothing else."""

    def __init__(self, said: Sequence[Fingerprint], worn: Collection[str] = ()) -> None:
        self._said = said
        self._worn = worn

    @staticmethod
    def is_clause(text: str) -> bool:
        """Whether the first clause is whole, or as long as one is waited for."""
        return len(text) >= CLAUSE or _CLAUSE_END.search(text, _LEAST_CLAUSE) is not None

    def begins_again(self, text: str) -> bool:
        """Whether it begins as one of them did, or with a worn phrase."""
        if len(text) < _LEAST_CLAUSE:
            return False
        clause = first_clause(text)
        is_worn = plain(clause) in self._worn or any(one in self._worn for one in phrases(clause))
        return is_worn or self._is_in_one(clause, _CONTAINED)

    def goes_on_again(self, text: str) -> bool:
        """Whether all of it so far is part of one of them."""
        return len(text) >= _LEAST_LONG and self._is_in_one(text, _CONTAINED_LONG)

    def _is_in_one(self, text: str, share: int) -> bool:
        mark = fingerprint(text)
        return any(len(mark & other) * 1000 >= len(mark) * share for other in self._said)


@dataclass(slots=True)
class RepetitionCounter:
    """The share of lines that are nearly one of the last fifty of their speaker or their group."""

    lines: int = 0
    repeated: int = 0
    _kept: dict[tuple[str, int], deque[Fingerprint]] = field(default_factory=dict)

    def heard(self, speaker: int, group: int, text: str) -> None:
        """One more line."""
        mark = fingerprint(text)
        shelves = [self._shelf("speaker", speaker), self._shelf("group", group)]
        self.lines += 1
        self.repeated += max(nearest(mark, shelf) for shelf in shelves) > SIMILAR
        for shelf in shelves:
            shelf.append(mark)

    @property
    def rate(self) -> float:
        """0 to 1."""
        return self.repeated / self.lines if self.lines else 0.0

    def _shelf(self, kind: str, number: int) -> deque[Fingerprint]:
        key = (kind, number)
        if key not in self._kept:
            self._kept[key] = deque(maxlen=_KEPT)
            self._forget_old_groups()
        return self._kept[key]

    def _forget_old_groups(self) -> None:
        """Talks end, and are not compared with any more."""
        groups = [key for key in self._kept if key[0] == "group"]
        if len(groups) > _MOST_GROUPS:
            del self._kept[groups[0]]


_MOST_GROUPS: Final = 100  # more than go on at once
