"""What words do to people, as one table from one file: mood, warmth, and phrases that tell what a line is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
_MORE, _AS_IT_IS, _LESS = 3, 2, 1  # halves
_A_POINT: Final = 16  # hundredths of mood or warmth, of one point
_MOST: Final = 100

Weight = Literal["3", "2", "1", "-1", "-2", "-3"]
Words = Annotated[tuple[str, ...], Field(min_length=1)]
Purpose = Literal["exit", "change_topic", "agree", "disagree"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)  # the first found counts
_MOST_WORDS: Final = 20_000  # that are kept


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


@dataclass(frozen=True, slots=True)
class _Note:
    """What one word does in a line."""

    mood: int
    warmth: int
    negates: bool
    factor: int  # of the word after it, in halves
    phrases: tuple[tuple[int, list[str]], ...]  # purpose and words of those it begins

    def __bool__(self) -> bool:
        return bool(self.mood or self.warmth or self.negates or self.phrases or self.factor != _AS_IT_IS)


class _Notes(dict[str, _Note | None]):
    """Of each word that was met; None of the many that do nothing. A line is looked up in one go."""

    def __init__(self, take: Callable[[str], _Note]) -> None:
        super().__init__()
        self._take = take

    def __missing__(self, word: str) -> _Note | None:
        note = self._take(word) or None
        if len(self) < _MOST_WORDS:
            self[word] = note
        return note


@dataclass(frozen=True)
class Lexicon:
    """Looked up a word at a time."""

    negators: frozenset[str]
    stronger: frozenset[str]
    weaker: frozenset[str]
    phrases: Mapping[str, tuple[tuple[int, list[str]], ...]] = field(
        repr=False
    )  # first word -> purpose, words
    weights: Mapping[str, tuple[int, int]] = field(repr=False)  # mood and warmth
    stems: tuple[tuple[str, int, int], ...] = field(repr=False)  # beginning, mood, warmth
    _notes: _Notes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_notes", _Notes(self._note))

    def weigh(self, text: str) -> tuple[int, int]:
        """Mood and warmth of a line, each -100 to 100."""
        mood = warmth = 0
        negated_until, heightened, factor = -1, -1, _AS_IT_IS
        for at, note in self._notable(_words_of(text)):
            if note.mood or note.warmth:
                thirds = _TURNED if at <= negated_until else 3
                halves = factor if at == heightened else _AS_IT_IS
                mood += note.mood * thirds * halves
                warmth += note.warmth * thirds * halves
            if note.negates:
                negated_until = at + _REACH
            heightened, factor = at + 1, note.factor
        return _scaled(mood), _scaled(warmth)

    def purpose(self, text: str) -> str:
        """What a line is for, by the phrases in it, the weightiest first; empty if none tells."""
        words, best = _words_of(text), len(PURPOSES)
        for at, note in self._notable(words):
            for purpose, phrase in note.phrases:
                if purpose < best and words[at : at + len(phrase)] == phrase:
                    best = purpose
        return PURPOSES[best] if best < len(PURPOSES) else ""

    def _notable(self, words: Sequence[str]) -> list[tuple[int, _Note]]:
        return [(at, note) for at, note in enumerate(map(self._notes.__getitem__, words)) if note is not None]

    def _note(self, word: str) -> _Note:
        mood, warmth = self.weights.get(word) or next(
            ((feels, kind) for stem, feels, kind in self.stems if word.startswith(stem)), (0, 0)
        )
        factor = _MORE if word in self.stronger else _LESS if word in self.weaker else _AS_IT_IS
        return _Note(mood, warmth, word in self.negators, factor, self.phrases.get(word, ()))


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
        weights={word: weight for word, weight in weights.items() if not word.endswith("*")},
        stems=tuple((word[:-1], *weight) for word, weight in weights.items() if word.endswith("*")),
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
