from __future__ import annotations

from typing import Any

import pytest

from llm.backends.dialects import (
    LLAMA_CPP,
    LM_STUDIO,
    OLLAMA,
    OPENAI,
    OPENROUTER,
    PARALLEL,
    UNKNOWN,
    VLLM,
    Dialect,
    Found,
    LoadedModel,
    pages_of,
)
from llm.backends.slots import Slots

LOCAL = "http://127.0.0.1:1234"
NEW, OLD, ANY = pages_of(LOCAL)


def listed(*ids: str, **fields: Any) -> dict[str, Any]:
    """A list of models as OpenAI's protocol has it."""
    return {"object": "list", "data": [{"id": name, **fields} for name in ids]}


@pytest.mark.parametrize(
    ("page", "dialect", "models"),
    [
        (listed("tiny", owned_by="llamacpp"), LLAMA_CPP, ["tiny"]),
        (listed("tiny", owned_by="vllm"), VLLM, ["tiny"]),
        (listed("nomic-embed-text", "llama3:latest", owned_by="library"), OLLAMA, ["llama3:latest"]),
        (listed("a/b", "c/d", canonical_slug="a/b"), OPENROUTER, ["a/b", "c/d"]),
        (listed("tiny"), UNKNOWN, ["tiny"]),
        (listed("tiny", owned_by=["a list"]), UNKNOWN, ["tiny"]),
        (listed("cold", owned_by="llamacpp", status={"value": "unloaded"}), LLAMA_CPP, []),
        (listed("warm", owned_by="llamacpp", status={"value": "loaded"}), LLAMA_CPP, ["warm"]),
        ({"data": [{"id": 7}, "nonsense", None]}, UNKNOWN, []),
        ({"data": []}, UNKNOWN, []),
    ],
)
def test_a_server_is_known_by_its_list(page: dict[str, Any], dialect: Dialect, models: list[str]) -> None:
    """By who owns its models; of these, only what is there and can talk counts."""
    found = ANY.read(page)
    assert found is not None
    assert (found.dialect, [model.id for model in found.models]) == (dialect, models)


@pytest.mark.parametrize(
    "page", [{}, {"data": None}, {"data": {}}, {"error": "Unexpected endpoint"}, {"models": 7}]
)
def test_what_is_no_list_tells_nothing(page: dict[str, Any]) -> None:
    """Some servers answer for pages they do not have."""
    assert [one.read(page) for one in (NEW, OLD, ANY)] == [None, None, None]


def test_lm_studio_tells_what_is_loaded() -> None:
    """In both generations of its own pages; what only lies on the disk is not there."""
    new = {
        "models": [
            {"type": "embedding", "loaded_instances": [{"id": "e"}]},
            {"type": ["a list"], "loaded_instances": None},
            {"type": "llm", "key": "cold", "loaded_instances": []},
            {"type": "llm", "loaded_instances": [{"id": "warm:2", "config": {"parallel": 3}}, {"id": 5}]},
        ]
    }
    old = {
        "data": [
            {"id": "cold", "state": "not-loaded"},
            {"id": "e", "state": "loaded", "type": "embeddings"},
            {"id": "strange", "state": ["loaded"], "type": {}},
            {"id": "warm", "state": "loaded", "type": "llm"},
        ]
    }
    assert NEW.read(new) == Found(LM_STUDIO, (LoadedModel("warm:2", 3),))
    assert OLD.read(old) == Found(LM_STUDIO, (LoadedModel("warm"),))


@pytest.mark.parametrize(
    ("found", "page", "then"),
    [
        (Found(LLAMA_CPP), {"total_slots": 6}, Found(LLAMA_CPP, slots=6)),
        (Found(UNKNOWN), {"total_slots": 6}, Found(LLAMA_CPP, slots=6)),
        (Found(UNKNOWN), {}, Found(UNKNOWN)),
        (Found(LLAMA_CPP), {"total_slots": "many"}, Found(LLAMA_CPP)),
        (Found(OLLAMA), {"models": [{"name": "warm"}]}, Found(OLLAMA, (LoadedModel("warm"),))),
        (Found(OLLAMA, (LoadedModel("any"),)), {"models": []}, Found(OLLAMA, (LoadedModel("any"),))),
        (
            Found(OLLAMA, (LoadedModel("any"),)),
            {"models": [{"name": 7}]},
            Found(OLLAMA, (LoadedModel("any"),)),
        ),
        (Found(UNKNOWN), {"models": [{"name": "warm"}]}, Found(UNKNOWN)),
    ],
)
def test_a_second_page_tells_the_rest(found: Found, page: dict[str, Any], then: Found) -> None:
    """llama.cpp its slots, Ollama what it has in memory; nonsense changes nothing."""
    assert found.told(page) == then


@pytest.mark.parametrize(
    ("found", "in_flight"),
    [
        (Found(LM_STUDIO, (LoadedModel("other", 9), LoadedModel("mine", 3))), 3),
        (Found(LM_STUDIO, (LoadedModel("mine"),)), PARALLEL),
        (Found(LLAMA_CPP, slots=6), 6),
        (Found(LLAMA_CPP), PARALLEL),
        (Found(VLLM), 32),
        (Found(OLLAMA), 1),
    ],
)
def test_how_much_a_server_does_at_once(found: Found, in_flight: int) -> None:
    """As it says itself, else as its kind usually does."""
    assert found.in_flight("mine") == in_flight


@pytest.mark.parametrize(
    ("root", "path", "page", "dialect"),
    [
        ("https://openrouter.ai/api", "/v1/key", {"data": {"label": "x"}}, OPENROUTER),
        ("https://api.openai.com", "/v1/models", listed("gpt-x", owned_by="system"), OPENAI),
    ],
)
def test_a_known_service_is_not_asked_what_it_is(
    root: str, path: str, page: dict[str, Any], dialect: Dialect
) -> None:
    """One page tells whether it takes the key; its long list of models is nobody's business."""
    (only,) = pages_of(root)
    assert only.path == path
    assert only.read(page) == Found(dialect)
    assert only.read({}) is None
    assert pages_of(root, "lm_studio") == ()


def test_only_the_kind_that_is_wanted_is_looked_for() -> None:
    """Who looks for LM Studio takes nothing else that happens to listen there."""
    assert pages_of(LOCAL, "lm_studio") == (NEW, OLD)


def test_everybody_keeps_to_a_slot_and_nobody_waits_for_a_busy_one() -> None:
    """As long as another is free; when none is, one's own is as good as any."""
    slots = Slots(2)
    with slots.asked(4, "one") as first, slots.asked(6, "two") as second, slots.asked(8, "three") as third:
        assert [reading.slot for reading in (first, second, third)] == [0, 1, 0]
    with slots.asked(5, "four") as reading:
        assert reading.fields == {"id_slot": 1}


def test_a_slot_remembers_what_it_has_read() -> None:
    """When something was heard, all of it; when nothing was, about as much as there was time for."""
    seconds = 0.0
    slots, text = Slots(2, lambda: seconds), "word " * 200
    unread_s = slots.reading_s(1, text)
    with slots.asked(1, text):
        seconds += unread_s / 2
    assert 0 < slots.reading_s(1, text) < unread_s
    with slots.asked(1, text) as reading:
        reading.heard()
        reading.heard()
    assert slots.reading_s(1, text) == 0
    assert slots.reading_s(0, text) > 0


def test_without_slots_nothing_is_chosen_and_nothing_known() -> None:
    """The server reads where it likes."""
    slots = Slots()
    with slots.asked(3, "text") as reading:
        reading.heard()
        assert reading.fields == {}
    assert slots.reading_s(3, "text") == 0.0
