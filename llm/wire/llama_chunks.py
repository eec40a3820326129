"""Chunks of llama.cpp's own `/completion` stream: event data in, deltas and one end out."""

from __future__ import annotations

from typing import Final

from llm.types import BackendEvent, Delta, End, Finish, Usage
from llm.wire.chunk_json import ChunkJson, mapping, usage_from_timings

_DONE: Final = "[DONE]"


class LlamaChunks:
    """One answer's reader. Words that stood at the prompt's end already are given before the first of the model's."""

    def __init__(self, lead: str = "") -> None:
        self._lead = lead
        self._json = ChunkJson()
        self._ended = False

    @property
    def finish_known(self) -> bool:
        """The end comes with the last of the text here, never after it."""
        return self._ended

    def feed(self, data: str) -> list[BackendEvent]:
        """The data of one event in; what it means out."""
        if self._ended or data.strip() == _DONE:
            return []
        chunk = self._json.decode(data)
        if chunk is None:
            return []
        text = chunk.get("content")
        events: list[BackendEvent] = []
        if isinstance(text, str) and text:
            events.append(Delta(self._lead + text))
            self._lead = ""
        if chunk.get("stop") is True:
            self._ended = True
            finish = Finish.LENGTH if chunk.get("stop_type") == "limit" else Finish.STOP
            events.append(End(finish, usage_from_timings(mapping(chunk.get("timings")))))
        return events

    def close(self) -> list[BackendEvent]:
        """The stream is over: the end, unless it was given already."""
        if self._ended:
            return []
        self._ended = True
        return [End(Finish.CUT, Usage())]
