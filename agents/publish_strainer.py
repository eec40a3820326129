"""What a character may be: thinking, tags, asides, mark-up and what cannot be spoken stay behind. Rules of a line are elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

_THINKING_TAGS: Final = frozenset({"think", "thinking", "thought", "reasoning", "analysis"})
_PAGE_TAGS: Final = frozenset({"!doctype", "html", "head", "body", "script", "style", "svg"})
_ASIDES: Final = {"(": ")", "[": "]", "{": "}"}
_MARKUP: Final = frozenset('*_`#~|\\"“”«»„<>')
_LONGEST_TAG: Final = 200  # an open < without its > in so many characters was no tag
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_MARKS: Final = frozenset({"Mn", "Me"})
_MOST_MARKS: Final = 3  # on one letter
_ESCAPE: Final = "\x1b"
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ,.!?;'-]+")  # of which nothing can be meant but what it is


class _Mode(Enum):
    TEXT = auto()
    TAG = auto()
    THINKING = auto()
    ASIDE = auto()
    STARS = auto()
    ESCAPE = auto()


class Strainer:
    """Characters in, speakable characters out: thinking, tags, asides and mark-up stay behind."""

    def __init__(self, pour: Callable[[str], None]) -> None:
        self._pour = pour
        self._mode = _Mode.TEXT
        self._held = ""  # of the tag, aside or starred words now open
        self._closer = ""
        self._marks = 0  # on the last letter

    def feed(self, text: str) -> None:
        """More characters: what is plain as it comes, all else one by one."""
        at = 0
        while at < len(text):
            plain = _PLAIN.match(text, at) if self._mode is _Mode.TEXT else None
            if plain:
                self._marks = 0
                self._pour(plain[0])
                at = plain.end()
            else:
                _IN[self._mode](self, text[at])
                at += 1

    def close(self) -> None:
        """What is still open was no stage direction if it was starred words; all else stays behind."""
        if self._mode is _Mode.STARS:
            self._pour_all(self._held)

    def _open(self, mode: _Mode, closer: str) -> None:
        self._mode, self._closer, self._held = mode, closer, ""

    def in_text(self, character: str) -> None:
        """Plain text: what opens something else is looked for, what cannot be spoken is dropped."""
        if character == "<":
            self._open(_Mode.TAG, ">")
        elif character in _ASIDES:
            self._open(_Mode.ASIDE, _ASIDES[character])
        elif character == "*":
            self._open(_Mode.STARS, "*")
        elif character == _ESCAPE:
            self._open(_Mode.ESCAPE, "")
        elif character in "\n\r\u2028\u2029":
            self._pour("\n")
        elif character.isspace():
            self._pour(" ")
        elif character.isascii():
            if character not in _MARKUP and character >= " " and character != "\x7f":
                self._marks = 0
                self._pour(character)
        elif character not in _MARKUP:
            self._pour_foreign(character)

    def _pour_foreign(self, character: str) -> None:
        """Letters of any script and signs that show; so many marks on one of them."""
        category = unicodedata.category(character)
        self._marks = self._marks + 1 if category in _MARKS else 0
        if category not in _HIDDEN_CATEGORIES and self._marks <= _MOST_MARKS:
            self._pour(character)

    def in_escape(self, character: str) -> None:
        """What a terminal would obey: a whole sequence is left out, not only the character that opens it."""
        if not self._held and character in "[]PX^_":
            self._held = character
        elif self._held.startswith("["):
            if "@" <= character <= "~":
                self._mode = _Mode.TEXT
        elif self._held:
            self._held += character
            if character == "\x07" or self._held.endswith("\x1b\\") or len(self._held) > _LONGEST_TAG:
                self._mode = _Mode.TEXT
        else:
            self._mode = _Mode.TEXT

    def in_tag(self, character: str) -> None:
        """Between < and >; a thinking tag opens what is thought and not said, and a page's what is no speech at all."""
        if character == ">":
            name = self._held.strip(" /").split(" ", 1)[0].lower()
            opens = name in _THINKING_TAGS | _PAGE_TAGS and not self._held.startswith("/")
            self._open(_Mode.THINKING if opens else _Mode.TEXT, name)
        elif character.isspace() and not self._held or len(self._held) > _LONGEST_TAG:  # noqa: RUF021 - reads as said
            self._mode = _Mode.TEXT  # a lone "less than": dropped with the mark-up
            self.in_text(character)
        else:
            self._held += character

    def in_thinking(self, character: str) -> None:
        """Thoughts, until their tag is closed."""
        self._held = (self._held + character)[-len(self._closer) - 3 :].lower()
        if self._held == f"</{self._closer}>":
            self._open(_Mode.TEXT, "")

    def in_aside(self, character: str) -> None:
        """Stage directions in brackets."""
        if character == self._closer:
            self._open(_Mode.TEXT, "")

    def in_stars(self, character: str) -> None:
        """One starred word was stressed and is kept; several are a stage direction; `**` is only mark-up."""
        if character == "*" or character == "\n":  # noqa: PLR1714 - two different reasons
            words = self._held
            self._open(_Mode.TEXT, "")
            if " " not in words.strip() or character == "\n":
                self._pour_all(words)
            if character == "\n":
                self.in_text(character)
        else:
            self._held += character

    def _pour_all(self, text: str) -> None:
        self._mode = _Mode.TEXT
        for character in text:
            self.in_text(character)


# A table of functions, not of an instance's own methods: those would be a reference cycle in every line.
_IN: Final[Mapping[_Mode, Callable[[Strainer, str], None]]] = {
    _Mode.TEXT: Strainer.in_text,
    _Mode.TAG: Strainer.in_tag,
    _Mode.THINKING: Strainer.in_thinking,
    _Mode.ASIDE: Strainer.in_aside,
    _Mode.STARS: Strainer.in_stars,
    _Mode.ESCAPE: Strainer.in_escape,
}
