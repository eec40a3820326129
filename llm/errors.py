"""The error tree of the model client: our errors say what the caller can do, theirs stop at the edge.

Every failure of a server, a socket or a file becomes one of these at the place where it happens;
nothing above a backend ever catches a library's exception.
"""
# ruff: noqa: N818  # each is named for what happened, as a person would say it

from __future__ import annotations

from llm.types import Why


class ModelError(Exception):
    """Something kept a model from answering; `why` is the closed reason that is counted and shown."""

    why: Why = Why.PROTOCOL

    def __init__(self, message: str, why: Why | None = None) -> None:
        super().__init__(message)
        if why is not None:
            self.why = why


class Unreachable(ModelError):
    """No connection: nobody listens, the name is unknown, or the line dropped before any byte."""

    why = Why.UNREACHABLE


class TooSlow(ModelError):
    """One of the four clocks (connect, first content, stall, total) ran out; `why` names which."""

    why = Why.FIRST_CONTENT


class Refused(ModelError):
    """The server answered with an error status, or an error object inside a stream of status 200."""

    why = Why.REFUSED

    def __init__(self, message: str, status: int = 0, why: Why | None = None) -> None:
        super().__init__(message, why)
        self.status = status


class ServerFault(Refused):
    """The server's own trouble (408, 409, 5xx): the same question may succeed a moment later."""

    why = Why.SERVER_ERROR


class RateLimited(Refused):
    """Too many questions: the server wants to be left alone, for so many seconds where it says so."""

    why = Why.RATE_LIMITED

    def __init__(self, message: str, status: int = 429, retry_after_s: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after_s = retry_after_s


class Overflow(Refused):
    """The prompt is longer than the server takes: a shorter one may succeed."""

    why = Why.OVERFLOW


class BadKey(Refused):
    """The key is missing or not accepted; a matter of configuration, not an outage."""

    why = Why.BAD_KEY


class NoModel(ModelError):
    """The server is there but has no model for us; a matter of configuration, not an outage."""

    why = Why.NO_MODEL


class Loading(ModelError):
    """The server is there and still loads its model: warming up, not failing."""

    why = Why.LOADING


class BadAnswer(ModelError):
    """What came back is not the protocol: HTML, half JSON twice over, a line without end."""

    why = Why.PROTOCOL


class Repeated(ModelError):
    """The line begins as one that was said lately: asked otherwise, the model may find another."""

    why = Why.REPEATED


class Flagged(ModelError):
    """A moderation endpoint does not let the line be said, or does not answer."""

    why = Why.FLAGGED


class NotRecorded(ModelError):
    """A recording that is replayed strictly holds no answer to this question."""

    why = Why.NOT_RECORDED


class ModelFileError(Exception):
    """The model file cannot be fetched, is damaged or is not where the settings say. One line, for people."""
