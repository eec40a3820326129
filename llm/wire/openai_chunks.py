"""Chunks of an OpenAI-compatible chat stream: event data in, deltas and one end out.

Only the spoken text of the first choice counts. Reasoning, refusals, tool calls and other choices are not speech.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llm.types import BackendEvent, Delta, End, Finish, Usage
from llm.wire.chunk_json import ChunkJson, count, mapping, usage_from_timings

_DONE: Final = "[DONE]"
_FINISHES: Final = {
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "content_filter": Finish.FILTERED,
    "error": Finish.CUT,
    "abort": Finish.CUT,
}  # every other reason is a stop


class OpenAiChunks:
    """One answer's reader."""

    def __init__(self) -> None:
        self._json = ChunkJson()
        self._finish: Finish | None = None
        self._usage = Usage()
        self._ended = False
        self.model = ""  # what the server says that it answered with

    @property
    def finish_known(self) -> bool:
        """The text is whole: only token counts and the end mark may follow."""
        return self._finish is not None

    def feed(self, data: str) -> list[BackendEvent]:
        """The data of one event in; what it means out."""
        if self._ended:
            return []
        if _DONE in data and data.strip() == _DONE:
            self._finish = self._finish or Finish.STOP
            return self.close()
        chunk = self._json.decode(data)
        return [] if chunk is None else self._read(chunk)

    def close(self) -> list[BackendEvent]:
        """The stream is over: the end, unless it was given already."""
        if self._ended:
            return []
        self._ended = True
        return [End(self._finish or Finish.CUT, self._usage)]

    def _read(self, chunk: Mapping[str, Any]) -> list[BackendEvent]:
        if chunk.get("usage") or "timings" in chunk:
            self._read_usage(chunk)
        if not self.model:
            self.model = str(chunk.get("model") or "")
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            return []
        return [Delta(text) for choice in choices if (text := self._read_choice(mapping(choice)))]

    def _read_choice(self, choice: Mapping[str, Any]) -> str:
        """`message` is what a server sends that does not stream although asked to."""
        if choice.get("index", 0) != 0:
            return ""
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self._finish = _FINISHES.get(reason, Finish.STOP)
        content = mapping(choice.get("delta") or choice.get("message")).get("content")
        return content if isinstance(content, str) else ""

    def _read_usage(self, chunk: Mapping[str, Any]) -> None:
        usage = mapping(chunk.get("usage"))
        if usage:
            cached = count(mapping(usage.get("prompt_tokens_details")).get("cached_tokens"))
            self._usage = Usage(
                count(usage.get("prompt_tokens")), count(usage.get("completion_tokens")), cached
            )
        timings = mapping(chunk.get("timings"))
        if timings and self._usage.cached_tokens_in is None:
            self._usage = usage_from_timings(timings)
