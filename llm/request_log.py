"""Which request a log line belongs to: set round the work on one, and added to every record made meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from llm.types import RequestId

_CURRENT: Final[ContextVar[RequestId | None]] = ContextVar("request_id", default=None)


@contextmanager
def request_in_log(request_id: RequestId) -> Iterator[None]:
    """Log lines in here, in this task, are this request's."""
    token = _CURRENT.set(request_id)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class RequestIds(logging.Filter):
    """For a handler: adds `request_id` to a record that has none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        current = _CURRENT.get()
        if current is not None and not hasattr(record, "request_id"):
            record.request_id = current
        return True
