"""A dialect's reader behind which the answer is one JSON object: only the words in it come out as words."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from llm.types import BackendEvent, Delta, End, Finish
from llm.wire.openai_chunks import OpenAiChunks
from llm.wire.structured import SpokenField

_AT_WORK: Final = Delta("")


class StructuredChunks:
    """`llm.backends.answers.ChunkReader` over another."""

    def __init__(self, spoken: str) -> None:
        self._reader = OpenAiChunks()
        self._field = SpokenField(spoken)

    @property
    def finish_known(self) -> bool:
        """The text is whole."""
        return self._reader.finish_known

    @property
    def model(self) -> str:
        """What the server says that it answered with."""
        return self._reader.model

    def feed(self, data: str) -> list[BackendEvent]:
        """The data of one event in; what it means out."""
        return self._read(self._reader.feed(data))

    def close(self) -> list[BackendEvent]:
        """The stream is over."""
        return self._read(self._reader.close())

    def _read(self, events: list[BackendEvent]) -> list[BackendEvent]:
        read: list[BackendEvent] = []
        for event in events:
            if isinstance(event, End):
                read.extend(self._end(event))
                continue
            words = self._field.feed(event.text)
            if words is event.text:  # nothing but words, as nearly every piece
                read.append(event)
            elif words or self._field.alive:  # an empty piece tells the clocks that the model is at work
                read.append(Delta(words) if words else _AT_WORK)
        return read

    def _end(self, end: End) -> list[BackendEvent]:
        rest = self._field.rest()
        finish = end.finish
        if self._field.whole and finish is Finish.LENGTH:
            finish = Finish.STOP  # it ran out after its last word
        end = replace(end, finish=finish, fields=self._field.close() or ())
        return [Delta(rest), end] if rest else [end]
