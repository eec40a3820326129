"""What a line may be: whole words of one person, one line of text, no word or name that has no place in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.blocklist import Blocklist
from agents.known_names import KnownNames
from agents.unspoken import is_no_word, is_unspoken, may_become
from llm.sentences import SENTENCE_ENDS

_ENOUGH: Final = 0.6  # of the greatest length, after which a line that ends with a sentence has ended
_LONGEST_WORD: Final = 40  # no word of a spoken line is longer; more is not held back but dropped


@dataclass(frozen=True, slots=True)
class LineRules:
    """What holds for every line of a town."""

    max_length: int = 200
    blocklist: Blocklist = field(default_factory=Blocklist)
    names: KnownNames = field(default_factory=KnownNames)  # without any, no name is strange


class Line:
    """Speakable characters in, a spoken line out, whole words at a time."""

    def __init__(
        self, own_names: Sequence[str], other_names: Sequence[str], rules: LineRules, *, written: bool = False
    ) -> None:
        self._rules = rules
        self._written = written
        here = rules.names.with_people((*own_names, *other_names)) if rules.names.words else rules.names
        self._names = KnownNames() if written else here  # what was written here knows its names
        self._own = {name.casefold() for name in own_names}
        self._others = {name.casefold() for name in other_names}
        self._word = ""
        self._held_words: list[str] = []  # while they may still turn out to be a name in front
        self._at_start = True
        self._replaced = False  # the last word was a strange name
        self.over = False
        self.blocked = False
        self.shown = ""

    def feed(self, text: str) -> None:
        """More that can be spoken: one character of any kind, or words with nothing but blanks between them."""
        if len(text) == 1:
            self._take(text)
            return
        first, *others = text.split(" ")
        self._go_on(first)
        for word in others:
            self._take(" ")
            self._go_on(word)

    def _go_on(self, part: str) -> None:
        if not self.over:
            self._word += part[: max(0, _LONGEST_WORD - len(self._word))]

    def _take(self, character: str) -> None:
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
        if not cut or self._word.endswith(SENTENCE_ENDS):
            self._end_word()
        self._release()
        self.shown += self._ending(cut=cut)
        self.over = True

    def _ending(self, *, cut: bool) -> str:
        """What makes a whole sentence of the last one: nothing, a full stop, or dots if it trails off."""
        if not self.shown or self.shown.endswith(SENTENCE_ENDS):
            return ""
        return "." if self.shown[-1].isalnum() and not cut else self._dots()

    def _dots(self) -> str:
        """After a comma, which may have been seen already, they stand apart."""
        return " …" if self.shown[-1] in ",;:" else "…"

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
        if is_unspoken(self._held_words):
            self._block()
            return
        begin = " ".join(self._held_words).casefold()
        if not (self._at_start and any(name.startswith(begin) for name in self._own | self._others)):
            self._release(may_become(self._held_words))

    def _release(self, kept: int = 0) -> None:
        """Show the words that wait, as far as the length allows, but for the last few that are kept.

        Nothing is shown before there is a letter.
        """
        if not self.shown and not any(character.isalnum() for word in self._held_words for character in word):
            return
        free = len(self._held_words) - kept
        for word in self._held_words[:free]:
            self._show(word)
        self._held_words = self._held_words[free:]

    def _show(self, word: str) -> None:
        if self.over:
            return
        if self._rules.blocklist.holds(word) or is_no_word(word):
            self._block()
            return
        word = self._without_strangers(word)
        if not word:
            return
        if not self.shown:
            word = word[:1].upper() + word[1:]
        spaced = f" {word}" if self.shown else word
        if len(self.shown) + len(spaced) >= self._rules.max_length:
            self._stop()
            return
        self._at_start = False
        self.shown += spaced if spaced.isascii() else unicodedata.normalize("NFC", spaced)
        enough = len(self.shown) >= self._rules.max_length * _ENOUGH and not self._written
        self.over = enough and word.endswith(SENTENCE_ENDS)

    def _without_strangers(self, word: str) -> str:
        """The word, or what stands for a name that nobody in town has; of a name of two words once."""
        is_first = not self.shown or self.shown.endswith(SENTENCE_ENDS)
        if is_first or self._names.knows(word):
            self._replaced = False
            return word
        before = self.shown.rsplit(" ", 1)[-1]
        if self._replaced:
            return ""
        self._replaced = True
        return self._names.instead(word, before)

    def _block(self) -> None:
        """What cannot be said ends the line."""
        self._held_words = []
        self._stop()
        self.blocked = True

    def _stop(self) -> None:
        """It ends here, trailing off; of what begins so, nothing is said."""
        self.shown += "" if not self.shown or self.shown.endswith(SENTENCE_ENDS) else self._dots()
        self.over = True
