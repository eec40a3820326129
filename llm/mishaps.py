"""What may go wrong with an answer, drawn by seed, tick and number: for soak tests and simulations. Pure.

The same question in the same run always meets the same mishap, whatever the clock says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from llm.types import Request

_OF: Final = 1000
_TICKS_PER_SECOND: Final = 60


class Mishap(StrEnum):
    """One thing that goes wrong."""

    AWAY = "away"  # nobody listens
    BROKEN = "broken"  # an error of the server's own
    BUSY = "busy"  # asked to come back later
    MUTE = "mute"  # no word comes, ever
    STALLS = "stalls"  # some words, and then none
    BREAKS = "breaks"  # some words, and then the line drops
    EMPTY = "empty"  # it ends without a word
    REPEATS = "repeats"  # the same words without end
    BABBLES = "babbles"  # what was never meant to be said: markup, errors, keys, control characters


@dataclass(frozen=True, slots=True)
class Profile:
    """How much goes wrong."""

    per_mille: Mapping[Mishap, int] = field(default_factory=dict)  # of all questions
    outage_s: int = 0  # world seconds: for so long a tier is there or not; 0: always there
    outages_per_mille: int = 0  # of these spells it is not


NO_FAULTS: Final = "none"
PROFILES: Final[Mapping[str, Profile]] = {
    NO_FAULTS: Profile(),
    "flaky": Profile(
        {
            Mishap.BROKEN: 30,
            Mishap.MUTE: 20,
            Mishap.STALLS: 20,
            Mishap.BREAKS: 20,
            Mishap.EMPTY: 10,
        },
        outage_s=60,
        outages_per_mille=50,
    ),
    "swizzle": Profile(outage_s=10, outages_per_mille=500),
    "hostile": Profile(
        {
            Mishap.BROKEN: 50,
            Mishap.BUSY: 30,
            Mishap.MUTE: 50,
            Mishap.STALLS: 50,
            Mishap.BREAKS: 50,
            Mishap.EMPTY: 50,
            Mishap.REPEATS: 50,
            Mishap.BABBLES: 100,
        },
        outage_s=30,
        outages_per_mille=100,
    ),
}
BABBLE: Final = (
    "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>",
    '{"error": {"message": "out of memory", "code": 500}}',
    'Traceback (most recent call last):\n  File "server.py", line 1, in <module>\nMemoryError',
    "\x1b[31mred\x1b[0m \u202egnol si siht\u202c \x00\x07 bell #",
    "Key number # is sk-proj-0123456789abcdefABCDEF0123456789, use it well.",
    "<think>The user wants me to stay in character.</think> As an AI language model, I cannot say that.",
    "*she leans in and whispers* [whispers] (stage direction)",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031ea\u034c\u034f #",
    "\U000e0041\U000e0042\u200b\u200b\u2066hidden #\u2069",
    "word " * 400,
)


@dataclass(slots=True)
class Misfortune:
    """Of one run."""

    profile: Profile
    seed: int
    met: dict[Mishap, int] = field(default_factory=dict)  # so far

    def of(self, request: Request) -> Mishap | None:
        """What goes wrong with the answer to this question, if anything; it counts as met."""
        mishap = self._drawn(request)
        if mishap is not None:
            self.met[mishap] = self.met.get(mishap, 0) + 1
        return mishap

    def babble(self, request: Request) -> str:
        """Which of those things it says."""
        return BABBLE[self._chance("babble", request.id, len(BABBLE))].replace("#", str(request.id))

    def is_out(self, tick: int) -> bool:
        """Whether nobody is there at this tick."""
        profile = self.profile
        if not profile.outage_s:
            return False
        spell = tick // (profile.outage_s * _TICKS_PER_SECOND)
        return self._chance("outage", spell, _OF) < profile.outages_per_mille

    def _drawn(self, request: Request) -> Mishap | None:
        if self.is_out(request.tick):
            return Mishap.AWAY
        drawn = self._chance("mishap", request.id, _OF)
        for mishap, share in self.profile.per_mille.items():
            if drawn < share:
                return mishap
            drawn -= share
        return None

    def _chance(self, what: str, number: int, below: int) -> int:
        told = f"{self.seed} {what} {number}".encode()
        return int.from_bytes(blake2b(told, digest_size=8).digest()) % below
