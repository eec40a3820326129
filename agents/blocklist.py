"""Words that nobody says, whichever tier writes the line: a list of words and of beginnings of words, from a file."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_STANDS_FOR: Final = str.maketrans(
    {"4": "a", "@": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t"}
)
_LONGEST: Final = 60


class BlocklistError(Exception):
    """The block-list cannot be used. One line that names the file, the line and what was expected."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """Compared with one word at a time."""

    words: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """One entry a line, `stem*` for all that begin so, `#` before a comment. Raises BlocklistError."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeError) as error:
            raise BlocklistError(f"{path}: cannot be read as a list of words ({error})") from None
        words, stems = set(), []
        for number, line in enumerate(lines, 1):
            entry = line.partition("#")[0].strip()
            if not entry:
                continue
            if " " in entry or len(entry) > _LONGEST or not folded(entry):
                raise BlocklistError(
                    f"{path}:{number}: expected one word, or its beginning and a *, got {entry[:40]!r}"
                )
            if entry.endswith("*"):
                stems.append(folded(entry))
            else:
                words.add(folded(entry))
        return cls(frozenset(words), tuple(stems))

    def holds(self, word: str) -> bool:
        """Whether this word is on it, however it is dressed up."""
        if not self.words and not self.stems:
            return False
        letters = folded(word)
        return letters in self.words or letters.startswith(self.stems)


def folded(word: str) -> str:
    """Its letters alone: no case, no accents, no marks in between, digits read as the letters they look like."""
    plain = unicodedata.normalize("NFKD", word).casefold().rstrip("!").translate(_STANDS_FOR)
    return "".join(character for character in plain if character.isalpha())
