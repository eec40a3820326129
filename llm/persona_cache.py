"""Texts made of personas, kept. Pure; used from one thread.

A text is kept under who it is for and what it was made of, so a persona that changes is made anew by itself,
and the same persona gives the same bytes every time: that is what a server's own prefix cache lives on.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

_FINGERPRINT_BYTES: Final = 16


class BadPersona(ValueError):  # noqa: N818 - named for what happened, as all our errors are
    """A persona is not what it should be. One line that names the field."""


class PersonaFacts(BaseModel):
    """What a block is made of; read from an object's attributes or from a mapping's keys."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    system_prompt: str
    style_rules: tuple[str, ...] = ()
    voice_characteristics: tuple[str, ...] = ()

    @classmethod
    def of(cls, persona: object) -> PersonaFacts:
        """Check a persona. Raises BadPersona."""
        try:
            return cls.model_validate(persona)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(("persona", *map(str, first["loc"])))
            raise BadPersona(f"{where}: {first['msg']}, not {type(first['input']).__name__}") from error

    @property
    def fingerprint(self) -> bytes:
        """Equal for equal facts only, in every run of the program."""
        rules = str(len(self.style_rules))  # where they end and the voice begins
        return fingerprint_of((rules, self.system_prompt, *self.style_rules, *self.voice_characteristics))

    @property
    def text(self) -> str:
        """The block: who they are, then how they write, then how they sound; what is empty is left out."""
        parts = (
            self.system_prompt.strip(),
            _sentence("Style", self.style_rules),
            _sentence("Voice", self.voice_characteristics),
        )
        return "\n".join(filter(None, parts))


class PersonaCache:
    """The blocks of at most `size` personas; the least recently used goes first.

    A block that is kept costs the check of the persona and its fingerprint: 6 to 10 µs, as measured for one of 350
    characters.
    """

    def __init__(self, size: int) -> None:
        self._most = size
        self._texts: OrderedDict[tuple[str, bytes], str] = OrderedDict()
        self.hits = 0
        self.misses = 0
        self.evictions = 0

    @property
    def size(self) -> int:
        """Blocks that are kept now."""
        return len(self._texts)

    def block(self, agent_id: str, persona: Mapping[str, Any] | object) -> str:
        """The text of a persona. Raises BadPersona."""
        facts = PersonaFacts.of(persona)
        return self.of_text(agent_id, lambda: facts.text, facts.fingerprint)

    def of_text(self, agent_id: str, make: Callable[[], str], fingerprint: bytes) -> str:
        """Any other text about somebody; `fingerprint` must change with whatever `make` makes it of."""
        key = (agent_id, fingerprint)
        text = self._texts.get(key)
        if text is not None:
            self.hits += 1
            self._texts.move_to_end(key)
            return text
        text = make()
        self.misses += 1
        self._keep(key, text)
        return text

    def known(self, agent_id: str, persona: Mapping[str, Any] | object) -> bool:
        """Whether the block is kept; to ask counts for nothing. Raises BadPersona."""
        return (agent_id, PersonaFacts.of(persona).fingerprint) in self._texts

    def report(self) -> dict[str, int]:
        """The counters by name."""
        return {"hits": self.hits, "misses": self.misses, "evictions": self.evictions, "size": self.size}

    def _keep(self, key: tuple[str, bytes], text: str) -> None:
        self._texts[key] = text
        while len(self._texts) > self._most:
            self._texts.popitem(last=False)
            self.evictions += 1


def fingerprint_of(parts: Sequence[str]) -> bytes:
    """A short mark of some texts; no two different lists of texts share one."""
    lengths = ",".join(map(str, map(len, parts)))  # so that "ab", "c" is not "a", "bc"
    framed = f"{lengths}|{''.join(parts)}".encode()
    return hashlib.blake2b(framed, digest_size=_FINGERPRINT_BYTES).digest()


def _sentence(name: str, parts: Sequence[str]) -> str:
    said = "; ".join(filter(None, (part.strip().rstrip(".").rstrip() for part in parts)))
    return f"{name}: {said}." if said else ""
