"""What all dialects share: JSON objects that may be damaged, errors inside a stream, and token counts.

Nothing in here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from llm.errors import BadAnswer
from llm.types import Usage
from llm.wire.refusals import refusal


class ChunkJson:
    """Decodes one stream's chunks: a single damaged one is skipped, a second one ends the stream."""

    def __init__(self) -> None:
        self._damaged = 0

    def decode(self, data: str) -> Mapping[str, Any] | None:
        """The object; None where it is damaged for the first time. An error object is raised."""
        try:
            chunk = from_json(data)  # pydantic's own parser: a third of the time of the standard library's
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict):
            self._damaged += 1
            if self._damaged > 1:
                raise BadAnswer("the server's stream is not the JSON it should be")
            return None
        if chunk.get("error") or chunk.get("object") == "error":  # vLLM's has no object of its own for it
            raise refusal(chunk.get("error") or chunk)
        return chunk


def count(value: object) -> int | None:
    """A token count if it is one; absence is not zero."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def mapping(value: object) -> Mapping[str, Any]:
    """The object at some key, or an empty one if something else stands there."""
    return value if isinstance(value, dict) else {}


def usage_from_timings(timings: Mapping[str, Any]) -> Usage:
    """Token counts as llama.cpp gives them: what came from the cache is not in `prompt_n`."""
    cached, read = count(timings.get("cache_n")), count(timings.get("prompt_n"))
    total = read if cached is None or read is None else cached + read
    return Usage(total, count(timings.get("predicted_n")), cached)
