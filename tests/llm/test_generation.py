from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llm.backends.scripted import Scripted
from llm.client import HybridLLMClient
from llm.generation import BadContext, GenerationContext, Reply, ReplyFacts, plainly_good
from llm.persona_cache import BadPersona
from llm.script_book import ScriptBook
from llm.tier_door import fixed
from llm.types import LineStats, Outcome, RequestId, RouteReason, Tier, Turn, Weight, Why

FACTS = ReplyFacts(
    request_id=RequestId(7),
    tier=Tier.CLOUD,
    backend="openai",
    model="m",
    route_reason=RouteReason.SPOTLIGHT,
    outcome=Outcome.COMPLETE,
    why=Why.NONE,
    stats=LineStats(1.0, 2.0),
)


@pytest.mark.parametrize(
    "context",
    ["Hello", {"prompt": "Hello"}, MappingProxyType({"prompt": "Hello"}), GenerationContext(prompt="Hello")],
    ids=["text", "mapping", "proxy", "typed"],
)
def test_a_question_comes_in_four_shapes(context: Any) -> None:
    """They are the same, and only the prompt must be there."""
    checked = GenerationContext.of(context)
    assert checked == GenerationContext(prompt="Hello")
    assert (checked.is_spotlight, checked.participants, checked.topic_complexity) == (False, 1, 0.0)
    assert checked.stream is None


def test_a_typed_question_is_taken_as_it_is() -> None:
    """It was checked when it was made, and cannot change."""
    context = GenerationContext(prompt="Hello")
    assert GenerationContext.of(context) is context
    with pytest.raises(ValidationError):
        context.prompt = "Goodbye"  # type: ignore[misc]  # that it cannot be is what is tested


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({}, "context: prompt: Field required"),
        ([], "context: prompt: Field required"),
        ("", "context: prompt: String should have at least 1 character"),
        ({"prompt": None}, "context: prompt: Input should be a valid string"),
        ({"prompt": "x" * 100_001}, "context: prompt: String should have at most 100000 characters"),
        ({"prompt": "\ud800"}, "context: prompt: Input should be a valid string, unable to parse"),
        ({"prompt": "x", "promt": "y"}, "context: promt: Extra inputs are not permitted"),
        ({"prompt": "x", 3: "y"}, "context: 3: Keys should be strings"),
        ({"prompt": "x", "is_spotlight": 3}, "context: is_spotlight: Input should be a valid boolean"),
        (
            {"prompt": "x", "participants": -1},
            "context: participants: Input should be greater than or equal to 0",
        ),
        ({"prompt": "x", "participants": [0] * 10_001}, "context: participants: Input should be less than"),
        ({"prompt": "x", "participants": 1.5}, "context: participants: Input should be a valid integer"),
        ({"prompt": "x", "topic_complexity": 1.1}, "context: topic_complexity: Input should be less than"),
        ({"prompt": "x", "topic_complexity": -0.1}, "context: topic_complexity: Input should be greater"),
        ({"prompt": "x", "topic_complexity": float("nan")}, "context: topic_complexity: Input should be"),
        (
            {"prompt": "x", "topic_complexity": "high"},
            "context: topic_complexity: Input should be a valid number",
        ),
        ({"prompt": "x", "stream": "maybe"}, "context: stream: Input should be a valid boolean"),
        ({"prompt": "x", "memories": "rain"}, "context: memories: Input should be a valid tuple"),
        ({"prompt": "x", "memories": ["rain", 3]}, "context: memories.1: Input should be a valid string"),
        ({"prompt": "x", "agent_id": 7}, "context: agent_id: Input should be a valid string"),
        ({"prompt": "x", "fallback_text": None}, "context: fallback_text: Input should be a valid string"),
        ({"prompt": "x", "conversation_history": "hi"}, "context: conversation_history: Input should be"),
        ({"prompt": "x", "conversation_history": [3]}, "context: conversation_history: a turn is a text"),
        ({"prompt": "x", "conversation_history": [("a", "b", "c")]}, "context: conversation_history: a turn"),
        (
            {"prompt": "x", "conversation_history": [{"role": "user"}]},
            "context: conversation_history: a turn",
        ),
        (None, "context: expected a mapping with a prompt, got NoneType"),
        (7, "context: expected a mapping with a prompt, got int"),
        (b"hello", "context: expected a mapping with a prompt, got bytes"),
    ],
)
def test_a_bad_question_is_told_in_one_line(context: Any, told: str) -> None:
    """It names the key, and shows nothing of what was handed in."""
    with pytest.raises(BadContext) as error:
        GenerationContext.of(context)
    assert str(error.value).startswith(told)
    assert "\n" not in str(error.value)
    assert error.value.__suppress_context__


@pytest.mark.parametrize("context", [{}, "", {"prompt": "x", "participants": -1}, None, 7])
def test_a_bad_question_is_refused_at_once(context: Any) -> None:
    """By whichever door it came, and nothing of it is left; so is a bad persona."""
    with HybridLLMClient(make_tiers=fixed(Scripted(ScriptBook(["Good morrow."])))) as client:
        for door in (client.generate_async, client.generate, client.send_request, client.explain_route):
            with pytest.raises(BadContext, match=r"^context: "):
                door(context)
        with pytest.raises(BadPersona, match=r"^persona\.system_prompt: "):
            client.generate_async({"prompt": "x", "persona": {}})
        assert (client.lines_open, client.drain()) == (0, [])


@pytest.mark.parametrize(
    ("turn", "heard"),
    [
        (Turn("Ada", "Hi."), Turn("Ada", "Hi.")),
        ("Hi.", Turn("", "Hi.")),
        (("Ada", "Hi."), Turn("Ada", "Hi.")),
        (["Ada", "Hi."], Turn("Ada", "Hi.")),
        ({"speaker": "Ada", "text": "Hi."}, Turn("Ada", "Hi.")),
        ({"role": "user", "content": "Hi."}, Turn("user", "Hi.")),
        ({"role": "user", "content": "Hi.", "name": "Ada"}, Turn("user", "Hi.")),
    ],
)
def test_what_was_said_before_comes_in_many_shapes(turn: object, heard: Turn) -> None:
    """Each becomes a turn."""
    for said in ([turn], (turn,)):
        context = GenerationContext.of({"prompt": "x", "conversation_history": said})
        assert context.conversation_history == (heard,)


@pytest.mark.parametrize("people", [3, ["a", "b", "c"], ("a", "b", "c"), {"a", "b", "c"}, frozenset("abc")])
def test_people_are_counted(people: object) -> None:
    """A number, or a list of them."""
    assert GenerationContext.of({"prompt": "x", "participants": people}).participants == 3


def test_a_question_is_no_part_in_a_play() -> None:
    """Nobody is named as its speaker; it stands last, behind what changes less."""
    context = GenerationContext.of(
        {"prompt": "And now?", "memories": ["It rained.", "The mill burnt."], "conversation_history": ["Hi."]}
    )
    prompt = context.as_prompt("You are Ada.")
    assert (prompt.speaker, prompt.nudge, prompt.persona) == ("", "And now?", "You are Ada.")
    assert prompt.scene == "It rained.\nThe mill burnt."
    assert prompt.history == (Turn("", "Hi."),)


def test_what_makes_it_hard_is_weighed() -> None:
    """Topic, company and memories."""
    context = GenerationContext(prompt="x", topic_complexity=0.9, participants=5, memories=("a", "b"))
    assert context.weight == Weight(0.9, 5, 2)


def test_a_reply_is_its_text() -> None:
    """It can be used as the string that older callers expect, and knows where it came from."""
    reply = Reply("Good morrow", FACTS)
    assert reply == "Good morrow"
    assert {"Good morrow", reply} == {"Good morrow"}
    assert f"{reply}!" == "Good morrow!"
    assert type(reply.text) is str
    assert (reply.facts, reply.tier, reply.is_template) == (FACTS, Tier.CLOUD, False)
    with pytest.raises(AttributeError):
        reply.mood = "glad"  # type: ignore[attr-defined]  # that it has no other is what is tested


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 20_000),
    st.floats(-1, 2),
    st.text(max_size=5),
    st.lists(st.text()),
)


@given(
    st.dictionaries(st.sampled_from(["prompt", *GenerationContext.model_fields, "else"]), plain, max_size=6)
)
def test_what_looks_right_at_once_is_right(context: dict[str, Any]) -> None:
    """The quick look lets nothing pass that the closer one refuses, and changes nothing."""
    quick = plainly_good(context)
    if quick is not None:
        assert GenerationContext.of(quick) == GenerationContext.of(context)
