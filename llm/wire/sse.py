"""Server-sent events: bytes in, events out; the socket is somebody else's business.

Boundaries between the bytes fed carry no meaning. Nothing in here may do I/O, and nothing grows without bound.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from llm.errors import BadAnswer

MAX_LINE_BYTES: Final = 64 * 1024  # one longer line would stall the interpreter in the JSON parser
_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"
_LF: Final = b"\n"
_CR: Final = b"\r"
_BLANK: Final = b"\n\n"  # between two events
_DATA: Final = b"data: "


class SseEvent(NamedTuple):
    """One dispatched event."""

    data: str
    kind: str = "message"


class SseParser:
    """One stream's parser."""

    def __init__(self) -> None:
        self._tail = bytearray()  # the line that has not ended yet
        self._after_cr = False  # the last byte was a CR: an LF that follows belongs to it
        self._at_start = True
        self._data: list[str] = []
        self._data_length = 0
        self._kind = ""

    def feed(self, data: bytes) -> list[SseEvent]:
        """More bytes in; the events they complete out."""
        if not data:
            return []
        if data.endswith(_BLANK) and b"\r" not in data and self._between_events:
            return self._feed_whole(data)
        if self._after_cr:
            data = data.removeprefix(_LF)
        *lines, rest = _LINE_END.split(data)
        self._after_cr = data.endswith(_CR)
        events: list[SseEvent] = []
        for line in lines:
            self._extend_tail(line)
            self._take_line(events)
        self._extend_tail(rest)
        return events

    @property
    def _between_events(self) -> bool:
        """Nothing of an event, of a line or of a line's end is held; and the start of the stream is past."""
        return not (self._tail or self._data or self._kind or self._after_cr or self._at_start)

    def _feed_whole(self, data: bytes) -> list[SseEvent]:
        """Whole events and nothing else, as nearly every piece is: an event of one data line needs no bookkeeping."""
        events: list[SseEvent] = []
        for block in data[: -len(_BLANK)].split(_BLANK):
            if block.startswith(_DATA) and _LF not in block and len(block) <= MAX_LINE_BYTES:
                events.append(SseEvent(block[len(_DATA) :].decode("utf-8", "replace")))
            else:
                for line in (*block.split(_LF), b""):
                    self._extend_tail(line)
                    self._take_line(events)
        return events

    def close(self) -> list[SseEvent]:
        """The end of the stream: an event that lacks only its blank line is still one."""
        events: list[SseEvent] = []
        self._take_line(events)
        self._dispatch(events)
        return events

    def _extend_tail(self, data: bytes) -> None:
        self._tail += data
        if len(self._tail) > MAX_LINE_BYTES:
            raise BadAnswer("the server sent a line that does not end")

    def _take_line(self, events: list[SseEvent]) -> None:
        line = bytes(self._tail)
        self._tail.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if line:
            self._field(line)
        else:
            self._dispatch(events)

    def _field(self, line: bytes) -> None:
        """A comment has an empty field name, and so falls through like any other unknown one."""
        name, _, value = line.decode("utf-8", errors="replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_length += len(value) + 1
            if self._data_length > MAX_LINE_BYTES:
                raise BadAnswer("the server sent an event that does not end")
        elif name == "event":
            self._kind = value

    def _dispatch(self, events: list[SseEvent]) -> None:
        if self._data:
            events.append(SseEvent("\n".join(self._data), self._kind or "message"))
        self._data.clear()
        self._data_length = 0
        self._kind = ""
