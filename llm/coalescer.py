"""Gathers small pieces of text into pieces worth handing on. Pure: the time is given."""

from __future__ import annotations


class Coalescer:
    """Hands on at least `chunk_size` characters, or what has come within `update_rate_s` of the first held one."""

    def __init__(self, chunk_size: float, update_rate_s: float) -> None:
        self._chunk_size = chunk_size
        self._update_rate_s = update_rate_s
        self._held: list[str] = []
        self._length = 0
        self.due_s: float | None = None  # when what is held must be handed on; None when nothing is

    def feed(self, text: str, now_s: float) -> str:
        """More text in; what is to be handed on now, or nothing."""
        if text:
            self._held.append(text)
            self._length += len(text)
            if self.due_s is None:
                self.due_s = now_s + self._update_rate_s
        full = self._length >= self._chunk_size
        late = self.due_s is not None and now_s >= self.due_s
        return self.flush() if full or late else ""

    def flush(self) -> str:
        """Everything held."""
        text = "".join(self._held)
        self._held.clear()
        self._length = 0
        self.due_s = None
        return text
