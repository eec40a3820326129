"""Small pieces of JSON: one escape of a string at a time, a key, and what of an object has no depth. Pure."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from pydantic_core import from_json

from llm.types import Fields

MAX_FIELDS: Final = 32

_ESCAPE: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_HALF_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_LOW: Final = re.compile(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF_LOW: Final = re.compile(r"(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?\Z")
_PLAIN: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LOST: Final = "\ufffd"  # for half a character


def string_of(raw: str) -> str:
    """What stands between two quotes, unescaped; nothing where it is damaged."""
    try:
        return str(from_json(f'"{raw}"'))
    except ValueError:
        return ""


def scalars_of(told: object) -> Fields:
    """What of an object has no depth and is something, in its order."""
    if not isinstance(told, dict):
        return ()
    return tuple((key, value) for key, value in told.items() if _is_scalar(value))[:MAX_FIELDS]


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


class Escape(NamedTuple):
    """What it stands for, and where it ends."""

    text: str
    end: int


def unescape(text: str, position: int) -> Escape | None:
    """The escape that begins here; None where more must come first. Raises ValueError where it is none."""
    escape = _ESCAPE.match(text, position)
    if escape is None:
        if _HALF_ESCAPE.match(text, position):
            return None
        raise ValueError("no escape of JSON")
    letter, end = text[position + 1], escape.end()
    if letter != "u":
        return Escape(_PLAIN.get(letter, letter), end)
    code = int(text[position + 2 : end], 16)
    if 0xD800 <= code <= 0xDBFF:
        return _with_low_half(text, code, end)
    return Escape(_LOST if 0xDC00 <= code <= 0xDFFF else chr(code), end)


def _with_low_half(text: str, high: int, position: int) -> Escape | None:
    """A character beyond the first 65,536 comes as two escapes."""
    low = _LOW.match(text, position)
    if low is None:
        return None if _HALF_LOW.match(text, position) else Escape(_LOST, position)
    half = int(text[position + 2 : low.end()], 16)
    return Escape(chr(0x10000 + ((high - 0xD800) << 10) + half - 0xDC00), low.end())
