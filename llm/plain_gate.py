"""The gate of callers who bring none: thinking, tags and control characters stay behind, everything else passes.

Fed piece by piece; however the pieces are cut, the same text comes out.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from llm.types import Request

_THINKING_TAGS: Final = frozenset({"think", "thinking", "thought", "reasoning", "analysis"})
_LONGEST_TAG: Final = 40  # an open < without its > in so many characters was no tag
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_JOINERS: Final = frozenset("\n\t\u200d")  # hidden by category, but part of a text


class PlainGate:
    """`llm.protocol.Gate` for a question that is no part in a play."""

    over: Final = False

    def __init__(self, request: Request) -> None:  # noqa: ARG002 - the factory's door
        self._tag = ""  # from its < on, while it is open
        self._thinking = ""  # the name of the tag that opened it
        self._begun = False

    def feed(self, text: str) -> str:
        """More raw text in; what may be shown of it out."""
        passed = "".join(map(self._one, text))
        if not self._begun:
            passed = passed.lstrip()
            self._begun = bool(passed)
        return passed

    def close(self, *, cut: bool) -> str:
        """The end: a < that opened nothing was text; what was cut off trails."""
        rest, self._tag = ("" if self._thinking else self._tag), ""
        return rest + ("…" if cut and self._begun else "")

    def _one(self, character: str) -> str:
        if self._tag:
            return self._in_tag(character)
        if character == "<":
            self._tag = character
            return ""
        hidden = unicodedata.category(character) in _HIDDEN and character not in _JOINERS
        return "" if self._thinking or hidden else character

    def _in_tag(self, character: str) -> str:
        self._tag += character
        if character == ">":
            name = self._tag.strip("</ >").lower()
            if self._thinking:
                closes = self._tag.startswith("</") and name == self._thinking
                self._thinking = "" if closes else self._thinking
            elif name in _THINKING_TAGS and not self._tag.startswith("</"):
                self._thinking = name
            self._tag = ""
            return ""
        if len(self._tag) > _LONGEST_TAG or (
            len(self._tag) == 2 and not (character.isalpha() or character == "/")
        ):
            text, self._tag = self._tag, ""
            return "" if self._thinking else text
        return ""
