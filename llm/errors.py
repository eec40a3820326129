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


class BadAnswer(ModelError):
    """What came back is not the protocol: HTML, half JSON twice over, a line without end."""

    why = Why.PROTOCOL


class NoModel(ModelError):
    """The server is there but has no model for us; a matter of configuration, not an outage."""

    why = Why.NO_MODEL


class ModelFileError(Exception):
    """The model file cannot be fetched, is damaged or is not where the settings say. One line, for people."""
