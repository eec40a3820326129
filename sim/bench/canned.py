"""What a measurement may ask of the fake server besides the protocol, and words that tell when they were sent.

A stamp is a word of four letters: tenths of a millisecond of the clock that all processes of a machine share,
modulo 46 seconds. It is as long as a common word, so that whoever gathers words by length does so as always.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

FIELD: Final = "canned"  # of a request's body
STAMP_NS: Final = 100_000
_PAIRS: Final = tuple(map("".join, itertools.product(string.ascii_lowercase, repeat=2)))
_PAIR_BYTES: Final = tuple(pair.encode() for pair in _PAIRS)
_VALUE: Final = {pair: value for value, pair in enumerate(_PAIRS)}
_ROUND: Final = len(_PAIRS) ** 2  # stamps, until they begin anew


class Fault(StrEnum):
    """What a model server may do to a line."""

    REFUSED = "refused"  # status 500
    GARBAGE = "garbage"  # no JSON, twice
    CUT = "cut"  # the connection ends amid the words
    SILENT = "silent"  # half of the words, and then nothing
    ERROR = "error"  # an error object in the stream


@dataclass(frozen=True, slots=True)
class Canned:
    """One line, as the client wants it."""

    chunks: int
    rate: float  # chunks a second
    chunks_to: int = 0  # if more: lines are `chunks` to so many long, in turn
    delay_s: float = 0.0  # before the first chunk
    stamped: bool = False  # words are stamps, which also never repeat themselves
    faulty: int = 0  # if more than none: every so manyth line goes wrong, in one way after another

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self | None:
        """What a request asks, if it asks anything."""
        asked = body.get(FIELD)
        return cls(**asked) if isinstance(asked, dict) else None

    def as_body(self) -> dict[str, Any]:
        """As the request carries it; it stands above the request's limit of tokens."""
        return {FIELD: asdict(self)}

    def fault(self, line: int) -> Fault | None:
        """What goes wrong with the line of this number."""
        if not self.faulty or line % self.faulty:
            return None
        return tuple(Fault)[line // self.faulty % len(Fault)]

    def length(self, line: int) -> int:
        """Chunks of the line of this number."""
        spread = max(self.chunks_to - self.chunks, 0) + 1
        return self.chunks + line * 7 % spread


def stamp(now_ns: int) -> bytes:
    """This moment as a word."""
    high, low = divmod(now_ns // STAMP_NS % _ROUND, len(_PAIRS))
    return _PAIR_BYTES[high] + _PAIR_BYTES[low]


def age_ms(word: str, now_ns: int) -> float:
    """How long ago that word was sent."""
    sent = _VALUE[word[:2]] * len(_PAIRS) + _VALUE[word[2:]]
    return (now_ns // STAMP_NS - sent) % _ROUND * STAMP_NS / 1e6
