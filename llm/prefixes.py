"""What each slot of a server has read, and how long it would take to read a prompt there. Pure.

A server that keeps prefixes reads only what it has not read before; on a small machine the rest may still take
longer than anybody would wait. Knowing that beforehand, one has it read ahead instead of asking in vain.
"""

from __future__ import annotations

import os.path
from typing import Final

_TOKENS_A_CHARACTER: Final = 0.27  # measured over the town's prompts
_FIRST_RATE: Final = 100.0  # tokens a second until it is measured: one shared core, 135 million parameters
_SURE: Final = 0.8  # share of what should have been read by then that is believed to be
_NEWEST: Final = 0.3  # share of the newest reading in the running mean
_LEAST_TOKENS: Final = 40.0  # shorter readings say more of the round trip than of the rate


class Prefixes:
    """One server's slots."""

    def __init__(self) -> None:
        self._read: dict[int, str] = {}
        self._rate = _FIRST_RATE

    def reading_s(self, slot: int, text: str) -> float:
        """How long the slot would read before it can answer, in seconds."""
        return self._unread_tokens(slot, text) / self._rate

    def has_read(self, slot: int, text: str, took_s: float) -> None:
        """The slot has read all of it; the time that took teaches how fast it reads."""
        tokens = self._unread_tokens(slot, text)
        if tokens >= _LEAST_TOKENS and took_s > 0:
            self._rate += (tokens / took_s - self._rate) * _NEWEST
        self._read[slot] = text

    def gave_up(self, slot: int, text: str, took_s: float) -> None:
        """Nothing was heard in this time: the slot reads no faster than that, and has come about so far."""
        tokens = self._unread_tokens(slot, text)
        if tokens >= _LEAST_TOKENS and took_s > 0:
            self._rate += (min(tokens / took_s, self._rate) - self._rate) * _NEWEST
            unread = max(0.0, tokens - took_s * self._rate * _SURE)
            self._read[slot] = text[: len(text) - int(unread / _TOKENS_A_CHARACTER)]

    def _unread_tokens(self, slot: int, text: str) -> float:
        known = os.path.commonprefix((self._read.get(slot, ""), text))  # noqa: RUF071 - of characters, as wanted
        return (len(text) - len(known)) * _TOKENS_A_CHARACTER
