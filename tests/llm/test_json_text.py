"""JSON that a model wrote into its line, piece by piece."""

from __future__ import annotations

import pytest

from llm.wire.json_text import scalars_of, string_of


@pytest.mark.parametrize(
    ("raw", "read"),
    [("plain", "plain"), (r"a\nb \u2615", "a\nb ☕"), ("half \\", ""), ('a " b', ""), ("\\x", "")],
)
def test_a_string_is_read_or_is_nothing(raw: str, read: str) -> None:
    """Damaged, it is not guessed at."""
    assert string_of(raw) == read


@pytest.mark.parametrize("told", [None, 3, "text", ["intent", "joke"]])
def test_only_an_object_has_fields(told: object) -> None:
    """Whatever else it wrote."""
    assert scalars_of(told) == ()


def test_what_has_depth_is_no_field() -> None:
    """A mood may be a word or a number; a list of lists is none."""
    assert scalars_of({"mood": 3, "intent": "joke", "deep": [1], "none": None}) == (
        ("mood", 3),
        ("intent", "joke"),
    )
