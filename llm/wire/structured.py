"""Answers that are one JSON object: the words that are spoken as they come, and the rest of it at its end.

Pure, and boundaries between the pieces fed carry no meaning. What cannot be read as the value of the spoken key is
never words; an answer that is no object at all is plain text and passes as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, assert_never

from pydantic_core import from_json

from llm.types import Fields
from llm.wire.answer_head import Begins, head_of
from llm.wire.json_text import scalars_of, string_of, unescape

MAX_KEPT: Final = 64 * 1024  # characters of an object that are held until its end; a longer one tells nothing
_MAX_KEY: Final = 200
_MAX_DEPTH: Final = 32
_WAIT: Final = -1

_BLANK: Final = " \t\r\n\ufeff"
_BLANKS: Final = re.compile(r"[ \t\r\n\ufeff]*")
_STRING_END: Final = re.compile(r'["\\]')
_KEY: Final = re.compile(r'((?:[^"\\]|\\.)*)"', re.DOTALL)
_SCALAR: Final = re.compile(r"[-+.\w]+")
_NESTING: Final = re.compile(r'["{}\[\]]')


def _past_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


class _At(Enum):
    START = auto()  # before the object
    THINKING = auto()
    PLAIN = auto()  # there is none
    KEY = auto()  # or the end of the object
    COLON = auto()
    VALUE = auto()
    SPOKEN = auto()
    STRING = auto()
    SCALAR = auto()
    NESTED = auto()
    COMMA = auto()  # or the end of the object
    DONE = auto()
    BROKEN = auto()


class SpokenField:
    """Reads one answer of which the value of one key is spoken."""

    def __init__(self, name: str = "utterance") -> None:
        self._name = name
        self._at = _At.START
        self._tail = ""  # what cannot be read before more has come
        self._out: list[str] = []
        self._kept: list[str] = []  # the object without its spoken words
        self._length = 0
        self._key = ""
        self._closer = ""  # of the thinking tag that is open
        self._depth = 0
        self.whole = False  # the spoken words have been read to their end

    @property
    def alive(self) -> bool:
        """It tells something that is not spoken: no silence, though no words come."""
        return self._at is _At.THINKING or self.whole

    def feed(self, text: str) -> str:
        """More of the answer in; the words in it out."""
        if self._at is _At.SPOKEN and not self._tail and '"' not in text and "\\" not in text:
            return text  # as nearly every piece is
        text, self._tail, self._out = self._tail + text, "", []
        position = 0
        while position < len(text):
            after = _STEPS[self._at](self, text, position)
            if after == _WAIT:
                self._tail = text[position:]
                break
            position = after
        return "".join(self._out)

    def rest(self) -> str:
        """No more will come: plain words that were held because an object might have followed."""
        held, self._tail = self._tail.lstrip(_BLANK), ""
        if self._at is not _At.START or held.startswith(("`", "<")):
            return ""
        self._at = _At.PLAIN
        return held

    def close(self) -> Fields | None:
        """Everything flat that the object told beside its words; None where it was damaged."""
        if self._at in {_At.START, _At.THINKING, _At.PLAIN}:
            return ()
        if self._at is not _At.DONE or self._length > MAX_KEPT:
            return None
        try:
            told = from_json("".join(self._kept), allow_inf_nan=False)
        except ValueError:
            return None
        return tuple((key, value) for key, value in scalars_of(told) if key != self._name)

    def _keep(self, text: str) -> None:
        self._length += len(text)
        if self._length <= MAX_KEPT:
            self._kept.append(text)
        else:
            self._kept.clear()

    def _go(self, at: _At, text: str, begin: int, end: int) -> int:
        """On to the next part; what lies between belongs to the object."""
        self._at = at
        self._keep(text[begin:end])
        return end

    def _break(self, text: str) -> int:
        self._at = _At.BROKEN
        return len(text)

    def at_start(self, text: str, position: int) -> int:
        """Before the object, or before it is plain that there is none."""
        held = text[position:].lstrip(_BLANK)
        if not held:
            return len(text)
        head = head_of(held)
        begin = len(text) - len(held) + head.end
        match head.what:
            case Begins.OBJECT:
                return self._go(_At.KEY, text, begin, begin + 1)
            case Begins.THOUGHT:
                self._at, self._closer = _At.THINKING, head.closer
            case Begins.PLAIN:
                self._at = _At.PLAIN
            case Begins.UNKNOWN:
                return _WAIT
            case Begins.AGAIN:
                pass
            case _:
                assert_never(head.what)
        return begin

    def in_thinking(self, text: str, position: int) -> int:
        """Thoughts, until their tag is closed: no words, and not kept."""
        end = re.compile(self._closer, re.IGNORECASE).search(text, position)
        if end:
            self._at = _At.START
            return end.end()
        half = len(text) - len(self._closer) + 1
        return half if half > position else _WAIT

    def in_plain(self, text: str, position: int) -> int:
        """No object: these are the words."""
        self._out.append(text[position:])
        return len(text)

    def at_key(self, text: str, position: int) -> int:
        """A key, or the end of the object."""
        begin = _past_blanks(text, position)
        if begin == len(text):
            return begin
        if text[begin] == "}":
            return self._go(_At.DONE, text, begin, begin + 1)
        if text[begin] != '"':
            return self._break(text)
        key = _KEY.match(text, begin + 1)
        longest = len(key[1]) if key else len(text) - begin - 1
        if longest > _MAX_KEY:
            return self._break(text)
        if key is None:
            return _WAIT
        self._key = string_of(key[1])
        return self._go(_At.COLON, text, begin, key.end())

    def at_colon(self, text: str, position: int) -> int:
        """Between a key and its value."""
        begin = _past_blanks(text, position)
        if begin == len(text):
            return begin
        return self._go(_At.VALUE, text, begin, begin + 1) if text[begin] == ":" else self._break(text)

    def at_value(self, text: str, position: int) -> int:
        """Whatever begins here; of several spoken ones the first counts."""
        begin = _past_blanks(text, position)
        if begin == len(text):
            return begin
        first = text[begin]
        if first == '"':
            spoken = self._key == self._name and not self.whole
            return self._go(_At.SPOKEN if spoken else _At.STRING, text, begin, begin + 1)
        if first in "{[":
            return self._go(_At.NESTED, text, begin, begin)
        if _SCALAR.match(text, begin):
            return self._go(_At.SCALAR, text, begin, begin)
        return self._break(text)

    def in_spoken(self, text: str, position: int) -> int:
        """The words themselves, unescaped."""
        found = _STRING_END.search(text, position)
        end = found.start() if found else len(text)
        self._out.append(text[position:end])
        if end == position:
            return self._end_words(text, end) if text[end] == '"' else self._unescape(text, end)
        return end

    def _end_words(self, text: str, position: int) -> int:
        self.whole = True
        return self._go(_At.COMMA, text, position, position + 1)

    def _unescape(self, text: str, position: int) -> int:
        try:
            escape = unescape(text, position)
        except ValueError:
            return self._break(text)
        if escape is None:
            return _WAIT
        self._out.append(escape.text)
        return escape.end

    def in_string(self, text: str, position: int) -> int:
        """A value that is not spoken, or text within one."""
        found = _STRING_END.search(text, position)
        if found is None:
            return self._go(_At.STRING, text, position, len(text))
        if found[0] == '"':
            return self._go(_At.NESTED if self._depth else _At.COMMA, text, position, found.end())
        if found.end() < len(text):
            return self._go(_At.STRING, text, position, found.end() + 1)
        if found.start() > position:
            return self._go(_At.STRING, text, position, found.start())
        return _WAIT

    def in_scalar(self, text: str, position: int) -> int:
        """A number, or a bare word."""
        run = _SCALAR.match(text, position)
        end = run.end() if run else position
        return self._go(_At.SCALAR if end == len(text) else _At.COMMA, text, position, end)

    def in_nested(self, text: str, position: int) -> int:
        """What has depth is passed over; a key in it is not ours."""
        found = _NESTING.search(text, position)
        if found is None:
            return self._go(_At.NESTED, text, position, len(text))
        if found[0] == '"':
            return self._go(_At.STRING, text, position, found.end())
        self._depth += 1 if found[0] in "{[" else -1
        if self._depth > _MAX_DEPTH:
            return self._break(text)
        return self._go(_At.NESTED if self._depth else _At.COMMA, text, position, found.end())

    def at_comma(self, text: str, position: int) -> int:
        """Between a value and the next key, or the end of the object."""
        begin = _past_blanks(text, position)
        if begin == len(text):
            return begin
        if text[begin] == ",":
            return self._go(_At.KEY, text, begin, begin + 1)
        return self._go(_At.DONE, text, begin, begin + 1) if text[begin] == "}" else self._break(text)

    def past(self, text: str, position: int) -> int:  # noqa: ARG002 - as all steps
        """After the object, or after what broke it, nothing counts."""
        return len(text)


# A table of functions, not of an instance's own methods: those would be a reference cycle in every line.
_STEPS: Final[Mapping[_At, Callable[[SpokenField, str, int], int]]] = {
    _At.START: SpokenField.at_start,
    _At.THINKING: SpokenField.in_thinking,
    _At.PLAIN: SpokenField.in_plain,
    _At.KEY: SpokenField.at_key,
    _At.COLON: SpokenField.at_colon,
    _At.VALUE: SpokenField.at_value,
    _At.SPOKEN: SpokenField.in_spoken,
    _At.STRING: SpokenField.in_string,
    _At.SCALAR: SpokenField.in_scalar,
    _At.NESTED: SpokenField.in_nested,
    _At.COMMA: SpokenField.at_comma,
    _At.DONE: SpokenField.past,
    _At.BROKEN: SpokenField.past,
}
