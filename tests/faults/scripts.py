"""What a server may do wrong, as scripts by name: for the tests of each row, and for a person's hand (`tests.faults.server`)."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from tests.support.model_server import Exchange, Script, answering, page, say

WORDS: Final = ("Good ", "morrow, ", "neighbour. ", "The ", "bread ", "is ", "warm.")
TEXT: Final = "".join(WORDS)
GLYPHS: Final = "Tea ☕ with 京都 friends — naïve 👩‍🍳 joy."
LONG_S: Final = 30.0  # longer than anybody waits


def pause(seconds: float) -> None:
    """Nothing happens for so long."""
    threading.Event().wait(seconds)


def delta(text: str) -> bytes:
    """One piece of speech as an event."""
    return event({"choices": [{"delta": {"content": text}}]})


def event(data: object) -> bytes:
    """One server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)}\n\n".encode()


STOP: Final = event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
DONE: Final = event("[DONE]")
END: Final = STOP + DONE


def stream(*pieces: bytes, every_s: float = 0.0) -> Script:
    """An answer of these pieces, each in a packet of its own, that ends with its connection."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        for piece in pieces:
            exchange.send(piece)
            if every_s:
                pause(every_s)

    return answering(answer)


def bytewise(data: bytes, every_s: float = 0.0) -> Script:
    """One byte at a time."""
    return stream(*(bytes([one]) for one in data), every_s=every_s)


def hang_after(*pieces: bytes, head: bool = True) -> Script:
    """So much, and then nothing, until the client leaves."""

    def answer(exchange: Exchange) -> None:
        if head:
            exchange.head()
        for piece in pieces:
            exchange.send(piece)
        exchange.wait_closed()

    return answering(answer)


def reset_after(*pieces: bytes) -> Script:
    """So much, and then a reset."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        for piece in pieces:
            exchange.send(piece)
        pause(0.05)  # a reset overtakes what was not read yet
        exchange._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange._connection.close()

    return answering(answer)


def cut_chunk(exchange: Exchange) -> None:
    """A chunked body that ends inside a chunk."""
    exchange.head(extra="Transfer-Encoding: chunked\r\n")
    whole = delta("Good morrow, neighbour. The bread")
    exchange.send(f"{len(whole):x}\r\n".encode() + whole + b"\r\n")
    exchange.send(b"400\r\n" + delta(" is")[:9])


def late(before_s: float, after_s: float) -> Script:
    """Slow before its head, and again after it."""

    def answer(exchange: Exchange) -> None:
        if exchange.wait_closed(before_s):
            return
        exchange.head()
        if not exchange.wait_closed(after_s):
            exchange.send(b"".join(map(delta, WORDS)) + END)

    return answering(answer)


def for_ever(piece: Callable[[int], bytes], every_s: float) -> Script:
    """It does not stop by itself."""

    def answer(exchange: Exchange) -> None:
        exchange.head()
        for number in range(int(LONG_S / every_s)):
            exchange.send(piece(number))
            pause(every_s)

    return answering(answer)


def turns(scripts: Iterable[Script]) -> Script:
    """A script for each question; the last one's for all that follow."""
    left: Iterator[Script] = iter(scripts)
    last: list[Script] = [say()]
    lock = threading.Lock()

    def answer(exchange: Exchange) -> None:
        with lock:
            last[0] = one = next(left, last[0])
        one(exchange)

    return answering(answer)


def refused(status: int, error: object, extra: str = "") -> Script:
    """An error as a service says it."""
    return page(status, "application/json", json.dumps({"error": error}), extra)


HTML: Final = "<!doctype html><html><body><h1>502 Bad Gateway</h1><script>alert(1)</script></body></html>"
OVERFLOW: Final = {
    "type": "exceed_context_size_error",
    "message": "the request exceeds the available context size",
}
WELL: Final = stream(*map(delta, WORDS), END)

SCRIPTS: Final[Mapping[str, Script]] = {
    "well": WELL,
    "half-open": hang_after(head=False),
    "slow-but-in-time": late(0.1, 0.1),
    "too-slow": late(LONG_S, 0.01),
    "too-slow-after-head": late(0.01, LONG_S),
    "pings": for_ever(lambda _: b": ping\n\n", 0.1),
    "trickle": for_ever(lambda number: delta(f"Word {number}, ")[:-1] + b"\n", 0.15),
    "stall": hang_after(*map(delta, WORDS[:5])),
    "reset": reset_after(*map(delta, WORDS[:5])),
    "cut-chunk": answering(cut_chunk),
    "cut-close": stream(*map(delta, WORDS[:5])),
    "bytes": bytewise(delta(GLYPHS) + END),
    "bad-utf8": stream(delta("Good ")[:-4] + b'\xff"}]}\n\n', delta("Good "), delta("morrow."), END),
    "no-last-blank": stream(*map(delta, WORDS), STOP[:-2]),
    "no-done": stream(*map(delta, WORDS), STOP),
    "comments": stream(b": hello\nretry: 1\nid: 7\nfoo: bar\n\n", *map(delta, WORDS), END),
    "one-bad-chunk": stream(delta("Good "), b'data: {"choices": [{\n\n', delta("morrow."), END),
    "bad-chunks": stream(b'data: {"choices": [{\n\n', b"data: " + b"[" * 10_000 + b"\n\n", END),
    "wrong-shape": stream(
        event({"choices": []}),
        event({"choices": [{"delta": None}]}),
        event({"choices": [{"delta": {"content": ["x"]}}]}),
        event({"choices": [{"index": 1, "delta": {"content": "not me"}}]}),
        *map(delta, WORDS),
        END,
    ),
    "error-inside": stream(event({"error": {"message": "out of memory", "code": 500}})),
    "html": page(200, "text/html", HTML),
    "huge-line": stream(b"data: " + b"x" * 10_000_000 + b"\n\n", END),
    "burst": stream(b"".join(delta(f"w{number} ") for number in range(10_000)) + END),
    "one-packet": stream(b"".join(map(delta, WORDS)) + END),
    "overflow": refused(400, OVERFLOW),
    "overflow-500": refused(500, {"message": "the prompt is longer than the context of the model"}),
    "bad-key": refused(401, {"message": "Incorrect API key provided: sk-canary", "code": "invalid_api_key"}),
    "forbidden": refused(403, {"message": "no access", "code": "forbidden"}),
    "no-model": refused(404, {"message": "No models loaded. Please load a model in the developer page."}),
    "timeout-408": refused(408, {"message": "timeout"}),
    "conflict-409": refused(409, {"message": "conflict"}),
    "too-large-413": page(413, "text/html", "<h1>413 Request Entity Too Large</h1>"),
    "rest-1s": refused(429, {"message": "slow down"}, "Retry-After: 1\r\n"),
    "rest-ms": refused(429, {"message": "slow down"}, "retry-after-ms: 900\r\n"),
    "broken-500": refused(500, {"message": "out of order"}),
    "gateway-502": page(502, "text/html", HTML),
    "loading-503": refused(503, {"message": "Loading model", "type": "unavailable_error", "code": 503}),
    "empty": stream(END),
    "only-thinking": stream(event({"choices": [{"delta": {"reasoning_content": "hm"}}]}), END),
    "refusal": stream(event({"choices": [{"delta": {"refusal": "I cannot"}}]}), END),
    "filtered": stream(event({"choices": [{"delta": {}, "finish_reason": "content_filter"}]}), DONE),
    "endless": for_ever(lambda _: delta("and on and on and on "), 0.02),
}  # fmt: skip
