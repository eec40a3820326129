"""The one gate: whatever anybody says, of whatever tier, is shown only as this lets it through.

A pure filter, fed piece by piece; however the pieces are cut, the same words come out. It takes out thinking,
tags, stage directions, mark-up, control and bidirectional characters and the speaker's own name in front; it
holds back a word until it is whole; it ends the line at a line break, at a foreign speaker's name, and at the
length limit. Rules of what a line may be are in `_Line`, rules of what a character may be in `_Strainer`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Final

_THINKING_TAGS: Final = frozenset({"think", "thinking", "thought", "reasoning", "analysis"})
_ASIDES: Final = {"(": ")", "[": "]", "{": "}"}
_MARKUP: Final = frozenset('*_`#~|\\"“”«»„<>')
_LONGEST_TAG: Final = 200  # an open < without its > in so many characters was no tag
_SENTENCE_ENDS: Final = (".", "!", "?", "…")
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_LONGEST_WORD: Final = 40  # no word of a spoken line is longer; more is not held back but dropped


class _Mode(Enum):
    TEXT = auto()
    TAG = auto()
    THINKING = auto()
    ASIDE = auto()
    STARS = auto()


class _Strainer:
    """Characters in, speakable characters out: thinking, tags, asides and mark-up stay behind."""

    def __init__(self, pour: Callable[[str], None]) -> None:
        self._pour = pour
        self._mode = _Mode.TEXT
        self._held = ""  # of the tag, aside or starred words now open
        self._closer = ""

    def feed(self, character: str) -> None:
        """One character more."""
        _IN[self._mode](self, character)

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
        elif character in "\n\r\u2028\u2029":
            self._pour("\n")
        elif character.isspace():
            self._pour(" ")
        elif character not in _MARKUP and unicodedata.category(character) not in _HIDDEN_CATEGORIES:
            self._pour(character)

    def in_tag(self, character: str) -> None:
        """Between < and >; a thinking tag opens what is thought and not said."""
        if character == ">":
            name = self._held.strip(" /").split(" ", 1)[0].lower()
            opens = name in _THINKING_TAGS and not self._held.startswith("/")
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
_IN: Final[Mapping[_Mode, Callable[[_Strainer, str], None]]] = {
    _Mode.TEXT: _Strainer.in_text,
    _Mode.TAG: _Strainer.in_tag,
    _Mode.THINKING: _Strainer.in_thinking,
    _Mode.ASIDE: _Strainer.in_aside,
    _Mode.STARS: _Strainer.in_stars,
}


class _Line:
    """Speakable characters in, a spoken line out, whole words at a time."""

    def __init__(self, own_names: Sequence[str], other_names: Sequence[str], max_length: int) -> None:
        self._own = {name.casefold() for name in own_names}
        self._others = {name.casefold() for name in other_names}
        self._max_length = max_length
        self._word = ""
        self._held_words: list[str] = []  # while they may still turn out to be a name in front
        self._at_start = True
        self.over = False
        self.shown = ""

    def feed(self, character: str) -> None:
        """One speakable character more."""
        if self.over:
            return
        if character == "\n":
            self._break_line()
        elif character == " ":
            self._end_word()
        elif character == ":" and self._is_name_in_front():
            self._drop_name()
        elif len(self._word) < _LONGEST_WORD:
            self._word += character

    def close(self, *, cut: bool) -> None:
        """The end: a word in the making is whole unless the model was cut off, and then the line trails off."""
        if self.over:
            return
        if not cut or self._word.endswith(_SENTENCE_ENDS):
            self._end_word()
        self._release()
        self.shown += self._ending(cut=cut)
        self.over = True

    def _ending(self, *, cut: bool) -> str:
        """What makes a whole sentence of the last one: nothing, a full stop, or dots if it trails off."""
        if not self.shown or self.shown.endswith(_SENTENCE_ENDS):
            return ""
        return "." if self.shown[-1].isalnum() and not cut else "…"

    def _break_line(self) -> None:
        """A line of speech is one line of text."""
        self._end_word()
        self._release()
        self.shown += self._ending(cut=False)
        self.over = bool(self.shown)

    def _in_front(self) -> str:
        return " ".join([*self._held_words, self._word]).casefold()

    def _is_name_in_front(self) -> bool:
        return self._at_start and self._in_front() in self._own | self._others

    def _drop_name(self) -> None:
        """Our own name in front is only a habit of models; another's means that these are not our words."""
        self.over = self._in_front() in self._others
        self._held_words, self._word = [], ""

    def _end_word(self) -> None:
        if not self._word:
            return
        self._held_words.append(self._word)
        self._word = ""
        begin = " ".join(self._held_words).casefold()
        if not (self._at_start and any(name.startswith(begin) for name in self._own | self._others)):
            self._release()

    def _release(self) -> None:
        """Show the words that wait, as far as the length allows; nothing is shown before there is a letter."""
        if not self.shown and not any(character.isalnum() for word in self._held_words for character in word):
            return
        for word in self._held_words:
            self._show(word)
        self._held_words = []

    def _show(self, word: str) -> None:
        if self.over:
            return
        if not self.shown:
            word = word[:1].upper() + word[1:]
        spaced = f" {word}" if self.shown else word
        if len(self.shown) + len(spaced) >= self._max_length:
            self.shown += "" if self.shown.endswith(_SENTENCE_ENDS) else "…"
            self.over = True
            return
        self._at_start = False
        self.shown += spaced


class PublishGate:
    """One line's gate; `llm.protocol.Gate` as the client sees it."""

    def __init__(self, speaker: str, others: Sequence[str] = (), max_length: int = 200) -> None:
        self._line = _Line((speaker, speaker.split(" ", 1)[0]), others, max_length)
        self._strainer = _Strainer(self._line.feed)
        self._given = 0

    def feed(self, text: str) -> str:
        """More raw text in; what may be shown of it out."""
        for character in text:
            self._strainer.feed(character)
        return self._take()

    @property
    def over(self) -> bool:
        """Whether the line has ended, whatever may still come."""
        return self._line.over

    @property
    def repeats(self) -> bool:
        """It does not know what was said before."""
        return False

    def close(self, *, cut: bool) -> str:
        """No more raw text; the rest that may be shown."""
        self._strainer.close()
        self._line.close(cut=cut)
        return self._take()

    def _take(self) -> str:
        fresh = self._line.shown[self._given :]
        self._given = len(self._line.shown)
        return fresh
