"""What all dialects share: JSON objects that may be damaged, errors inside a stream, and token counts.

Nothing in here does I/O. What a server wrote is never part of a message for people: only what it means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from llm.errors import BadAnswer, ModelError, NoModel, Refused
from llm.types import Usage

_NO_MODEL_SIGNS: Final = (
    "no models loaded",
    "no model loaded",
    "no model is loaded",
    "model not found",
    "model_not_found",
    "model_not_loaded",
    "does not exist",
    "failed to load model",
)


class ChunkJson:
    """Decodes one stream's chunks: a single damaged one is skipped, a second one ends the stream."""

    def __init__(self) -> None:
        self._damaged = 0

    def decode(self, data: str) -> Mapping[str, Any] | None:
        """The object; None where it is damaged for the first time. An error object is raised."""
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            chunk = None
        if not isinstance(chunk, dict):
            self._damaged += 1
            if self._damaged > 1:
                raise BadAnswer("the server's stream is not the JSON it should be")
            return None
        if chunk.get("error"):
            raise refusal(chunk["error"])
        return chunk


def refusal(error: object, status: int = 0) -> ModelError:
    """What an error object or an error page means to us."""
    said = json.dumps(error, default=str).lower()
    if any(sign in said for sign in _NO_MODEL_SIGNS):
        return NoModel("the server has no model loaded that it could answer with")
    where = f"with status {status}" if status else "in the middle of its answer"
    return Refused(f"the server refused {where}", status)


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
