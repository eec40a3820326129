"""What a finished line means for the talk it stands in, read by rules: no model is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Intent(StrEnum):
    """What the speaker wants the talk to do next."""

    CONTINUE = "continue"
    ASK = "ask_question"
    CHANGE_TOPIC = "change_topic"
    AGREE = "agree"
    DISAGREE = "disagree"
    LEAVE = "exit"


@dataclass(frozen=True, slots=True)
class Reading:
    """The meaning of one line."""

    intent: Intent = Intent.CONTINUE
    mood: int = 0  # what it stirs in who hears it, as valence, -100 to 100
    warmth: int = 0  # how kind it is to whom it is said to, -100 to 100
    addressed: str = ""  # first name of the one it is said to; empty: to all of them
    topic: str = ""  # id of the topic it is about, if that can be told
    hearsay: tuple[str, ...] = ()  # names that nobody in town has: remembered, never acted upon


_FAREWELL: Final = re.compile(
    r"\b(good ?bye|farewell|see you (later|soon|around|tomorrow|tonight)|good ?night|take care|i must (be off|go)"
    r"|i(?:'d| had) (better|best) (be off|be going|go)|i should (be off|get back|get going)|until (tomorrow|tonight|next))\b",
    re.IGNORECASE,
)


def read(text: str) -> Reading:
    """A farewell anywhere, else a question at the end, else plain talk."""
    if _FAREWELL.search(text):
        return Reading(Intent.LEAVE)
    if text.rstrip(" \"'…").endswith("?"):
        return Reading(Intent.ASK)
    return Reading(Intent.CONTINUE)
