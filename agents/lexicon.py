"""What words do to people, as one table from one file: mood, warmth, and phrases that tell what a line is for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

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
    mood: dict[str, int]
    warmth: dict[str, int]
    phrases: dict[str, re.Pattern[str]] = field(repr=False)  # by purpose
    _stems: tuple[tuple[str, int, int], ...] = field(repr=False)  # beginning, mood, warmth

    def weigh(self, text: str) -> tuple[int, int]:
        """Mood and warmth of a line, each -100 to 100."""
        mood = warmth = 0
        since_negator, factor = _REACH + 1, 2
        for word in _WORD.findall(text.lower().replace("’", "'")):  # noqa: RUF001 - typographer's apostrophe
            feels, kind = self._of(word)
            if feels or kind:
                turned = _TURNED if since_negator <= _REACH else 3
                mood += feels * turned * factor
                warmth += kind * turned * factor
            since_negator = 1 if word in self.negators else since_negator + 1
            factor = _MORE if word in self.stronger else _LESS if word in self.weaker else 2
        return _scaled(mood), _scaled(warmth)

    def purpose(self, text: str) -> str:
        """What a line is for, by the phrases in it; empty if none tells."""
        lowered = text.lower().replace("’", "'")  # noqa: RUF001 - as above
        return next((name for name, pattern in self.phrases.items() if pattern.search(lowered)), "")

    def _of(self, word: str) -> tuple[int, int]:
        mood, warmth = self.mood.get(word), self.warmth.get(word)
        if mood is None and warmth is None:
            for stem, feels, kind in self._stems:
                if word.startswith(stem):
                    return feels, kind
        return mood or 0, warmth or 0


def load_lexicon(path: Path) -> Lexicon:
    """The table. Raises LexiconError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, LexiconError))
    except ValidationError as error:
        raise LexiconError(said_plainly(path, error, _Sheet.model_fields)) from error
    mood, warmth = _by_word(sheet.mood), _by_word(sheet.warmth)
    stems = dict.fromkeys(word for word in (*mood, *warmth) if word.endswith("*"))
    return Lexicon(
        negators=frozenset(sheet.negators),
        stronger=frozenset(sheet.stronger),
        weaker=frozenset(sheet.weaker),
        mood=mood,
        warmth=warmth,
        phrases={purpose: _any_of(phrases) for purpose, phrases in sheet.intent.items()},
        _stems=tuple((stem.rstrip("*"), mood.get(stem, 0), warmth.get(stem, 0)) for stem in stems),
    )


def _by_word(table: dict[Weight, Words]) -> dict[str, int]:
    return {word: int(weight) for weight, words in table.items() for word in words}


def _any_of(phrases: Words) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")


def _scaled(sixths: int) -> int:
    return max(-_MOST, min(_MOST, sixths * _A_POINT // (_STRONGEST * 2)))
