"""Which names the town knows, so that a model cannot people it with strangers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_CAPITAL: Final = re.compile(r"\b[A-Z][\w’'-]*")  # noqa: RUF001 - typographer's apostrophe
_WORD: Final = re.compile(r"[\w’'-]+")  # noqa: RUF001 - as above
_PLACE_AFTER: Final = frozenset(
    {"in", "at", "from", "near", "through", "past", "beyond", "all", "across", "around"}
)
SOMEBODY: Final = "somebody"
SOMEWHERE: Final = "somewhere"


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Words that may stand with a capital inside a sentence."""

    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, texts: Iterable[str], *files: Path) -> Self:
        """Every capitalised word of these texts, and every word of these files."""
        found = {_key(word) for text in texts for word in _CAPITAL.findall(text)}
        for path in files:
            for line in path.read_text(encoding="utf-8").splitlines():
                found.update(_key(word) for word in _WORD.findall(line.partition("#")[0]))
        return cls(frozenset(found))

    def with_people(self, names: Iterable[str]) -> KnownNames:
        """And these people's."""
        more = {_key(word) for name in names for word in _WORD.findall(name)}
        return self if more <= self.words else KnownNames(self.words | more)

    def knows(self, word: str) -> bool:
        """Whether a word is no strange name: without a capital, all in capitals, or known."""
        match = _WORD.search(word)
        if match is None or not self.words:
            return True
        name = match.group()
        if not name[0].isupper() or (len(name) > 1 and name.isupper()) or len(name) == 1:
            return True
        return _key(name) in self.words

    @staticmethod
    def instead(word: str, before: str) -> str:
        """What is said for a strange name, with the marks round it."""
        match = _WORD.search(word)
        assert match is not None, "only a word that is not known is replaced"
        possessive = "'s" if re.search(r"['’]s$", match.group()) else ""  # noqa: RUF001 - as above
        stand_in = SOMEWHERE if before.lower() in _PLACE_AFTER else SOMEBODY + possessive
        return word[: match.start()] + stand_in + word[match.end() :]


def _key(word: str) -> str:
    """Without case and without what is joined on: Ben's, Ben-boy."""
    return re.split(r"['’-]", word, maxsplit=1)[0].casefold()  # noqa: RUF001 - as above
