"""A model server made of functions, with bad luck drawn by seed: it speaks bytes, in slices, late, wrongly or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from llm.mishaps import BABBLE
from sim.chance import Chance

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_WORDS: Final = [
    "well",
    "rain",
    "bread",
    "morning",
    "neighbour",
    "road",
    "old",
    "river",
    "saw",
    "gave",
    "took",
    "seven",
    "geese",
    "walked",
    "past",
    "mill",
    "under",
    "bridge",
    "never",
    "said",
    "told",
    "half",
    "town",
    "Sunday",
    "apples",
    "coat",
    "window",
    "quiet",
    "loud",
    "later",
    "again",
    "someone",
    "nobody",
    "everyone",
]
_SHARES: Final = (  # of a hundred answers
    ("well", 55),
    ("reset", 6),
    ("cut", 6),
    ("stall", 6),
    ("mute", 5),
    ("broken", 6),
    ("busy", 3),
    ("html", 2),
    ("half json", 3),
    ("empty", 3),
    ("loop", 3),
    ("babble", 2),
)


class _Connection(asyncio.Transport):
    """The client's end; what it writes comes to the server, and closing it stops whatever was to come."""

    def __init__(self, answer: Callable[[_Connection], None]) -> None:
        super().__init__()
        self.protocol: Any = None
        self.open = True
        self._answer = answer
        self._asked = False

    def write(self, data: Any) -> None:
        """The question, which comes in one piece."""
        if not self._asked and bytes(data).startswith(b"POST"):
            self._asked = True
            self._answer(self)

    def is_closing(self) -> bool:
        """Whether the client has left, or the server has."""
        return not self.open

    def abort(self) -> None:
        """The client leaves."""
        self.open = False

    close = abort

    def pause_reading(self) -> None:
        """Nothing is read ahead here."""

    def resume_reading(self) -> None:
        """As above."""


class SimulatedServer:
    """Of one run. It is away now and then."""

    def __init__(self, seed: int) -> None:
        self.asked = 0
        self.unlucky = 0
        self._chance = Chance(seed)
        self._away_until_s = 0.0
        self._here_until_s = 3.0

    def connect(self, protocol: asyncio.Protocol) -> _Connection:
        """Somebody calls. Raises OSError while it is away."""
        loop = asyncio.get_running_loop()
        if self._is_away(loop.time() - 1000.0):
            raise ConnectionRefusedError("away")
        connection = _Connection(self._answer)
        connection.protocol = protocol
        return connection

    def _is_away(self, now_s: float) -> bool:
        while now_s >= self._here_until_s:
            self._away_until_s = self._here_until_s + self._some_s(0.5, 4.0)
            self._here_until_s = self._away_until_s + self._some_s(2.0, 12.0)
        return now_s < self._away_until_s

    def _some_s(self, least: float, most: float) -> float:
        return least + (most - least) * self._chance.below(1000) / 1000

    def _answer(self, connection: _Connection) -> None:
        self.asked += 1
        kind = self._drawn()
        self.unlucky += kind != "well"
        at_s = self._some_s(0.05, 1.2 if self._chance.below(4) == 0 else 0.4)
        loop = asyncio.get_running_loop()
        for pause_s, data in self._script(kind):
            at_s += pause_s
            loop.call_later(at_s, _deliver, connection, data)

    def _drawn(self) -> str:
        drawn = self._chance.below(100)
        for kind, share in _SHARES:
            if drawn < share:
                return kind
            drawn -= share
        raise AssertionError("shares make a hundred")

    def _script(self, kind: str) -> Iterator[tuple[float, bytes | Exception | None]]:
        """What comes after which pause; None ends it in order, an error breaks it off."""
        match kind:
            case "mute":
                return
            case "broken" | "busy":
                status = "500 Internal" if kind == "broken" else "429 Busy\r\nRetry-After: 1"
                yield 0.0, f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()
                yield 0.0, None
            case "html":
                yield (
                    0.0,
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>hotel</h1>",
                )
                yield 0.0, None
            case _:
                yield 0.0, _HEAD
                yield from self._sliced(self._body(kind))
                yield from self._close(kind)

    def _body(self, kind: str) -> bytes:
        words = [_WORDS[self._chance.below(len(_WORDS))] for _ in range(6 + self._chance.below(14))]
        if kind == "loop":
            words = ["and on and"] * 80
        if kind == "babble":
            words = [BABBLE[self._chance.below(len(BABBLE))]]
        events = [{"choices": [{"delta": {"content": f"{word} "}}]} for word in words]
        if kind in ("reset", "cut", "stall"):
            events = events[: self._chance.below(len(events))]
        if kind == "empty":
            events = []
        data = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in events)
        if kind == "half json":
            return data[: len(data) // 2] + b"\n\ndata: {]\n\ndata: {]\n\n"
        return data

    def _close(self, kind: str) -> Iterator[tuple[float, bytes | Exception | None]]:
        match kind:
            case "reset":
                yield 0.0, ConnectionResetError("reset")
            case "stall":
                return
            case "cut" | "half json":
                yield 0.0, None
            case _:
                stop = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
                yield 0.02, b"data: " + json.dumps(stop).encode() + b"\n\ndata: [DONE]\n\n"
                yield 0.0, None

    def _sliced(self, data: bytes) -> Iterator[tuple[float, bytes]]:
        at = 0
        while at < len(data):
            size = 1 + self._chance.below(120)
            yield self._some_s(0.0, 0.12), data[at : at + size]
            at += size


def _deliver(connection: _Connection, data: bytes | Exception | None) -> None:
    if not connection.open:
        return
    if isinstance(data, bytes):
        connection.protocol.data_received(data)
        return
    connection.open = False
    connection.protocol.connection_lost(data)
