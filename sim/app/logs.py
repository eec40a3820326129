"""Logging for people or for machines, on standard error; and the list of errors that the report keeps."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

from llm.request_log import RequestIds

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_KEPT_ERRORS: Final = 100


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, where, event, and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "where": record.name,
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainLines(logging.Formatter):
    """`level where: event field=value`, one line, the traceback after it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = f"{record.levelname.lower()} {record.name}: {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class ErrorList(logging.Handler):
    """Keeps the first hundred errors for the report."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note one error."""
        if len(self.errors) < _KEPT_ERRORS:
            when = datetime.fromtimestamp(record.created, UTC).isoformat()
            self.errors.append({"time": when, "where": record.name, "what": record.getMessage()})


def set_up_logs(level: str, *, as_json: bool) -> ErrorList:
    """Configure the root logger once; libraries speak at WARNING and above only."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines() if as_json else PlainLines())
    stream.addFilter(RequestIds())
    errors = ErrorList()
    root = logging.getLogger()
    root.handlers = [stream, errors]
    root.setLevel(logging.WARNING)
    for ours in ("sim", "agents", "llm"):
        logging.getLogger(ours).setLevel(level.upper())
    return errors
