"""The gate of callers who bring none: thinking, tags and control characters stay behind, everything else passes.

Fed piece by piece; however the pieces are cut, the same text comes out.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from llm.types import Request

_THINKING_TAGS: Final = frozenset({"think", "thinking", "thought", "reasoning", "analysis"})
_LONGEST_TAG: Final = 200  # an open < without its > in so many characters was no tag
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
_JOINERS: Final = frozenset("\n\t\u200c\u200d")  # hidden by category, but part of a text


class PlainGate:
    """`llm.protocol.Gate` for a question that is no part in a play."""

    over: Final = False

    def __init__(self, request: Request) -> None:  # noqa: ARG002 - the factory's door
        self._tag = ""  # from its < on, while it is open
        self._thinking = ""  # the name of the tag that opened it
        self._depth = 0  # of tags of that name
        self._begun = False

    def feed(self, text: str) -> str:
        """More raw text in; what may be shown of it out."""
        passed = "".join(map(self._one, text))
        if not self._begun:
            passed = passed.lstrip()
            self._begun = bool(passed)
        return passed

    @property
    def repeats(self) -> bool:
        """It does not know what was said before."""
        return False

    def close(self, *, cut: bool) -> str:
        """The end: a < that opened nothing was text; what was cut off trails."""
        rest = self._take_tag()
        return rest + ("…" if cut and self._begun else "")

    def _one(self, character: str) -> str:
        if unicodedata.category(character) in _HIDDEN and character not in _JOINERS:
            return ""
        if character == "<":
            text = self._take_tag()  # what was open was no tag, for no tag has a < in it
            self._tag = character
            return text
        if not self._tag:
            return "" if self._thinking else character
        self._tag += character
        if character == ">":
            self._end_tag()
            return ""
        is_none = len(self._tag) == 2 and not (character.isalpha() or character == "/")
        return self._take_tag() if is_none or len(self._tag) > _LONGEST_TAG else ""

    def _take_tag(self) -> str:
        """What is open as text; of a thought, nothing."""
        text, self._tag = self._tag, ""
        return "" if self._thinking else text

    def _end_tag(self) -> None:
        words = self._tag.strip("</> \n\t").lower().split(None, 1)
        closes, alone = self._tag.startswith("</"), self._tag.endswith("/>")
        name, self._tag = (words[0] if words else ""), ""
        if alone or (name not in _THINKING_TAGS and not self._thinking):
            return
        if not self._thinking and not closes:
            self._thinking, self._depth = name, 1
        elif name == self._thinking:
            self._depth += -1 if closes else 1
            self._thinking = self._thinking if self._depth else ""
