"""What nobody in a town would say, and a machine might: that it is one, whom it serves, and what its errors and keys look like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_NOT_LETTERS: Final = re.compile(r"[^\w']+")
_LONG: Final = (
    20  # characters; a word of so many, with digits and letters in it, is a key or a number of something
)
_PHRASES: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "as an ai",
        "as an artificial intelligence",
        "i am an ai",
        "i'm an ai",
        "an ai assistant",
        "an ai model",
        "language model",
        "i cannot assist",
        "i can't assist",
        "my training data",
        "system prompt",
        "stay in character",
        "the user wants",
        "the user is asking",
        "openai",
        "chatgpt",
        "traceback",
    )
)
_WHOLE: Final = frozenset(_PHRASES)
_BEGINNINGS: Final = frozenset(phrase[:count] for phrase in _PHRASES for count in range(1, len(phrase)))
_LONGEST: Final = max(map(len, _PHRASES))


def is_no_word(word: str) -> bool:
    """An address, or what looks like a key."""
    if "://" in word:
        return True
    if len(word) < _LONG or word.isalpha():
        return False
    return any(one.isdigit() for one in word) and any(one.isalpha() for one in word)


def is_unspoken(words: Sequence[str]) -> bool:
    """Whether these words end with such a phrase."""
    return _longest_in(_WHOLE, words) > 0


def may_become(words: Sequence[str]) -> int:
    """How many of the last words may be the beginning of such a phrase."""
    return _longest_in(_BEGINNINGS, words)


def _longest_in(known: frozenset[tuple[str, ...]], words: Sequence[str]) -> int:
    last = tuple(_plain(word) for word in words[-_LONGEST:])
    return next((count for count in range(len(last), 0, -1) if last[-count:] in known), 0)


def _plain(word: str) -> str:
    return _NOT_LETTERS.sub("", word.casefold().replace("\u2019", "'"))
