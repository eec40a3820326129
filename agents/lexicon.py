"""What words do to people, as one table from one file: mood, warmth, and phrases that tell what a line is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.toml_files import read_table, said_plainly

_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_STRONGEST: Final = 3
_REACH: Final = 3  # words over which a negator turns a word that follows
_TURNED: Final = -2  # thirds: not good is less bad than bad
_MORE, _LESS = 3, 1  # halves
_A_POINT: Final = 16  # hundredths of mood or warmth, of one point
_MOST: Final = 100

Weight = Literal["3", "2", "1", "-1", "-2", "-3"]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
Purpose = Literal["exit", "change_topic", "agree", "disagree"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)  # the first found counts
_MOST_WORDS: Final = 20_000  # whose weight is kept


class LexiconError(Exception):
    """The words' file cannot be used. One line that names the file, the key and what was expected."""


class _Sheet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    negators: Words
    stronger: Words
    weaker: Words
    mood: dict[Weight, Words]
    warmth: dict[Weight, Words]
    intent: dict[Purpose, Words]


@dataclass(frozen=True)
class Lexicon:
    """Looked up a word at a time."""

    negators: frozenset[str]
    stronger: frozenset[str]
    weaker: frozenset[str]
    phrases: Mapping[str, tuple[tuple[int, list[str]], ...]] = field(
        repr=False
    )  # first word -> purpose, words
    _weights: dict[str, tuple[int, int]] = field(
        repr=False
    )  # mood and warmth; those of stems as they are met
    _stems: tuple[tuple[str, int, int], ...] = field(repr=False)  # beginning, mood, warmth

    def weigh(self, text: str) -> tuple[int, int]:
        """Mood and warmth of a line, each -100 to 100."""
        mood = warmth = 0
        since_negator, factor = _REACH + 1, 2
        for word in _words_of(text):
            feels, kind = self._weights.get(word) or self._of(word)
            if feels or kind:
                turned = _TURNED if since_negator <= _REACH else 3
                mood += feels * turned * factor
                warmth += kind * turned * factor
            since_negator = 1 if word in self.negators else since_negator + 1
            factor = _MORE if word in self.stronger else _LESS if word in self.weaker else 2
        return _scaled(mood), _scaled(warmth)

    def purpose(self, text: str) -> str:
        """What a line is for, by the phrases in it, the weightiest first; empty if none tells."""
        words, best = _words_of(text), len(PURPOSES)
        for at, word in enumerate(words):
            for purpose, phrase in self.phrases.get(word, ()):
                if purpose < best and words[at : at + len(phrase)] == phrase:
                    best = purpose
        return PURPOSES[best] if best < len(PURPOSES) else ""

    def _of(self, word: str) -> tuple[int, int]:
        found = next(((feels, kind) for stem, feels, kind in self._stems if word.startswith(stem)), (0, 0))
        if len(self._weights) < _MOST_WORDS:
            self._weights[word] = found
        return found


def load_lexicon(path: Path) -> Lexicon:
    """The table. Raises LexiconError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, LexiconError))
    except ValidationError as error:
        raise LexiconError(said_plainly(path, error, _Sheet.model_fields)) from error
    mood, warmth = _by_word(sheet.mood), _by_word(sheet.warmth)
    weights = {word: (mood.get(word, 0), warmth.get(word, 0)) for word in (*mood, *warmth)}
    return Lexicon(
        negators=frozenset(sheet.negators),
        stronger=frozenset(sheet.stronger),
        weaker=frozenset(sheet.weaker),
        phrases=_by_first_word(sheet.intent),
        _weights={word: weight for word, weight in weights.items() if not word.endswith("*")},
        _stems=tuple((word[:-1], *weight) for word, weight in weights.items() if word.endswith("*")),
    )


@lru_cache(maxsize=8)  # a line is read for several things
def _words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))  # noqa: RUF001 - typographer's apostrophe


def _by_first_word(intents: Mapping[Purpose, Words]) -> dict[str, tuple[tuple[int, list[str]], ...]]:
    found: dict[str, tuple[tuple[int, list[str]], ...]] = {}
    for purpose, phrases in intents.items():
        for words in map(_words_of, phrases):
            found[words[0]] = (*found.get(words[0], ()), (PURPOSES.index(purpose), words))
    return found


def _by_word(table: dict[Weight, Words]) -> dict[str, int]:
    return {word: int(weight) for weight, words in table.items() for word in words}


def _scaled(sixths: int) -> int:
    return max(-_MOST, min(_MOST, sixths * _A_POINT // (_STRONGEST * 2)))
