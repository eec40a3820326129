"""The small pure parts of the client: how hard a question is, when it is asked again, where a cut line ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.complexity import complexity
from llm.errors import BadKey, ModelError, Overflow, RateLimited, ServerFault, Unreachable
from llm.retry import RetryBudget, pause_before_retry
from llm.sentences import kept_of_cut
from llm.settings import LlmSettings
from llm.terms import WHOLE, Terms, limits_of
from llm.types import Priority, Prompt, Tier, Turn, Weight
from tests.support.model_requests import prompt_of

EMPTY = Prompt("", "", "", (), "", "", ())
texts = st.text("abc ", max_size=400)


@given(
    topic=st.floats(-1, 2),
    participants=st.integers(0, 50),
    memories=st.integers(0, 50),
    lines=st.integers(0, 40),
    nudge=texts,
)
def test_a_score_is_between_nothing_and_one(
    topic: float, participants: int, memories: int, lines: int, nudge: str
) -> None:
    """Whatever is asked."""
    prompt = replace(EMPTY, nudge=nudge, history=(Turn("A", "b"),) * lines)
    assert 0 <= complexity(prompt, Weight(topic, participants, memories)) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("more", "weight"),
    [
        ("topic", Weight(0.6, 2, 0)),
        ("participants", Weight(0.3, 3, 0)),
        ("memories", Weight(0.3, 2, 1)),
    ],
)
def test_each_part_makes_a_question_harder(more: str, weight: Weight) -> None:
    """No part is decoration."""
    assert complexity(EMPTY, weight) > complexity(EMPTY, Weight(0.3, 2, 0)), more


def test_history_and_length_make_it_harder_too() -> None:
    """As above."""
    base = complexity(EMPTY, Weight())
    assert complexity(replace(EMPTY, history=(Turn("", ""),)), Weight()) > base
    assert complexity(replace(EMPTY, nudge="word " * 20), Weight()) > base


def test_the_towns_ordinary_talk_is_not_complex() -> None:
    """Background talk stays local."""
    assert complexity(prompt_of("Mira", *[("Tomas", "Good morning to you.")] * 8), Weight()) < 0.4


def test_requests_stay_within_a_tenth_more_than_lines() -> None:
    """A server that fails always is not asked twice for each line."""
    now = 0.0
    budget = RetryBudget(lambda: now)
    retries = 0
    for _ in range(1000):
        budget.earn()
        retries += budget.spend()
    assert retries <= 1000 * 0.1 + 1


def test_time_earns_one_request_in_ten_seconds() -> None:
    """So that a quiet town may still ask again."""
    now = [0.0]
    budget = RetryBudget(lambda: now[0])
    assert budget.spend()
    assert not budget.spend()
    now[0] = 10.0
    assert budget.spend()


@pytest.mark.parametrize(
    ("error", "attempts", "pause"),
    [
        (ServerFault("busy"), 1, 0.25),
        (ServerFault("busy"), 2, None),
        (Overflow("long"), 1, 0.0),
        (RateLimited("slow down"), 1, None),
        (BadKey("no"), 1, None),
        (Unreachable("gone"), 1, None),
    ],
)
def test_only_what_may_pass_is_asked_again(error: ModelError, attempts: int, pause: float | None) -> None:
    """Once, and never a server that said no."""
    assert pause_before_retry(error, attempts, chance=1.0) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("shown", "hidden", "kept"),
    [
        ("Good day.", " I was at the…", ""),
        ("Good day. I was", " at the mill. And then the…", " at the mill."),
        ("Good day. I was", " at the…", " at the…"),
        ("", "Good day! I was at…", "Good day!"),
        ("", "I was at…", "I was at…"),
        ("", "He said 'no.' And then…", "He said 'no.'"),
        ("Well…", " it is 3.5 miles to…", ""),
        ("It is", " 3.5 miles to…", " 3.5 miles to…"),
    ],
)
def test_of_what_nobody_has_seen_only_whole_sentences_are_said(shown: str, hidden: str, kept: str) -> None:
    """A model that ran out of tokens trails off only where it must."""
    assert kept_of_cut(shown, hidden) == kept


def test_the_spotlight_has_the_larger_budget() -> None:
    """Tokens asked for, and tokens read."""
    settings = LlmSettings()
    background, spotlight = (limits_of(settings, one) for one in (Priority.VISIBLE, Priority.SPOTLIGHT))
    assert (background.reply_tokens, background.prompt_tokens) == (40, 300)
    assert (spotlight.reply_tokens, spotlight.prompt_tokens) == (70, 600)
    assert background.most_tokens == spotlight.most_tokens == 100


def test_terms_are_the_settings_of_the_moment() -> None:
    """A change holds from the next question on, and not for one that was asked."""
    settings = LlmSettings()
    before = Terms.of(settings)
    settings.timeouts.local, settings.streaming.chunk_size = 2.0, 15
    after = Terms.of(settings)
    assert (before.local_s, before.chunk_size) == (1.5, 10)
    assert (after.local_s, after.chunk_size) == (2.0, 15)
    assert after.silence_s(Tier.LOCAL) == pytest.approx(2.5)


def test_a_callers_timeout_bounds_everything() -> None:
    """All clocks, and nothing is added to it."""
    terms = Terms.of(LlmSettings(), timeout_s=0.3)
    assert terms.silence_s(Tier.LOCAL) == terms.silence_s(Tier.CLOUD) == terms.timeout_s == pytest.approx(0.3)


def test_without_streaming_a_line_is_handed_on_whole() -> None:
    """Whichever way it was switched off."""
    assert Terms.of(LlmSettings(), streams=False).chunk_size == WHOLE
