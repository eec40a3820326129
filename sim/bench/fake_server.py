"""A model server that only counts: OpenAI's chat stream over HTTP/1.1, canned words at a fixed rate.

A process of its own, so that its work is no part of what is measured. Nothing is computed while a stream runs:
every chunk of every line is bytes before the first question comes, stamps excepted. It says on `GET /cpu` what it
cost and sent, ends every line on `GET /finish`, and itself when its standard input does, so it never outlives who
started it. A request may ask for a line of its own making: see `sim.bench.canned`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sim.bench.canned import Canned, Fault, stamp

CHUNKS_PER_S: Final = 30.0
CHUNKS: Final = 40  # at most 170 characters: a line that the publish gate shows whole
MODEL: Final = "canned"
# Short words without marks, so that the gate neither drops nor joins any: a word is a chunk at both ends.
_SAID: Final = (
    "the bread is warm and the day is long so come in and sit down for a while "
    "my cart lost a wheel by the old mill and the rain had got to all of it too "
    "we sold the last of the fish at noon and then went home to mend the nets"
)
_WORDS: Final = tuple(_SAID.split())
_LAST: Final = b"0\r\n\r\n"


def _framed(value: object) -> bytes:
    """One server-sent event as one HTTP chunk."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    event = f"data: {text}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-0000000000000000",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": MODEL,
        "system_fingerprint": MODEL,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }


def _ending(finish: str, words: int) -> bytes:
    """Why it stopped, what it cost, and the end of the stream."""
    usage = {"prompt_tokens": 500, "completion_tokens": words, "total_tokens": 500 + words}
    cost = _chunk({}) | {"choices": [], "usage": usage}
    return _framed(_chunk({}, finish)) + _framed(cost) + _framed("[DONE]") + _LAST


_WORD_BYTES: Final = tuple(_framed(_chunk({"content": f" {word}"})) for word in _WORDS)
_GARBAGE: Final = _framed('{"choices": [{"delta": {"content"')
_ERROR: Final = _framed({"error": {"message": "out of memory", "type": "server_error"}})
_STAMPED: Final = tuple(_framed(_chunk({"content": " %%%%"})).split(b"%%%%"))
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n" + _framed(_chunk({"role": "assistant", "content": ""}))
)


@dataclass(slots=True)
class Counters:
    """What the server did since it was started."""

    period_s: float  # from one chunk of a stream to its next
    chunks: int  # of one line
    sent: int = 0
    sent_to_left: int = 0  # chunks of streams whose client left before the end
    open_streams: int = 0
    lines: int = 0
    faults: int = 0
    streams: set[_Stream] = field(default_factory=set)

    def page(self) -> dict[str, float]:
        """As `GET /cpu` gives it."""
        return {
            "cpu_s": time.process_time(),
            "sent": self.sent,
            "sent_to_left": self.sent_to_left,
            "open_streams": self.open_streams,
            "lines": self.lines,
            "faults": self.faults,
        }


class _Stream:
    """One line on its way: a word a period, by the clock and not by the last word, so the rate never drifts."""

    __slots__ = (
        "_connection", "_due_s", "_fault", "_fault_at", "_first_word", "_left", "_period_s", "_sent", "_stamped", "_timer",
    )  # fmt: skip

    def __init__(self, connection: _Connection, line: Canned) -> None:
        counters = connection.counters
        self._connection = connection
        self._first_word = counters.lines * 7
        self._left = line.length(counters.lines)
        self._fault = line.fault(counters.lines)
        self._fault_at = self._left // 2
        self._period_s = 1 / line.rate
        self._stamped = line.stamped
        self._sent = 0
        self._due_s = connection.loop.time() + line.delay_s
        counters.lines += 1
        counters.open_streams += 1
        counters.streams.add(self)
        self._timer = self._wait()

    def _wait(self) -> asyncio.TimerHandle:
        self._due_s += self._period_s
        return self._connection.loop.call_at(self._due_s, self._send)

    def _send(self) -> None:
        connection = self._connection
        connection.write(self._word())
        connection.counters.sent += 1
        self._sent += 1
        self._left -= 1
        if self._fault is not None and self._left <= self._fault_at:
            self._go_wrong(self._fault)
        elif self._left > 0:
            self._timer = self._wait()
        else:
            self.finish()

    def _word(self) -> bytes:
        if self._stamped:
            return stamp(time.perf_counter_ns()).join(_STAMPED)
        return _WORD_BYTES[(self._first_word + self._sent) % len(_WORD_BYTES)]

    def _go_wrong(self, fault: Fault) -> None:
        """Amid the words; who stays silent is ended by the client, or by `finish`."""
        connection = self._connection
        connection.counters.faults += 1
        match fault:
            case Fault.GARBAGE:
                connection.write(_GARBAGE * 2)
                self.finish()
            case Fault.ERROR:
                connection.write(_ERROR)
                self.finish()
            case Fault.CUT:
                connection.cut()
            case _:
                pass

    def finish(self) -> None:
        """This was all."""
        self._leave()
        self._connection.end_stream(self._sent)

    def abandon(self) -> None:
        """The client has left."""
        self._leave()
        self._connection.counters.sent_to_left += self._sent

    def _leave(self) -> None:
        self._timer.cancel()
        self._connection.counters.open_streams -= 1
        self._connection.counters.streams.discard(self)


class _Connection(asyncio.Protocol):
    """One client's connection, kept open from question to question."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.loop = asyncio.get_running_loop()
        self._received = b""
        self._stream: _Stream | None = None
        self._truncated = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.write = transport.write

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it went is no matter
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._stream is None and self._take_request():
            pass

    def cut(self) -> None:
        """Leave without a word."""
        self._transport.abort()

    def end_stream(self, words: int) -> None:
        """All words are out."""
        self._stream = None
        self.write(_ending("length" if self._truncated else "stop", words))

    def _take_request(self) -> bool:
        """Answer one whole request, if one is there."""
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        length = _content_length(head)
        if not blank or len(rest) < length:
            return False
        self._received = rest[length:]
        method, path, *_ = head.split(b" ", 2)
        self._answer(method, path, rest[:length])
        return True

    def _answer(self, method: bytes, path: bytes, body: bytes) -> None:
        match method, path:
            case b"POST", b"/v1/chat/completions":
                self._begin(body)
            case b"GET", b"/v1/models":
                self._write_json({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
            case b"GET", b"/cpu":
                self._write_json(self.counters.page())
            case b"GET", b"/finish":
                for stream in tuple(self.counters.streams):
                    stream.finish()
                self._write_json(self.counters.page())
            case _:
                self._write_json({"error": {"message": "no such page"}}, b"404 Not Found")

    def _begin(self, body: bytes) -> None:
        asked = json.loads(body)
        chunks = self.counters.chunks
        limit = asked.get("max_tokens") or chunks
        line = Canned.of(asked)
        self._truncated = line is None and limit < chunks
        if line is not None and line.fault(self.counters.lines) is Fault.REFUSED:
            self.counters.lines += 1
            self.counters.faults += 1
            self._write_json({"error": {"message": "out of order"}}, b"500 Internal Server Error")
            return
        self.write(_HEAD)
        self._stream = _Stream(self, line or Canned(min(limit, chunks), 1 / self.counters.period_s))

    def _write_json(self, value: object, status: bytes = b"200 OK") -> None:
        page = json.dumps(value).encode()
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.write(head % (status, len(page)) + page)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(rate: float, chunks: int) -> None:
    """Listen on a free port of this machine, tell which, and go on until standard input ends."""
    counters = Counters(1 / rate, chunks)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(counters), "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


def main(arguments: Sequence[str]) -> None:
    """`python -m sim.bench.fake_server`."""
    parser = argparse.ArgumentParser(description="canned words at a fixed rate, in OpenAI's chat protocol")
    parser.add_argument("--rate", type=float, default=CHUNKS_PER_S, help="chunks a second and stream")
    parser.add_argument("--chunks", type=int, default=CHUNKS, help="chunks of one line")
    parsed = parser.parse_args(arguments)
    if hasattr(os, "nice"):
        os.nice(10)  # as the program's own model server: a real one would be another machine's, or polite
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us, and then our input ends
    asyncio.run(serve(parsed.rate, parsed.chunks))


if __name__ == "__main__":
    main(sys.argv[1:])
