"""Where a line that was cut off may end. Pure."""

from __future__ import annotations

import re
from typing import Final

_SENTENCE_END: Final = re.compile(r"[.!?…][\"'’”)]*(?=\s|$)")  # noqa: RUF001 - typographer's quotes
_TRAIL: Final = "…"
SENTENCE_ENDS: Final = (".", "!", "?", "…")


def last_end(text: str) -> int:
    """Where the last whole sentence ends; 0 where none does."""
    return max(text.rfind(mark) for mark in SENTENCE_ENDS) + 1


def kept_of_cut(shown: str, hidden: str) -> str:
    """Of text that nobody has seen yet, what is said after all: to its last sentence end, else all of it, trailing off.

    `hidden` is whole words, as the gate closed them. If what was shown is whole sentences already, and no other ends
    in the rest, the rest is dropped.
    """
    ends = [end.end() for end in _SENTENCE_END.finditer(hidden.removesuffix(_TRAIL))]
    if ends:
        return hidden[: ends[-1]]
    is_whole = any(end.end() == len(shown.rstrip()) for end in _SENTENCE_END.finditer(shown.rstrip()))
    return "" if is_whole else hidden
