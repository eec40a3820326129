"""How temper colours a line that anybody might say: a word in front of it, or a louder end. By rules, and seldom."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from agents.template_files import Situation

SIDES: Final = 20  # of the die that is thrown for each line

# Each temper has so many sides of the die, and one way to speak on each; what lies above them all leaves a line as it is.
_WAYS: Final = (
    ("extraversion_low", ("Um.", "Well. Um.")),
    ("neuroticism_high", ("Oh dear.", "I hardly dare say it.")),
    ("agreeableness_low", ("Bah.",)),
    ("openness_high", ("Picture it.",)),
    ("extraversion_high", ("!", "!", "Ha!")),
)
_MOST: Final = SIDES // 4  # at most one line in four
_LONGEST: Final = 120  # characters of a line that can bear more
_PLAIN: Final = (  # said as they stand: the first and the last words, and what is short and sharp already
    Situation.GREETING,
    Situation.JOIN_GREETING,
    Situation.FAREWELL,
    Situation.FAREWELL_REPLY,
    Situation.LEAVE_TAKING,
    Situation.INTERJECTION,
)
_LOUD_END: Final = "!"
_TOLD: Final = (
    Situation.OPENING,
    Situation.NEW_TOPIC,
)  # what one can be asked to picture, or be afraid to say
_TELLING: Final = frozenset({"Picture it.", "I hardly dare say it."})
_GRUFF: Final = frozenset({"Bah."})
_CONTRARY: Final = (Situation.REPLY,)
_STARTS: Final = frozenset({"oh", "um", "well", "ha", "hm", "no", "yes", "bah", "ah", "still", "what"})


def coloured(text: str, situation: Situation, tilts: Collection[str], die: int) -> str:
    """The line as somebody of this temper says it, by a throw of a die with SIDES sides."""
    if situation in _PLAIN or len(text) > _LONGEST or die >= _MOST:
        return text
    ways = [way for tilt, some in _WAYS if tilt in tilts for way in some]
    if die >= len(ways):
        return text
    return _said(text, situation, ways[die])


def _said(text: str, situation: Situation, way: str) -> str:
    if way == _LOUD_END:
        return f"{text[:-1]}!" if text.endswith(".") and not text.endswith("..") else text
    if way in _TELLING and situation not in _TOLD:
        return text
    if way in _GRUFF and situation not in _CONTRARY:
        return text
    has_one = text.split(maxsplit=1)[0].rstrip(",.!").lower() in _STARTS
    return text if has_one else f"{way} {text}"
