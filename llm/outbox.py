"""From the background thread to the main thread: bounded, in order, and without a lock that either could wait on.

Each stream has at most one undrained text item, into which later text merges, one start and one end. What makes
it safe are single appends, pops and assignments, each of which the interpreter does whole.
"""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue

from llm.types import Failed, Finished, Missed, RequestId, Started, StreamEvent, TextDelta


class OutStream:
    """One line's way out. Written by the background thread, read by the outbox on the main thread."""

    __slots__ = ("_pieces", "_queue", "_queued", "begun", "request_id")

    def __init__(self, request_id: RequestId, queue: SimpleQueue[StreamEvent | Missed | OutStream]) -> None:
        self.request_id = request_id
        self.begun = False  # set before its start is queued: the main thread then no longer falls back
        self._queue = queue
        self._pieces: deque[str] = deque()
        self._queued = False

    def start(self, event: Started) -> None:
        """The first visible word is here."""
        self.begun = True
        self._queue.put(event)

    def text(self, text: str) -> None:
        """More text; it joins what was not drained yet."""
        self._pieces.append(text)
        if not self._queued:
            self._queued = True
            self._queue.put(self)

    def miss(self, event: Missed) -> None:
        """A tier did not speak it; the line goes on elsewhere, or ends."""
        self._queue.put(event)

    def end(self, event: Finished | Failed) -> None:
        """The one end."""
        self._queue.put(event)

    def take_text(self) -> str:
        """All that waits. The flag falls first: text that comes meanwhile is queued anew, never forgotten."""
        self._queued = False
        return "".join([self._pieces.popleft() for _ in range(len(self._pieces))])


class Outbox:
    """What waits to be drained."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[StreamEvent | Missed | OutStream] = SimpleQueue()

    def open(self, request_id: RequestId) -> OutStream:
        """A way out for one line."""
        return OutStream(request_id, self._queue)

    def empty(self) -> bool:
        """Whether nothing waits; true answers may be old at once."""
        return self._queue.empty()

    def take(self) -> StreamEvent | Missed | None:
        """The next event, or None when there is none or its text was already taken."""
        if self._queue.empty():  # one reader: asking is cheaper than failing
            return None
        item = self._queue.get_nowait()
        if not isinstance(item, OutStream):
            return item
        text = item.take_text()
        return TextDelta(item.request_id, text) if text else None
