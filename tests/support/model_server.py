"""A model server made of a raw socket and a script: it says exactly the bytes a test wants, and when.

On 127.0.0.1 and a free port only. Each connection has a thread; a script is called for each request on it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

_PATIENCE_S = 10.0


class Exchange:
    """One request and the way to answer it."""

    def __init__(self, connection: socket.socket, start: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, _ = start.split(" ", 2)
        self.headers = headers
        self.body: dict[str, Any] = json.loads(body) if body else {}
        self.keep = False  # the script says that the connection is to be used again
        self._connection = connection

    def send(self, data: bytes) -> None:
        """Raw bytes."""
        self._connection.sendall(data)

    def head(
        self, status: int = 200, kind: str = "text/event-stream", extra: str = "Connection: close\r\n"
    ) -> None:
        """The head of an answer that ends with its connection."""
        self.send(f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\n{extra}\r\n".encode())

    def event(self, data: object) -> None:
        """One server-sent event."""
        text = data if isinstance(data, str) else json.dumps(data)
        self.send(f"data: {text}\n\n".encode())

    def word(self, text: str) -> None:
        """One piece of speech, in the dialect that was asked in."""
        self.event(
            {"content": text} if self.path == "/completion" else {"choices": [{"delta": {"content": text}}]}
        )

    def finish(self, reason: str = "stop") -> None:
        """The end of speech, in the dialect that was asked in."""
        if self.path == "/completion":
            timings = {"cache_n": 5, "prompt_n": 7, "predicted_n": 3}
            stop = "limit" if reason == "length" else "word"
            self.event({"content": "", "stop": True, "stop_type": stop, "timings": timings})
            return
        self.event({"choices": [{"delta": {}, "finish_reason": reason}]})
        details = {"cached_tokens": 5}
        usage = {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": details}
        self.event({"choices": [], "usage": usage})
        self.event("[DONE]")

    def document(self, page: object, status: int = 200) -> None:
        """A whole JSON page."""
        body = json.dumps(page).encode()
        self.head(status, "application/json", f"Content-Length: {len(body)}\r\nConnection: close\r\n")
        self.send(body)

    def wait_closed(self, patience_s: float = _PATIENCE_S) -> bool:
        """Whether the client closes the connection while we wait."""
        self._connection.settimeout(patience_s)
        with contextlib.suppress(TimeoutError, ConnectionError):
            return self._connection.recv(1) == b""
        return False


Script = Callable[[Exchange], None]


def say(*words: str, finish: str = "stop") -> Script:
    """The script of a server that says these words to whoever asks."""

    def script(exchange: Exchange) -> None:
        if serve_pages(exchange):
            return
        exchange.head()
        for word in words:
            exchange.word(word)
        exchange.finish(finish)

    return script


def serve_pages(exchange: Exchange) -> bool:
    """Answer for everything but a question: a list of models, and being well."""
    if exchange.method == "POST":
        return False
    if exchange.path == "/v1/models":
        exchange.document({"object": "list", "data": [{"id": "tiny"}]})
    elif exchange.path == "/health":
        exchange.document({"status": "ok"})
    else:
        exchange.document({"error": "no such page"}, 404)
    return True


def answering(answer: Script) -> Script:
    """A server that has the usual pages and answers questions like this."""

    def script(exchange: Exchange) -> None:
        if not serve_pages(exchange):
            answer(exchange)

    return script


def page(status: int, kind: str, text: str, extra: str = "") -> Script:
    """A server that answers every question with this page."""

    def answer(exchange: Exchange) -> None:
        exchange.head(status, kind, f"{extra}Connection: close\r\n")
        exchange.send(text.encode())

    return answering(answer)


def pages(found: Mapping[str, object], status: int = 200) -> Script:
    """A server with these pages, which answers for all others as LM Studio does."""

    def script(exchange: Exchange) -> None:
        if exchange.path in found:
            exchange.document(found[exchange.path], status)
        else:
            exchange.document({"error": f"Unexpected endpoint: {exchange.path}"})

    return script


def say_and_keep(exchange: Exchange) -> None:
    """An answer after which the connection could be used again."""
    exchange.head(extra="Transfer-Encoding: chunked\r\n")
    data = b'data: {"choices": [{"delta": {"content": "Hm"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    exchange.send(f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")
    exchange.keep = True


class ModelServer:
    """Listens while inside `with`; the script may be changed at any time."""

    def __init__(self, script: Script, port: int = 0) -> None:
        self.script = script
        self.requests = 0  # questions, pages not counted
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, name="model-server")]

    @property
    def root(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Gone at once, in the middle of whatever it was saying."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(_PATIENCE_S)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.add(connection)
                thread = threading.Thread(
                    target=self._serve, args=(connection,), name="model-server-connection"
                )
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as lines:
            keep = True
            while keep and (start := lines.readline()).endswith(b" HTTP/1.1\r\n"):
                headers = dict(_header(line) for line in iter(lines.readline, b"\r\n"))
                body = lines.read(int(headers.get("content-length", "0")))
                exchange = Exchange(connection, start.decode(), headers, body)
                self.requests += exchange.method == "POST"
                self.script(exchange)
                keep = exchange.keep
        self._open.discard(connection)


def _header(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode().partition(":")
    return name.strip().lower(), value.strip()
