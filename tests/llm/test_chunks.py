from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from llm.errors import BadAnswer, NoModel, Overflow, Refused
from llm.types import BackendEvent, Delta, End, Finish, Usage
from llm.wire.llama_chunks import LlamaChunks
from llm.wire.openai_chunks import OpenAiChunks
from llm.wire.sse import SseParser

Reader = OpenAiChunks | LlamaChunks


def read(reader: Reader, *chunks: Any) -> list[BackendEvent]:
    """All that these chunks mean, with the end."""
    data = (chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks)
    events = [event for one in data for event in reader.feed(one)]
    return [*events, *reader.close()]


def openai(*chunks: Any) -> list[BackendEvent]:
    """In OpenAI's dialect."""
    return read(OpenAiChunks(), *chunks)


def llama(*chunks: Any) -> list[BackendEvent]:
    """In llama.cpp's dialect."""
    return read(LlamaChunks(), *chunks)


def word(text: Any, **more: Any) -> dict[str, Any]:
    """One piece of speech."""
    return {"choices": [{"index": 0, "delta": {"content": text}, **more}]}


STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_words_then_one_end() -> None:
    """Speech comes as deltas, and its end exactly once."""
    assert openai(word("Good "), word("morrow"), STOP, "[DONE]") == [
        Delta("Good "),
        Delta("morrow"),
        End(Finish.STOP),
    ]


@pytest.mark.parametrize(
    "silent",
    [
        word(None),
        word(""),
        word([{"type": "text", "text": "a list"}]),
        {"choices": [{"delta": {"reasoning_content": "I think"}}]},
        {"choices": [{"delta": {"role": "assistant"}}]},
        {"choices": [{"delta": {"refusal": "I cannot say that."}}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"index": 1, "delta": {"content": "another choice"}}]},
        {"choices": ["nonsense"]},
        {"choices": []},
        {"choices": None},
        {"object": "something else"},
    ],
)
def test_what_is_not_speech_is_not_heard(silent: dict[str, Any]) -> None:
    """Reasoning, other choices and empty pieces are neither words nor errors."""
    assert openai(silent, word("Hm."), "[DONE]") == [Delta("Hm."), End(Finish.STOP)]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
        ("eos", Finish.STOP),
        ("error", Finish.CUT),
        ("abort", Finish.CUT),
    ],
)
def test_why_a_model_stopped_is_told(reason: str, finish: Finish) -> None:
    """The closed words for an end, whatever the server's own are."""
    assert openai(word("Hm.", finish_reason=reason))[-1] == End(finish)


def test_an_end_that_was_not_told_is_a_cut() -> None:
    """A stream that just stops is not a success."""
    assert openai(word("Hm."))[-1] == End(Finish.CUT)
    assert llama({"content": "Hm."})[-1] == End(Finish.CUT)


def test_nothing_comes_after_the_end() -> None:
    """Late chunks are dropped, and closing twice gives nothing more."""
    reader = OpenAiChunks()
    assert reader.feed("[DONE]") == [End(Finish.STOP)]
    assert reader.feed(json.dumps(word("late"))) == []
    assert reader.close() == []


def test_the_end_is_known_before_it_is_given() -> None:
    """Who waits for token counts knows that the text is whole."""
    reader = OpenAiChunks()
    reader.feed(json.dumps(word("Hm.")))
    assert not reader.finish_known
    reader.feed(json.dumps(STOP))
    assert reader.finish_known


USAGE = {"prompt_tokens": 12, "completion_tokens": 3}


@pytest.mark.parametrize(
    ("chunk", "usage"),
    [
        ({"usage": USAGE}, Usage(12, 3, None)),
        ({"usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 9}}}, Usage(12, 3, 9)),
        ({"usage": {**USAGE, "prompt_tokens_details": None}}, Usage(12, 3, None)),
        ({"usage": {"prompt_tokens": True, "completion_tokens": -1}}, Usage()),
        ({"usage": None}, Usage()),
        ({"usage": USAGE, "timings": {"cache_n": 9, "prompt_n": 3, "predicted_n": 3}}, Usage(12, 3, 9)),
        ({"timings": {"prompt_n": 3, "predicted_n": 4}}, Usage(3, 4, None)),
    ],
)
def test_tokens_are_counted_as_told(chunk: dict[str, Any], usage: Usage) -> None:
    """What a server does not say is unknown, not zero; the last chunk may have no choices."""
    assert openai(word("Hm."), STOP, {"choices": [], **chunk}, "[DONE]")[-1] == End(Finish.STOP, usage)


def test_a_known_cache_count_is_kept() -> None:
    """`usage` wins over `timings` where both tell of the cache."""
    known = {"usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 9}}, "timings": {"cache_n": 1}}
    assert openai(known, "[DONE]") == [End(Finish.STOP, Usage(12, 3, 9))]


def test_a_whole_message_is_speech_too() -> None:
    """A server that cannot stream is understood all the same."""
    whole = {"choices": [{"message": {"content": "Hm."}, "finish_reason": "stop"}]}
    assert openai(whole) == [Delta("Hm."), End(Finish.STOP)]


def test_the_answering_model_is_noted() -> None:
    """It may be another than the one that was asked for."""
    reader = OpenAiChunks()
    reader.feed(json.dumps({"model": "other", **word("Hm.")}))
    assert reader.model == "other"


@pytest.mark.parametrize("read_all", [openai, llama])
@pytest.mark.parametrize("damaged", ["{half", "[1, 2]", '"text"', "[" * 10_000])
def test_one_damaged_chunk_is_forgiven_and_two_are_not(
    read_all: Callable[..., list[BackendEvent]], damaged: str
) -> None:
    """A single slip costs a piece; a broken server costs the line."""
    assert read_all(damaged)[-1] == End(Finish.CUT)
    with pytest.raises(BadAnswer):
        read_all(damaged, damaged)


@pytest.mark.parametrize("read_all", [openai, llama])
def test_an_error_inside_a_stream_is_raised(read_all: Callable[..., list[BackendEvent]]) -> None:
    """Status 200 does not make an error an answer, and the server's own words are not ours."""
    with pytest.raises(Refused) as refused:
        read_all({"error": {"message": "secret words"}})
    assert "secret" not in str(refused.value)


def test_an_error_without_an_object_of_its_own_is_one_too() -> None:
    """Older vLLM puts everything at the top."""
    with pytest.raises(Overflow):
        openai({"object": "error", "message": "This model's maximum context length is 8 tokens", "code": 400})


@pytest.mark.parametrize("said", ["No models loaded. Please load a model", {"code": "model_not_found"}])
def test_a_server_without_a_model_is_told_apart(said: object) -> None:
    """That is a matter of configuration, not an outage."""
    with pytest.raises(NoModel):
        openai({"error": said})


def test_llama_words_then_one_end() -> None:
    """llama.cpp's own stream: the last chunk has the end, the counts and perhaps a last word."""
    last = {
        "content": "!",
        "stop": True,
        "stop_type": "word",
        "timings": {"cache_n": 9, "prompt_n": 3, "predicted_n": 2},
    }
    assert llama({"content": "Good", "stop": False}, {"content": None}, last, last, "[DONE]") == [
        Delta("Good"),
        Delta("!"),
        End(Finish.STOP, Usage(12, 2, 9)),
    ]


def test_words_that_were_given_to_the_model_are_spoken_first() -> None:
    """They stood at the prompt's end, so the server does not repeat them; without a word of its own they are not said."""
    assert read(LlamaChunks("Well, I"), {"content": " think"}, {"content": " so"})[:2] == [
        Delta("Well, I think"),
        Delta(" so"),
    ]
    assert read(LlamaChunks("Well, I"), {"content": "", "stop": True}) == [End(Finish.STOP)]


def test_llama_tells_a_limit_from_a_stop() -> None:
    """Cut for length is not complete."""
    reader = LlamaChunks()
    assert not reader.finish_known
    assert read(reader, {"content": "", "stop": True, "stop_type": "limit"}) == [End(Finish.LENGTH)]
    assert reader.finish_known


WIRE = b"".join(
    b"data: "
    + (chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False)).encode()
    + b"\r\n\r\n"
    for chunk in (
        word("Gr\u00fc\u00df "),
        word("dich, \U0001f642!"),
        STOP,
        {"choices": [], "usage": USAGE},
        "[DONE]",
    )
)


def test_a_whole_answer_survives_every_split() -> None:
    """Bytes to deltas: wherever the network cuts, the same words and the same end."""
    for cut in range(len(WIRE) + 1):
        parser, reader = SseParser(), OpenAiChunks()
        sse = [*parser.feed(WIRE[:cut]), *parser.feed(WIRE[cut:]), *parser.close()]
        events = [event for one in sse for event in reader.feed(one.data)]
        assert events == [
            Delta("Gr\u00fc\u00df "),
            Delta("dich, \U0001f642!"),
            End(Finish.STOP, Usage(12, 3)),
        ]
