"""What an answer begins with that was asked for as one JSON object: blanks, a fence, thoughts, words of introduction.

Pure. What is said of a beginning is never taken back when more of it has come.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import product
from typing import Final, NamedTuple

_LONGEST_HEAD: Final = 160  # what goes on longer without an object is speech
_LONGEST_TAG: Final = 20
_FENCE: Final = re.compile(r"```[\w+-]{0,20}\s*")
_THINKING: Final = ("think", "thinking", "thought", "reasoning", "analysis")
_TAG: Final = re.compile(rf"<({'|'.join(_THINKING)})\b[^<>]*>", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\s,.!:]+")
_POLITE: Final = ("", "sure ", "certainly ", "of course ", "okay ", "ok ", "alright ")
_BARE: Final = ("here", "below", "the json", "json", "output", "response", "answer", "result", "object")
_INTRODUCTIONS: Final = tuple(map("".join, product(_POLITE, _BARE)))


class Begins(Enum):
    """What comes next."""

    OBJECT = auto()
    THOUGHT = auto()
    AGAIN = auto()  # what was passed over tells nothing: look again
    PLAIN = auto()
    UNKNOWN = auto()  # until more has come


class Head(NamedTuple):
    """What an answer begins with, and where that which comes next begins."""

    what: Begins
    end: int = 0
    closer: str = ""  # of a thought


_PLAIN: Final = Head(Begins.PLAIN)
_UNKNOWN: Final = Head(Begins.UNKNOWN)


def head_of(held: str) -> Head:
    """Of an answer from its first character that is not blank."""
    if held[0] == "{":
        return Head(Begins.OBJECT)
    begin = held[:_LONGEST_HEAD]
    if held[0] == "`":
        head = _fenced(begin)
    elif held[0] == "<":
        head = _tagged(begin[:_LONGEST_TAG])
    else:
        head = _introduced(begin)
    return _PLAIN if head is _UNKNOWN and len(held) > len(begin) else head


def _fenced(begin: str) -> Head:
    fence = _FENCE.match(begin)
    if fence and fence.end() < len(begin):
        return Head(Begins.AGAIN, fence.end()) if begin[fence.end()] in "{<" else _PLAIN
    return _UNKNOWN if fence or "```".startswith(begin) else _PLAIN


def _tagged(begin: str) -> Head:
    tag = _TAG.match(begin)
    if tag:
        return Head(Begins.THOUGHT, tag.end(), f"</{tag[1].lower()}>")
    name = begin[1:].lower()
    may_be = name.startswith(_THINKING) or any(one.startswith(name) for one in _THINKING)
    return _UNKNOWN if may_be and ">" not in begin and len(begin) < _LONGEST_TAG else _PLAIN


def _introduced(begin: str) -> Head:
    """Words such as "Sure! Here is the JSON:"; nobody in a play speaks like that of what they say."""
    said = _SEPARATORS.sub(" ", begin.lower())
    for introduction in _INTRODUCTIONS:
        if said.startswith(introduction) and not said[len(introduction) :][:1].isalnum():
            brace = begin.find("{")
            return _UNKNOWN if brace < 0 else Head(Begins.OBJECT, brace)
    return _UNKNOWN if any(one.startswith(said) for one in _INTRODUCTIONS) else _PLAIN
