"""What a finished line means for the talk it stands in: as the model told it, else read by rules.

What a model tells beside its words is believed field by field, and only where it could be true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from agents.lexicon import Lexicon
from llm.types import Fields, Shape


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


_MOST: Final = 100
_DASH: Final = "—"
_BEFORE_A_DASH: Final = " ,;:-–—"  # noqa: RUF001 - other dashes
_MOST_HEARSAY: Final = 4
_CLOSING_MARKS: Final = " \"'…)"
_NAME: Final = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")  # inside a sentence
_GUIDE: Final = (
    f"Then what the words do: `mood` they stir and `warmth` towards the hearer, each from -{_MOST} to {_MOST}, "
    "`addressed` the first name of whom they are said to, `topic` in a word or two."
)
_OF_PURPOSE: Final = {
    "exit": Intent.LEAVE,
    "change_topic": Intent.CHANGE_TOPIC,
    "agree": Intent.AGREE,
    "disagree": Intent.DISAGREE,
}


def line_shape() -> Shape:
    """What an able model is asked for beside the words."""
    number = {
        "type": "integer"
    }  # its bounds are in the guide: not every server takes them in a strict schema
    properties = {
        "utterance": {"type": "string"},
        "intent": {"type": "string", "enum": [intent.value for intent in Intent]},
        "mood": number,
        "warmth": number,
        "addressed": {"type": "string"},
        "topic": {"type": "string"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return Shape("spoken_line", json.dumps(schema, separators=(",", ":")), guide=_GUIDE)


def cut_off(text: str) -> str:
    """A line that somebody cut short ends with a dash, at the last whole word that was heard."""
    return f"{text.rstrip(_BEFORE_A_DASH)}{_DASH}"


class Reader:
    """Reads lines; the same line is read alike on every machine."""

    def __init__(
        self, lexicon: Lexicon, topic_of: Callable[[str], str], knows: Callable[[str], bool]
    ) -> None:
        self._lexicon = lexicon
        self._topic_of = topic_of
        self._knows = knows

    def read(self, text: str, listeners: Sequence[str], fields: Fields = ()) -> Reading:
        """What a line means that was said to these people (first names)."""
        mood, warmth = self._lexicon.weigh(text)
        told = dict(fields)
        return Reading(
            intent=_intent(told) or self._intent(text),
            mood=_hundredths(told, "mood", mood),
            warmth=_hundredths(told, "warmth", warmth),
            addressed=_listener(told, listeners) or _spoken_to(text, listeners),
            topic=self._topic_of(text),
            hearsay=tuple(name for name in dict.fromkeys(_NAME.findall(text)) if not self._knows(name))[
                :_MOST_HEARSAY
            ],
        )

    def _intent(self, text: str) -> Intent:
        """A farewell anywhere, else a question at the end, else what its phrases tell."""
        purpose = _OF_PURPOSE.get(self._lexicon.purpose(text), Intent.CONTINUE)
        if purpose is not Intent.LEAVE and text.rstrip(_CLOSING_MARKS).endswith("?"):
            return Intent.ASK
        return purpose


def _intent(told: Mapping[str, object]) -> Intent | None:
    value = told.get("intent")
    return Intent(value) if isinstance(value, str) and value in set(Intent) else None


def _hundredths(told: Mapping[str, object], key: str, read: int) -> int:
    value = told.get(key)
    told_right = type(value) is int and -_MOST <= value <= _MOST  # a truth value is no number here
    return value if told_right and isinstance(value, int) else read


def _listener(told: Mapping[str, object], listeners: Sequence[str]) -> str:
    value = told.get("addressed")
    return value if isinstance(value, str) and value in listeners else ""


def _spoken_to(text: str, listeners: Sequence[str]) -> str:
    """Whose name is called, first of all at the ends of the line; the only listener anyway."""
    if len(listeners) == 1:
        return listeners[0]
    return next((name for name in listeners if name in text and _calls(name).search(text)), "")


@lru_cache(maxsize=1024)  # to compile one takes half a millisecond, and the town's names are few
def _calls(name: str) -> re.Pattern[str]:
    """How a name stands in a line in which somebody is called by it."""
    return re.compile(rf"(?:^|[,!?.] ){re.escape(name)}\b[,!?.]|, {re.escape(name)}\b")
