"""Words as they are looked for: small ones left out, and endings taken off. Pure, and the same on every machine."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LEAST_STEM: Final = 3
_DOUBLES: Final = frozenset("bdglmnprt")  # consonants that are doubled before an ending
_SMALL: Final = """a about after again all also am an and any are as at be because been before being but by can could did do
    does doing done for from had has have having he her here him his how i if in into is it its just me more most
    my no nor not now of off on once only or other our out over own she should so some such than that the their
    them then there these they this those through to too under up us very was we were what when where which while
    who whom why will with would you your"""
STOP_WORDS: Final = frozenset(_SMALL.split())
_ENDINGS: Final = (  # the first that fits is taken; what is left has three letters at least
    ("iness", "y"),
    ("ness", ""),
    ("ies", "y"),
    ("ied", "y"),
    ("sses", "ss"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("ly", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("s", ""),
)


def terms(text: str) -> list[str]:
    """The words of a text that say something, as stems, in order."""
    words = _WORD.findall(text.lower().replace("\u2019", "'"))
    return [stem(word) for word in words if word not in STOP_WORDS]


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its ending, so that baked, bakes and baking are one; rules of our own, far fewer than Porter's."""
    word = word.partition("'")[0]
    for ending, left in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(left) >= _LEAST_STEM:
            return _plain(word[: len(word) - len(ending)] + left)
    return _plain(word)


def _plain(word: str) -> str:
    """Without a doubled consonant or a silent e at its end."""
    if len(word) > _LEAST_STEM and word[-1] == word[-2] and word[-1] in _DOUBLES:
        return word[:-1]
    return word[:-1] if len(word) > _LEAST_STEM and word.endswith("e") else word
