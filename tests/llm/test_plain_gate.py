from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.backends.scripted import Scripted
from llm.client import FALLBACK_TEXT, HybridLLMClient
from llm.plain_gate import PlainGate
from llm.script_book import ScriptBook
from llm.tier_door import fixed
from llm.types import RouteReason, TierState
from tests.support.model_requests import ask, frames, until_state

THINKING = ("think", "thinking", "thought", "reasoning", "analysis")
TAGS = ["<think>", "</think>", "<thought>", "</thought>", "</", "think", "THINK", "int"]
pieces = st.sampled_from([*TAGS, *"<>/ba3é… \n\u202e\x00\u200d", "👩\u200d🍳", "x" * 41])
texts = st.lists(pieces, max_size=14).map("".join)


def shown(*fed: str, cut: bool = False) -> str:
    """What passes of a text that comes in these pieces."""
    gate = PlainGate(ask(1))
    return "".join([gate.feed(piece) for piece in fed]) + gate.close(cut=cut)


@given(texts, st.lists(st.integers(0, 60), max_size=8), st.booleans())
def test_however_it_is_cut_the_same_text_comes_out(text: str, cuts: list[int], cut: bool) -> None:
    """The pieces in which a model hands its words out carry no meaning."""
    edges = [0, *sorted(min(at, len(text)) for at in cuts), len(text)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    assert shown(*parts, cut=cut) == shown(text, cut=cut) == shown(*text, cut=cut)


@given(st.sampled_from(THINKING), st.text("abc \n.,<3", max_size=20), st.text("xyz .", max_size=8))
def test_what_was_only_thought_is_not_said(name: str, thought: str, said: str) -> None:
    """Whatever is between the tags; what stands round it is shown, without blanks at its beginning."""
    thought = thought.replace("<", "< ")
    assert shown(f"<{name}>{thought}</{name}>{said}") == said.lstrip()
    assert shown(f"Hm.<{name.upper()}>{thought}</{name.title()}>{said}") == f"Hm.{said}"


@pytest.mark.parametrize("at", range(len("Ah<think>secret</think>so") + 1))
def test_a_thinking_tag_may_be_split_anywhere(at: int) -> None:
    """Half a tag is never seen."""
    text = "Ah<think>secret</think>so"
    gate = PlainGate(ask(1))
    first = gate.feed(text[:at])
    assert "Ahso".startswith(first)
    assert first + gate.feed(text[at:]) + gate.close(cut=False) == "Ahso"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<think>and then", ""),
        ("Yes.<think>but", "Yes."),
        ("<think>a</thought>b", ""),
        ("<think>x</thin", ""),
        ("<think>a<reasoning>b</reasoning>c</think>d", "d"),
        ("<think>1 < 2</think>ok", "ok"),
        ("<think>a <b>c</b></think>ok", "ok"),
        ("<think>a</think>\n\nHello", "Hello"),
        ("<think></think>Hi<analysis>no</analysis>!", "Hi!"),
        ("stray</think> end", "stray end"),
    ],
)
def test_thinking_ends_with_its_own_tag_only(text: str, rest: str) -> None:
    """What never ends is never shown; another's end is not its end."""
    assert shown(text) == rest
    assert shown(*text) == rest


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "a <= b",
        "I <3 you",
        "a <- b <-> c",
        "2<3 and 4>3",
        "a > b",
        "ends with <",
        "ends with <b",
        "<" + "a" * 41,
        "x <<< y",
    ],
)
def test_not_every_angle_is_a_tag(text: str) -> None:
    """A comparison, a heart, an arrow, and what is too long to be a tag, are text."""
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Use <b>bold</b> words", "Use bold words"),
        ("<p class='x'>Hi</p>", "Hi"),
        ("List<int> numbers;", "List numbers;"),
        ("line<br/>break", "linebreak"),
        ("<s>Good</s>", "Good"),
    ],
)
def test_tags_stay_behind_and_their_content_does_not(text: str, rest: str) -> None:
    """In code as well."""
    assert shown(text) == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("a\x00b\x07c\x1b[31md", "abc[31md"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("\ufeffa\u200bb\u00adc", "abc"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("\ue000\U000e0041", ""),
        ("👩\u200d🍳 and 👨\u200d👩\u200d👧", "👩\u200d🍳 and 👨\u200d👩\u200d👧"),
        ("❤\ufe0f é e\u0301 日本 العربية", "❤\ufe0f é e\u0301 日本 العربية"),
    ],
)
def test_what_cannot_be_seen_does_not_pass(text: str, rest: str) -> None:
    """Control and direction characters stay behind; line breaks and what holds an emoji together pass."""
    assert shown(text) == rest
    assert shown(*text) == rest


def test_blanks_before_the_first_word_are_not_shown() -> None:
    """Those between words are."""
    assert shown(" ", "\n", " Good", " morrow ", "\n") == "Good morrow \n"
    assert shown(" \n ") == ""


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Good mor", "Good mor…"),
        ("Good <b", "Good <b…"),
        ("Hm.<think>but", "Hm.…"),
        ("", ""),
        ("<think>x", ""),
    ],
)
def test_what_was_cut_off_trails(text: str, rest: str) -> None:
    """Unless nothing of it was seen."""
    assert shown(text, cut=True) == rest


def test_a_gate_of_this_kind_never_ends_a_line() -> None:
    """It waits for the model."""
    gate = PlainGate(ask(1))
    gate.feed("The end.\n\n<END>")
    assert not gate.over


def test_thinking_alone_is_no_answer() -> None:
    """The template speaks in its place, and says why."""
    book = ScriptBook(["<think>Who is this?</think>"])
    with HybridLLMClient(make_tiers=fixed(Scripted(book))) as client:
        until_state(client, TierState.READY)
        future = client.generate("Hello")
        for _ in frames(client):
            if future.done():
                break
    reply = future.result(0)
    assert (reply, reply.facts.route_reason) == (FALLBACK_TEXT, RouteReason.NOTHING_SAID)
