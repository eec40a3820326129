from __future__ import annotations

import json
from typing import Any

import pytest

from llm.errors import BadKey, Loading, ModelError, NoModel, Overflow, RateLimited, Refused, ServerFault
from llm.types import Why
from llm.wire.refusals import refusal, retry_after_s


def said(message: str, **more: Any) -> dict[str, Any]:
    """An error object."""
    return {"error": {"message": message, **more}}


LM_STUDIO_OVERFLOW = (
    "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= "
    "n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input."
)
LLAMA_OVERFLOW = "request (3021 tokens) exceeds the available context size (1024 tokens), try increasing it"
VLLM_OVERFLOW = "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens"
OLDER_OVERFLOW = (
    "Trying to keep the first 10136 tokens when context the overflows. However, the model is loaded"
)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, said("Invalid API Key", type="authentication_error", code=401), BadKey),
        (401, "", BadKey),
        (403, "<html>", BadKey),
        (400, said("API key not valid. Please pass a valid API key."), BadKey),
        (0, said("who are you", code="invalid_api_key"), BadKey),
        (403, said("Your input was flagged by moderation"), Refused),
        (403, said("no access to it", code="model_not_found"), NoModel),
        (402, said("Insufficient credits"), BadKey),
        (429, said("You exceeded your current quota", code="insufficient_quota"), BadKey),
        (400, said("too long", code="context_length_exceeded"), Overflow),
        (400, said(LLAMA_OVERFLOW, type="exceed_context_size_error", code=400), Overflow),
        (500, said(LLAMA_OVERFLOW, code=500), Overflow),
        (0, {"message": "Context size has been exceeded.", "code": 500}, Overflow),
        (400, {"error": LM_STUDIO_OVERFLOW}, Overflow),
        (400, {"error": OLDER_OVERFLOW}, Overflow),
        (0, LM_STUDIO_OVERFLOW, Overflow),
        (400, {"object": "error", "message": VLLM_OVERFLOW, "code": 400}, Overflow),
        (400, said("input length exceeds the context length"), Overflow),
        (413, "<html>", Overflow),
        (404, {"error": "No models loaded. Please load a model in the developer page"}, NoModel),
        (400, said("No models loaded. Please load a model"), NoModel),
        (404, said("The model `x` does not exist.", type="NotFoundError"), NoModel),
        (404, said('model "x" not found, try pulling it first'), NoModel),
        (400, said("x is not a valid model ID"), NoModel),
        (400, said('Invalid model identifier "x"'), NoModel),
        (0, {"code": "model_not_found"}, NoModel),
        (500, said("Failed to load model: not enough memory"), NoModel),
        (503, said("Loading model", type="unavailable_error", code=503), Loading),
        (0, {"message": "Loading model", "code": 503}, Loading),
        (503, "<html>", ServerFault),
        (429, said("Rate limit reached"), RateLimited),
        (429, said(f"as for the {VLLM_OVERFLOW}"), RateLimited),
        (0, said("slow down", type="rate_limit_error"), RateLimited),
        (0, {"message": "slow down", "code": 429}, RateLimited),
        (0, {"message": "slow down", "code": "429"}, RateLimited),
        (408, "", ServerFault),
        (409, "", ServerFault),
        (500, "", ServerFault),
        (502, "<html>Bad Gateway</html>", ServerFault),
        (529, said("Overloaded"), ServerFault),
        (0, said("The server had an error", type="server_error"), ServerFault),
        (0, "The model has crashed without additional information.", ServerFault),
        (0, {"message": "provider is gone", "code": 502}, ServerFault),
        (404, '{"detail": "Not Found"}', Refused),
        (400, said("Expected 'messages' to be an array"), Refused),
        (302, "", Refused),
        (0, "secret words", Refused),
        (0, None, Refused),
        (0, {"code": True, "status": [1]}, Refused),
    ],
)
def test_a_refusal_is_told_apart(status: int, error: object, kind: type[ModelError]) -> None:
    """By its status and by the signs in it, as an object and as the text of a page alike."""
    page = error if isinstance(error, str) else json.dumps(error)
    for one in (refusal(error, status), refusal(page, status)):
        assert type(one) is kind


@pytest.mark.parametrize("status", [0, 400, 401, 402, 403, 404, 413, 429, 500, 503])
def test_what_a_server_wrote_is_not_repeated(status: int) -> None:
    """One short line of our own, whatever it was."""
    line = str(refusal(said("secret words\n<html>" * 1000), status))
    assert "secret" not in line
    assert "\n" not in line
    assert 10 < len(line) < 120


def test_a_status_is_kept() -> None:
    """Also one that stood in the object only."""
    within_stream, at_the_head = refusal({"code": 502}), refusal("", 504)
    assert isinstance(within_stream, ServerFault)
    assert isinstance(at_the_head, ServerFault)
    assert (within_stream.status, at_the_head.status) == (502, 504)


def test_an_empty_account_is_not_called_a_bad_key() -> None:
    """Both are configuration, but what to do is not the same."""
    empty, bad = refusal("", 402), refusal("", 401)
    assert "credit" in str(empty)
    assert "credit" not in str(bad)
    assert empty.why is bad.why is Why.BAD_KEY


def test_nesting_without_end_is_only_a_refusal() -> None:
    """However deep: no recursion error comes out of a server's page."""
    assert type(refusal("[" * 10_000)) is Refused
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert type(refusal(deep)) is Refused


NOW_S = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
THEN = "Fri, 15 Jan 2027 08:00:05 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"RETRY-AFTER": " 3 "}, 3.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "86400"}, 120.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": THEN}, 5.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:59:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:05 -0000"}, 5.0),
        ({"retry-after": "Fri, 99 Jan 2027 08:00:05 GMT"}, None),
        ({"retry-after": THEN, "date": "Fri, 15 Jan 2027 08:00:02 GMT"}, 3.0),
        ({"retry-after": THEN, "date": "garbage"}, 5.0),
    ],
)
def test_how_long_to_rest(headers: dict[str, str], seconds: float | None) -> None:
    """In seconds, as a date or in milliseconds; never negative, never for ever, and garbage says nothing."""
    assert retry_after_s(headers, NOW_S) == seconds


def test_a_date_without_any_clock_says_nothing() -> None:
    """Unless the server tells its own time."""
    assert retry_after_s({"retry-after": THEN}) is None
    assert retry_after_s({"retry-after": THEN, "date": THEN}) == 0.0


def test_the_rest_goes_with_the_rate_limit() -> None:
    """For the caller's breaker."""
    error = refusal("", 429, {"Retry-After": "7"})
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 7.0
