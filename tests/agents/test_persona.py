from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.persona import Persona, PersonaError, load_personas
from agents.villagers import villager_from_seed

PERSONAS = Path(__file__).parents[2] / "assets" / "personas"
MIRA = (PERSONAS / "mira.toml").read_text(encoding="utf-8")
EVERYBODY = load_personas(PERSONAS)
LONGEST_BLOCK = 385  # characters; at most 0.285 tokens each with SmolLM2's vocabulary, so 110 tokens

Change = Callable[[str], str]


def replacing(old: str, new: str) -> Change:
    """A slip of the pen in a file."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def folder_with(tmp_path: Path, text: str, name: str = "mira") -> Path:
    """The bundled people, one of them changed."""
    for persona in EVERYBODY:
        (tmp_path / f"{persona.id}.toml").write_text(
            (PERSONAS / f"{persona.id}.toml").read_text(encoding="utf-8"), encoding="utf-8"
        )
    (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def complaint(folder: Path) -> str:
    """The one line that is said about it."""
    with pytest.raises(PersonaError) as caught:
        load_personas(folder)
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_the_town_has_twenty_five_different_people() -> None:
    """Sorted by id; nobody shares a name, a look, a goal, a secret or a line with another."""
    assert len(EVERYBODY) == 25
    assert [persona.id for persona in EVERYBODY] == sorted(persona.id for persona in EVERYBODY)
    for fact in (
        [persona.first_name for persona in EVERYBODY],
        [persona.core_identity for persona in EVERYBODY],
        [persona.goal for persona in EVERYBODY],
        [persona.secret for persona in EVERYBODY],
        [(persona.appearance.clothes, persona.appearance.cloth_color) for persona in EVERYBODY],
        [example for persona in EVERYBODY for example in persona.examples],
        [relation.note for persona in EVERYBODY for relation in persona.relations],
    ):
        assert len(set(fact)) == len(fact)


def test_temperaments_differ() -> None:
    """No two people are near each other in all traits."""
    for one, other in combinations(EVERYBODY, 2):
        apart = [
            abs(a - b)
            for a, b in zip(one.traits.model_dump().values(), other.traits.model_dump().values(), strict=True)
        ]
        assert max(apart) >= 0.15, (one.id, other.id)


def test_four_traits_may_be_left_out(tmp_path: Path) -> None:
    """Who does not tell them is in the middle; in our own files everybody tells them, and all differ."""
    plain = re.sub(r"^(courage|humour|ambition|piety) = .*\n", "", MIRA, flags=re.MULTILINE)
    (mira,) = (one for one in load_personas(folder_with(tmp_path, plain)) if one.id == "mira")
    told = {
        (one.traits.courage, one.traits.humour, one.traits.ambition, one.traits.piety) for one in EVERYBODY
    }
    assert (mira.traits.courage, mira.traits.humour, mira.traits.ambition, mira.traits.piety) == (0.5,) * 4
    assert len(told) == len(EVERYBODY)
    assert (0.5,) * 4 not in told


def test_the_watchman_works_by_night() -> None:
    """A day begins with waking, whenever that is: turns run across midnight."""
    (frank,) = (one for one in EVERYBODY if one.occupation == "watchman")
    turns = frank.routine
    assert turns.sleep_minute < turns.wake_minute < turns.work_minute
    assert turns.lunch_minute < turns.done_minute < turns.sleep_minute


def test_children_and_old_people_live_here_too() -> None:
    """Ages from 9 to 84."""
    ages = sorted(persona.age for persona in EVERYBODY)
    assert (ages[0], ages[-1]) == (9, 84)
    assert sum(age < 20 for age in ages) >= 3


def test_a_house_is_home_to_one_to_three() -> None:
    """And people of one family name live under one roof."""
    homes = Counter(persona.home for persona in EVERYBODY)
    assert set(homes.values()) <= {1, 2, 3}
    roofs = {(persona.name.split()[1], persona.home) for persona in EVERYBODY}
    assert len(roofs) == len({name for name, _ in roofs})


def test_half_past_eight_finds_many_together() -> None:
    """When the world starts, at least eight pairs are at the same place by routine."""
    at_work = Counter(
        persona.workplace or persona.haunt
        for persona in EVERYBODY
        if persona.routine.work_minute <= 8 * 60 + 30 < persona.routine.lunch_minute
    )
    assert sum(count * (count - 1) // 2 for count in at_work.values()) >= 8


def test_a_note_names_the_other_and_goes_on_after_the_first_name() -> None:
    """`Mira keeps the darkest loaf back for Tomas` is said by people and read by models."""
    names = {persona.id: persona.first_name for persona in EVERYBODY}
    for persona in EVERYBODY:
        for relation in persona.relations:
            assert relation.note[0].islower()
            assert not relation.note.endswith(".")
    naming = sum(names[r.to] in r.note for p in EVERYBODY for r in p.relations)
    assert naming == sum(len(persona.relations) for persona in EVERYBODY)


@pytest.mark.parametrize("persona", EVERYBODY, ids=lambda persona: persona.id)
def test_a_persona_block_is_short_and_always_the_same(persona: Persona) -> None:
    """Same bytes on every load; who they are, then three lines as a script has them."""
    (again,) = (other for other in load_personas(PERSONAS) if other.id == persona.id)
    block = persona.persona_block()
    assert block.encode() == again.persona_block().encode()
    assert len(block) <= LONGEST_BLOCK
    identity, *spoken = block.split("\n")
    assert identity == persona.core_identity
    assert spoken == [f'{persona.first_name}: "{example}"' for example in persona.examples]
    assert persona.secret not in block


def test_the_original_names_stay() -> None:
    """`system_prompt`, `style_rules` and `voice_characteristics` are what older callers ask for."""
    mira = next(persona for persona in EVERYBODY if persona.id == "mira")
    assert mira.system_prompt.startswith("You are Mira Holt, 41, baker in Willowbrook.")
    assert mira.style_rules[0] == "Speak fast and warmly."
    assert mira.voice_characteristics == ("quick", "warm")
    relation = mira.relation_to("tomas")
    assert relation is not None
    assert relation.kind == "friendship"
    assert mira.relation_to("walt") is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (replacing('workplace = "bakery"', 'workplace = "bakry"'), r"workplace: 'bakry' .*nearest .*'bakery'"),
        (replacing('haunt = "square"', 'haunt = "squar"'), r"haunt: 'squar' .*'square'"),
        (replacing('home = "bakers_row"', 'home = "bakers"'), r"home: 'bakers' .*'bakers_row'"),
        (replacing("age = 41", "age = 400"), r"age: .*110, got 400"),
        (replacing("age = 41", 'age = "41"'), r"age: .*integer, got '41'"),
        (replacing("openness = 0.6", "openness = 1.6"), r"traits\.openness: .*1, got 1\.6"),
        (replacing('wake = "04:00"', 'wake = "4:00"'), r'routine\.wake: expected a time "HH:MM", got \'4:00\''),
        (replacing('wake = "04:00"', 'wake = "05:00"'), r"routine: expected wake, work, lunch"),
        (replacing("occupation =", "ocupation ="), r"ocupation: unknown key.*'occupation'"),
        (replacing('goal = "to win', 'goal = "win'), r"goal: "),
        (replacing('kind = "family"', 'kind = "famly"'), r"relations\[0\]\.kind: 'famly' .*'family'"),
        (replacing('hat = "baker"', 'hat = "bakers"'), r"appearance\.hat: 'bakers' .*'baker'"),
        (replacing('to = "finn"', 'to = "fin"'), r"relations\[0\]\.to: nobody has the id 'fin'.*'finn'"),
        (replacing('to = "finn"', 'to = "mira"'), r"relations\[0\]\.to: expected each other person once"),
        (replacing('id = "mira"', 'id = "mirah"'), r"id: expected 'mira' as the file is named"),
        (replacing('name = "Mira Holt"', 'name = "Tomas Holt"'), r"tomas\.toml: name: .*'Tomas' is taken by mira"),
        (replacing('name = "Mira Holt"\n', ""), r"name: expected, but missing"),
        (replacing("Up since four, and still no flour from the mill!", "Up!"), r"examples\[1\]: expected 6 to 18 words"),
        (replacing("Sit down, love", 'Sit \\"down\\", love'), r"examples\[2\]: .*double quotes"),
        (replacing("[traits]", "[traits"), r"line \d+: not TOML"),
        (replacing('name = "Mira Holt"', "name ="), r"line 2: not TOML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, change: Change, told: str) -> None:
    """The line names the file, the key and what was expected; where a name is nearly right, the right one."""
    said = complaint(folder_with(tmp_path, change(MIRA)))
    assert said.startswith(str(tmp_path))
    assert re.search(told, said), said


def test_a_file_that_is_no_text_or_a_folder_without_people_is_told() -> None:
    """Nothing escapes as somebody else's error."""
    assert "found none" in complaint(PERSONAS / "nowhere")


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    """UTF-8 or nothing."""
    (tmp_path / "mira.toml").write_bytes(MIRA.replace("Mira", "M\u00edra").encode("latin-1"))
    assert "UTF-8" in complaint(tmp_path)


@given(index=st.integers(0, 2_000), seed=st.integers(0, 2**64))
@settings(max_examples=60, deadline=None)
def test_any_seed_makes_a_whole_person(index: int, seed: int) -> None:
    """Whoever is made passes every check of a written person, twice the same, and knows only people of the town."""
    person = villager_from_seed(index, seed)
    assert person == villager_from_seed(index, seed)
    assert len(person.persona_block()) <= LONGEST_BLOCK
    assert {relation.to for relation in person.relations} <= {written.id for written in EVERYBODY}
    assert person.first_name not in {written.first_name for written in EVERYBODY}


def test_two_hundred_people_have_two_hundred_names() -> None:
    """A script tells its speakers apart by first name, in the largest town that the settings allow."""
    made = [villager_from_seed(index, 42) for index in range(175)]
    assert len({person.first_name for person in made}) == 175
    assert len({person.id for person in made}) == 175
    assert len({person.persona_block() for person in made}) == 175


def test_another_seed_makes_other_people() -> None:
    """The seed decides, not only the index."""
    ones = [villager_from_seed(index, 1).persona_block() for index in range(20)]
    others = [villager_from_seed(index, 3).persona_block() for index in range(20)]
    assert not set(ones) & set(others)


def test_a_villager_is_the_same_on_every_machine() -> None:
    """Whole numbers only: this one was made once and must come out again."""
    person = villager_from_seed(0, 1)
    assert (person.name, person.age, person.occupation, person.home) == (
        "Adam Ash",
        31,
        "waiter",
        "chapel_house",
    )
