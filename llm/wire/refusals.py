"""What an error page, an error status or an error object inside a stream means to us. Pure.

The rules are asked in order, and the first that fits decides: a status alone says less than the words beside it.
What a server wrote is read for its signs and never becomes part of a message for people.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

from llm.errors import BadKey, Loading, ModelError, NoModel, Overflow, RateLimited, Refused, ServerFault

MOST_RETRY_AFTER_S: Final = 120.0  # a longer rest is probed in between
_NO_HEADERS: Final[Mapping[str, str]] = {}
_ERROR_STATUSES: Final = range(400, 600)
_IN_STREAM: Final = 0  # an error object after a status of 200, which names no other

_NO_CREDIT_SIGNS: Final = (
    "insufficient_quota",  # OpenAI, with 429
    "billing_hard_limit",
    "billing_not_active",
    "insufficient credits",
    "insufficient balance",
)
_MODERATED_SIGNS: Final = ("flagged", "moderation")  # OpenRouter's 403 about the words, not about the key
_BAD_KEY_SIGNS: Final = (
    "invalid_api_key",
    "api_key_invalid",
    "api key not valid",
    "invalid api key",
    "authentication_error",
)
_OVERFLOW_SIGNS: Final = (
    "context_length_exceeded",  # OpenAI
    "maximum context length",  # OpenAI, vLLM
    "maximum model length",  # vLLM
    "exceed_context_size_error",  # llama.cpp
    "available context size",  # llama.cpp
    "context size has been exceeded",  # llama.cpp, LM Studio
    "tokens to keep from the initial prompt",  # LM Studio
    "trying to keep the first",  # older LM Studio
    "context overflow",
    "exceeds the context length",  # Ollama
    "exceeds maximum context",
    "prompt is too long",
    "prompt too long",
)
_NO_MODEL_SIGNS: Final = (
    "no models loaded",
    "no model loaded",
    "no model is loaded",
    "model not found",
    "model is not loaded",
    "model unloaded",
    "model has unloaded",
    "model_not_found",
    "model_not_loaded",
    "not a valid model",  # OpenRouter
    "invalid model identifier",  # LM Studio
    "no endpoints found",  # OpenRouter
    "try pulling it",  # Ollama
    "failed to load model",
    "error loading model",
)
_MODEL_MISSING_SIGNS: Final = ("does not exist", "not found")  # where a model is spoken of
_LOADING_SIGNS: Final = ("loading model", "model is loading", "still loading")
_RATE_SIGNS: Final = ("rate_limit", "rate limit", "too many requests")
_FAULT_SIGNS: Final = ("server_error", "overloaded", "api_error", "internal server error", "has crashed")


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What is known of it."""

    said: str  # all that the server wrote, in lower case
    status: int
    retry_after_s: float | None

    def says(self, signs: tuple[str, ...]) -> bool:
        return any(sign in self.said for sign in signs)

    def is_out_of_credit(self) -> bool:
        return self.status == 402 or self.says(_NO_CREDIT_SIGNS)

    def is_of_the_key(self) -> bool:
        if self.status == 403:
            return not self.says(_MODERATED_SIGNS + _NO_MODEL_SIGNS)
        return self.status == 401 or (self.status < 429 and self.says(_BAD_KEY_SIGNS))

    def is_overflow(self) -> bool:
        return self.status == 413 or (self.status != 429 and self.says(_OVERFLOW_SIGNS))

    def is_without_model(self) -> bool:
        missing = self.status in {_IN_STREAM, 400, 404} and self.says(_MODEL_MISSING_SIGNS)
        return self.says(_NO_MODEL_SIGNS) or (missing and "model" in self.said)

    def is_loading(self) -> bool:
        return self.status in {_IN_STREAM, 503} and self.says(_LOADING_SIGNS)

    def is_rate_limit(self) -> bool:
        return self.status == 429 or (self.status == _IN_STREAM and self.says(_RATE_SIGNS))

    def is_fault(self) -> bool:
        named = self.status == _IN_STREAM and self.says(_FAULT_SIGNS)
        return self.status in {408, 409} or self.status >= 500 or named

    @property
    def where(self) -> str:
        return f"with status {self.status}" if self.status else "in the middle of its answer"


_RULES: Final[tuple[tuple[Callable[[_Refusal], bool], Callable[[_Refusal], ModelError]], ...]] = (
    (
        _Refusal.is_out_of_credit,
        lambda it: BadKey("the account behind the API key has no credit left: add some there", it.status),
    ),
    (
        _Refusal.is_of_the_key,
        lambda it: BadKey(f"the server does not accept the API key: it refused {it.where}", it.status),
    ),
    (
        _Refusal.is_overflow,
        lambda it: Overflow("the question is longer than the server's context", it.status),
    ),
    (
        _Refusal.is_without_model,
        lambda _: NoModel(
            "the server has no such model loaded: load one there, or name another in the settings"
        ),
    ),
    (_Refusal.is_loading, lambda _: Loading("the server is still loading its model")),
    (
        _Refusal.is_rate_limit,
        lambda it: RateLimited("the server wants fewer questions", it.status or 429, it.retry_after_s),
    ),
    (
        _Refusal.is_fault,
        lambda it: ServerFault(f"the server is in trouble: it gave up {it.where}", it.status),
    ),
)


def refusal(
    error: object, status: int = 0, headers: Mapping[str, str] = _NO_HEADERS, now_s: float | None = None
) -> ModelError:
    """Which of our errors it is. `now_s`: Unix time, for dates where the server does not tell its own."""
    error = _decoded(error)
    it = _Refusal(
        _text(error),
        status or _status_inside(error),
        retry_after_s(headers, now_s),
    )
    fitting = (make for fits, make in _RULES if fits(it))
    make = next(fitting, None)
    return make(it) if make else Refused(f"the server refused {it.where}", it.status)


def retry_after_s(headers: Mapping[str, str], now_s: float | None = None) -> float | None:
    """How long the server wants to be left alone, at most two minutes; None where it does not say."""
    told = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(told.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _clamped(milliseconds / 1000)
    wait = told.get("retry-after", "")
    seconds = _number(wait)
    if seconds is None:
        then_s, sent_s = _date_s(wait), _date_s(told.get("date", ""))
        since_s = now_s if sent_s is None else sent_s  # two dates of one clock need no clock of ours
        seconds = None if then_s is None or since_s is None else then_s - since_s
    return None if seconds is None else _clamped(seconds)


def _clamped(seconds: float) -> float:
    return min(max(0.0, seconds), MOST_RETRY_AFTER_S)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date_s(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _decoded(error: object) -> object:
    """An error page is text; what stands in it may be JSON."""
    if not isinstance(error, str):
        return error
    try:
        return json.loads(error)
    except (ValueError, RecursionError):
        return error


def _text(error: object) -> str:
    """All that it says, to look for signs in."""
    try:
        return json.dumps(error, default=str).lower()
    except (ValueError, RecursionError):
        return ""


def _status_inside(error: object) -> int:
    """Some servers put the status they could not send any more into the object itself."""
    if not isinstance(error, Mapping):
        return 0
    inside: Mapping[str, Any] = error["error"] if isinstance(error.get("error"), Mapping) else error
    for value in (inside.get("status"), inside.get("code")):
        number = _number(str(value))
        if number is not None and int(number) in _ERROR_STATUSES:
            return int(number)
    return 0
