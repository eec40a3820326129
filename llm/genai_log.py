"""One log line for each request to a model, in the names of OpenTelemetry's GenAI conventions; never any prompt text."""

from __future__ import annotations

import logging
from typing import Any, Final

from llm.errors import ModelError
from llm.protocol import Backend
from llm.types import Usage

log = logging.getLogger(__name__)

_EVENT: Final = "gen_ai.client.operation"


def log_operation(
    backend: Backend,
    error: ModelError | None,
    usage: Usage | None,
    *,
    duration_s: float,
    first_s: float | None,
) -> None:
    """A request has ended, well or not. Seconds from when it was sent; absent is what nobody knows."""
    if not log.isEnabledFor(logging.INFO):
        return
    fields: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": backend.name,
        "gen_ai.request.model": backend.model,
        "gen_ai.client.operation.duration": round(duration_s, 4),
        "gen_ai.client.operation.time_to_first_chunk": None if first_s is None else round(first_s, 4),
        "gen_ai.client.token.usage": _tokens(usage),
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens_in if usage else None,
        "error.type": error.why.value if error else None,
        "reason": str(error) if error else None,
    }
    log.info(_EVENT, extra={name: value for name, value in fields.items() if value is not None})


def _tokens(usage: Usage | None) -> dict[str, int] | None:
    if usage is None or usage.tokens_out is None:
        return None
    return {"input": usage.tokens_in or 0, "output": usage.tokens_out}
