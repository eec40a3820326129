from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.persona_cache import BadPersona, PersonaCache, PersonaFacts, fingerprint_of
from llm.settings import PersonaCacheSettings

texts = st.text("ab,: |12", max_size=4)
parts = st.lists(texts, max_size=3).map(tuple)


@dataclass(frozen=True)
class Baker:
    """A persona as an object, with a field that is nobody's business here."""

    system_prompt: str = "You are Mara, a baker."
    style_rules: tuple[str, ...] = ("short sentences", "dry humour")
    voice_characteristics: tuple[str, ...] = ("warm", "slow")
    age: int = 41


MARA = Baker()
TEXT = "You are Mara, a baker.\nStyle: short sentences; dry humour.\nVoice: warm; slow."


def as_mapping(baker: Baker) -> dict[str, Any]:
    """The same persona as a mapping."""
    return {
        "system_prompt": baker.system_prompt,
        "style_rules": list(baker.style_rules),
        "voice_characteristics": baker.voice_characteristics,
    }


@pytest.mark.parametrize("persona", [MARA, as_mapping(MARA), MappingProxyType(as_mapping(MARA))])
def test_a_block_says_who_they_are_and_how_they_talk(persona: object) -> None:
    """An object's attributes and a mapping's keys are as good as each other."""
    assert PersonaCache(10).block("mara", persona) == TEXT


def test_what_is_empty_is_left_out() -> None:
    """And no part has blanks or a second full stop at its end."""
    cache = PersonaCache(10)
    assert cache.block("a", {"system_prompt": "  You are Mara. \n"}) == "You are Mara."
    assert cache.block("a", replace(MARA, style_rules=(" ", ""), voice_characteristics=(" warm. ",))) == (
        "You are Mara, a baker.\nVoice: warm."
    )
    assert cache.block("a", Baker("", (), ())) == ""


def test_the_same_persona_is_made_once() -> None:
    """The same bytes, and in whatever form it is handed in."""
    cache = PersonaCache(10)
    assert not cache.known("mara", MARA)
    first = cache.block("mara", MARA)
    assert cache.known("mara", as_mapping(MARA))
    assert cache.block("mara", as_mapping(MARA)) is first
    assert cache.report() == {"hits": 1, "misses": 1, "evictions": 0, "size": 1}


def test_a_persona_that_changes_is_made_anew() -> None:
    """Nobody has to say so."""
    cache = PersonaCache(10)
    cache.block("mara", MARA)
    assert "Dora" in cache.block("mara", replace(MARA, system_prompt="You are Dora."))
    assert cache.misses == 2


def test_two_people_with_one_persona_are_two() -> None:
    """A block belongs to who it is for."""
    cache = PersonaCache(10)
    cache.block("mara", MARA)
    assert not cache.known("dora", MARA)


def test_a_block_that_was_emptied_is_kept_as_well() -> None:
    """No text is a text."""
    cache = PersonaCache(10)
    cache.block("a", Baker("", (), ()))
    cache.block("a", Baker("", (), ()))
    assert (cache.hits, cache.misses) == (1, 1)


@pytest.mark.parametrize(
    ("persona", "told"),
    [
        ({}, "system_prompt: Field required"),
        (None, "persona: "),
        (7, "persona: Input should be a valid dictionary or object"),
        ({"system_prompt": 7}, "system_prompt: Input should be a valid string, not int"),
        (
            {"system_prompt": "x", "style_rules": "short"},
            "style_rules: Input should be a valid tuple, not str",
        ),
        ({"system_prompt": "x", "voice_characteristics": ["a", None]}, "voice_characteristics.1"),
    ],
)
def test_a_bad_persona_is_told_in_one_line(persona: object, told: str) -> None:
    """It names the field and what is expected, and nothing is kept or counted."""
    cache = PersonaCache(10)
    for ask in (cache.block, cache.known):
        with pytest.raises(BadPersona) as error:
            ask("a", persona)
        assert told in str(error.value)
        assert "\n" not in str(error.value)
    assert not any(cache.report().values())


def test_any_text_can_be_kept_under_a_mark_of_its_own() -> None:
    """It is made once for each mark; a maker that fails leaves nothing behind."""
    cache = PersonaCache(10)

    def fail() -> str:
        raise AssertionError("it was made")

    with pytest.raises(AssertionError):
        cache.of_text("mara", fail, b"1")
    assert cache.of_text("mara", lambda: "one", b"1") == "one"
    assert cache.of_text("mara", fail, b"1") == "one"
    assert cache.of_text("mara", lambda: "two", b"2") == "two"
    assert cache.report() == {"hits": 1, "misses": 2, "evictions": 0, "size": 2}


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 2)), max_size=60), st.integers(1, 4))
def test_the_least_recently_used_goes_first(asked: list[tuple[str, int]], size: int) -> None:
    """As in a plain list of what was used, in order, cut to its size; and asking does not use."""
    cache = PersonaCache(size)
    kept: OrderedDict[tuple[str, int], None] = OrderedDict()
    evictions = 0
    for agent_id, version in asked:
        assert cache.known(agent_id, Baker(str(version))) == ((agent_id, version) in kept)
        cache.block(agent_id, Baker(str(version)))
        kept.pop((agent_id, version), None)
        kept[agent_id, version] = None
        if len(kept) > size:
            kept.popitem(last=False)
            evictions += 1
    assert (cache.size, cache.evictions) == (len(kept), evictions)
    assert cache.hits + cache.misses == len(asked)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_only_the_same_texts_have_the_same_mark(one: list[str], other: list[str]) -> None:
    """Where one text ends and the next begins matters."""
    assert (fingerprint_of(one) == fingerprint_of(other)) == (one == other)


@given(texts, parts, parts, texts, parts, parts)
def test_a_rule_is_not_a_trait_of_the_voice(
    prompt: str,
    rules: tuple[str, ...],
    voice: tuple[str, ...],
    other_prompt: str,
    other_rules: tuple[str, ...],
    other_voice: tuple[str, ...],
) -> None:
    """Two personas share a mark only if they are the same, field by field."""
    one = PersonaFacts.of(Baker(prompt, rules, voice))
    other = PersonaFacts.of(Baker(other_prompt, other_rules, other_voice))
    assert (one.fingerprint == other.fingerprint) == (one == other)


def test_the_mark_is_the_same_in_every_run() -> None:
    """It is no `hash()`, which differs from run to run."""
    assert fingerprint_of(["ab", "c"]).hex() == "037a20e40d8c5751a84cb6f721cafe99"


def test_the_settings_size_is_a_size() -> None:
    """As many blocks as the settings say by default."""
    cache = PersonaCache(PersonaCacheSettings().size)
    for number in range(1_010):
        cache.of_text(str(number), str, b"")
    assert (cache.size, cache.evictions) == (1_000, 10)
