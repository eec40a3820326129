"""The slots of a server that keeps what each has read: who is asked where, and how long a slot would have to read.

Everybody keeps to a slot of their own as long as there are enough; while it is busy with somebody else, the next
free one is better than waiting. Pure but for the clock that it is given.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from llm.prefixes import Prefixes


class Reading:
    """One prompt put to one slot."""

    def __init__(self, prefixes: Prefixes, slot: int, text: str, now_s: Callable[[], float]) -> None:
        self.slot = slot
        self.was_heard = False  # the first word has come, so the prompt is read
        self._prefixes = prefixes
        self._text = text
        self._now_s = now_s
        self._begun_s = now_s()

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the question carries so that it comes to this slot."""
        return {"id_slot": self.slot} if self.slot >= 0 else {}

    def heard(self) -> None:
        """Something came back."""
        if not self.was_heard:
            self.was_heard = True
            self._prefixes.has_read(self.slot, self._text, self._now_s() - self._begun_s)

    def over(self) -> None:
        """Nothing more will come; the server keeps what it has read until now."""
        if not self.was_heard:
            self._prefixes.gave_up(self.slot, self._text, self._now_s() - self._begun_s)


class Slots:
    """Of one server; with a count of 0 it is nobody's business where it reads."""

    def __init__(self, count: int = 0, now_s: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self._now_s = now_s
        self._prefixes = Prefixes()
        self._busy: set[int] = set()

    def reading_s(self, npc: int, text: str) -> float:
        """How long this NPC's slot would read before it can answer."""
        return self._prefixes.reading_s(npc % self.count, text) if self.count else 0.0

    @contextlib.contextmanager
    def asked(self, npc: int, text: str) -> Iterator[Reading]:
        """A prompt on its way: the slot is busy while inside."""
        slot = self._free(npc)
        reading = Reading(self._prefixes, slot, text, self._now_s)
        self._busy.add(slot)
        try:
            yield reading
        finally:
            self._busy.discard(slot)
            reading.over()

    def _free(self, npc: int) -> int:
        if not self.count:
            return -1
        turns = ((npc + step) % self.count for step in range(self.count))
        return next((slot for slot in turns if slot not in self._busy), npc % self.count)
