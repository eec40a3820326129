from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.card_persona import EXTENSION, card_from_persona, persona_from_card
from agents.cards import Card, CardError, card_of, card_picture, card_text
from agents.persona import Persona
from agents.persona_file import persona_text
from tests.support.card_files import DESCRIPTION, EVERYBODY, KNOWN, SCRIPT, coded, persona, told, v2, v3

LONGEST_BLOCK = 480  # characters, even where a card gives only the longest of everything


def test_a_character_becomes_a_whole_person() -> None:
    """Name, character and lines from the card; all else as a villager has it, by the name alone."""
    wilma = persona(v2())
    assert wilma.first_name == "Wilma"
    assert wilma.id == "wilma"
    assert wilma.core_identity == (
        "Wilma mends nets and talks to gulls. She has never left the harbour, and somebody knows why."
    )
    assert wilma.examples[:2] == (
        "Somebody who has nets to mend today.",
        "The gulls told me that you would come, sit down.",
    )
    assert wilma == persona(v2())
    assert (
        wilma.home != persona(v2(name="Zelda Quill")).home
        or wilma.goal != persona(v2(name="Zelda Quill")).goal
    )
    assert {relation.to for relation in wilma.relations} <= KNOWN


def test_what_is_for_readers_or_for_models_is_in_no_prompt() -> None:
    """Notes, tags, creator and instructions go nowhere; that there are instructions is known."""
    card = card_of(coded(v2()))
    wilma = persona_from_card(card, KNOWN)
    for word in ("NOTES", "SYSTEM", "AFTER", "TAG", "CREATOR"):
        assert word not in wilma.model_dump_json()
    assert card.commands == ("system_prompt", "post_history_instructions")


@pytest.mark.parametrize(
    "name", ["Éowyn", "Dr. Ann-Marie O'Neil", "アスカ", "X", "THE CAPTAIN", "a" * 500, "🦊 Foxy 🦊"]
)
def test_any_name_becomes_one_of_this_town(name: str) -> None:
    """A first and a last one in plain letters; what has none is given one."""
    first, _, last = persona(v2(name=name)).name.partition(" ")
    assert first.isascii()
    assert last.isalpha()


def test_somebody_may_be_called_otherwise_here() -> None:
    """Where the town has that first name already."""
    card = card_of(coded(v2()))
    other = persona_from_card(card, KNOWN, name="Wendy Quill")
    assert other.id == "wendy"
    assert other.core_identity.startswith("Wendy mends nets")
    with pytest.raises(CardError, match="name"):
        persona_from_card(card, KNOWN, name="wendy")


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(
    name=st.text(min_size=1, max_size=60).filter(str.strip),
    texts=st.lists(st.text(max_size=400) | st.just(SCRIPT), min_size=4, max_size=4),
    extension=st.recursive(
        st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
)
def test_any_text_makes_a_person_or_a_line_of_refusal(name: str, texts: list[str], extension: object) -> None:
    """Whatever a stranger writes, it is somebody whom a small model can read, or a CardError."""
    description, personality, scenario, script = texts
    raw = told(
        name=name, description=description, personality=personality, scenario=scenario, mes_example=script,
        extensions={EXTENSION: {"persona": extension}},
    )  # fmt: skip
    who = persona({"data": raw})
    assert len(who.persona_block()) <= LONGEST_BLOCK
    assert "{{" not in who.persona_block()


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    extension=ANY_JSON,
    field=ANY_JSON,
    version=st.sampled_from((2, 3)),
    wrap=st.sampled_from((card_text, card_picture)),
    made=st.sampled_from((v2, v3)),
)
def test_a_round_trip_keeps_what_we_do_not_know(
    extension: object,
    field: object,
    version: int,
    wrap: Callable[[Card], bytes],
    made: Callable[..., dict[str, Any]],
) -> None:
    """Import, export, read again: every field and extension of others is as it was, and so is the person."""
    raw = made(a_field=field, extensions={"theirs": extension})
    kept = card_of(coded(raw))
    who = persona_from_card(kept, KNOWN)
    back = card_of(wrap(card_from_persona(who, kept, version)))
    assert back.version == version
    ours = back.data["extensions"].pop(EXTENSION)
    assert back.data | raw["data"] == back.data
    assert back.whole["beside"] == 1
    assert ours["persona"]["home"] == who.home
    assert kept.whole == raw


def test_a_first_version_keeps_its_fields_beside() -> None:
    """V1 has no place for others' data but the top level; there it stays."""
    kept = card_of(coded(told(avatar="none", chat="x")))
    back = card_from_persona(persona_from_card(kept, KNOWN), kept, 2)
    assert (back.whole["avatar"], back.whole["chat"]) == ("none", "x")
    assert back.data["description"] == DESCRIPTION


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("wilma", [*EVERYBODY[:6], persona(v3())], ids=lambda one: str(one.id))
def test_a_person_of_ours_goes_out_and_comes_back_the_same(wilma: Persona, version: int) -> None:
    """By a card alone, with no file of ours beside it; and by our own files."""
    assert persona_from_card(card_of(card_picture(card_from_persona(wilma, None, version))), KNOWN) == wilma
    assert Persona.model_validate(tomllib.loads(persona_text(wilma))) == wilma


def test_what_was_changed_here_or_there_is_changed_in_the_other() -> None:
    """An edited character replaces the card's description; a description edited elsewhere replaces ours."""
    kept = card_of(coded(v2()))
    core = "Wilma has given up nets and now sells gulls to people who do not want any."
    edited = persona_from_card(kept, KNOWN).model_copy(update={"core_identity": core})
    card = card_from_persona(edited, kept, 2)
    assert card.data["description"] == core
    assert card.data["mes_example"] == SCRIPT
    card.data["description"] = (
        "Wilma has stopped talking to gulls. She counts them now, every morning at six."
    )
    assert "counts them now" in persona_from_card(card, KNOWN).core_identity


def test_a_card_of_ours_that_names_strangers_gets_other_ties() -> None:
    """Whom it speaks of must live here."""
    card = card_from_persona(EVERYBODY[0], None, 2)
    ties = persona_from_card(card, {"mira", "tomas"}).relations
    assert ties
    assert ties != EVERYBODY[0].relations
