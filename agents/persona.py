"""Who somebody is: fixed for life, read from one file each, checked once at the start.

Nothing in here changes while the world runs. What a model reads of a person is `persona_block()`: the same
bytes every time, because a server's prefix cache keeps only what begins with the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from agents.looks import Appearance
from agents.toml_files import nearest, read_folder, said_plainly

__all__ = ["Appearance", "Persona", "PersonaError", "Relation", "Routine", "Traits", "load_personas"]

WorkId = Literal[
    "bakery", "smithy", "mill", "docks", "chapel", "farm", "school",
    "apothecary", "carpenter", "tailor", "town_hall", "library", "watch_house",
]  # fmt: skip
PublicId = Literal["tavern", "market", "square", "park"]
HomeId = Literal[
    "rose_cottage", "oak_cottage", "mill_cottage", "harbor_house", "chapel_house", "farmhouse", "river_cottage",
    "hill_cottage", "smith_house", "bakers_row", "weavers_row", "old_manor", "ferry_house",
]  # fmt: skip
RelationKind = Literal["trust", "friendship", "rivalry", "professional", "family"]

WORK_IDS: Final[tuple[str, ...]] = get_args(WorkId)
PUBLIC_IDS: Final[tuple[str, ...]] = get_args(PublicId)
HOME_IDS: Final[tuple[str, ...]] = get_args(HomeId)

_CORE_WORDS: Final = (10, 45)
_EXAMPLE_WORDS: Final = (6, 18)
_MINUTES_A_DAY: Final = 24 * 60


class PersonaError(Exception):
    """A persona file cannot be used. One line that names the file, the key and what was expected."""


def _clock(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('expected a time "HH:MM"')
    return value


def _unquoted(value: str) -> str:
    if re.search(r"[\"\n\r\u201c\u201d]", value):
        raise ValueError("expected one line without double quotes")
    return value


def _words_within(value: str, least: int, most: int) -> str:
    count = len(value.split())
    if not least <= count <= most:
        raise ValueError(f"expected {least} to {most} words, found {count}")
    return value


def _core(value: str) -> str:
    return _words_within(value, *_CORE_WORDS)


def _example(value: str) -> str:
    return _words_within(value, *_EXAMPLE_WORDS)


Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Clock = Annotated[str, AfterValidator(_clock)]
Text = Annotated[str, StringConstraints(min_length=2, max_length=120), AfterValidator(_unquoted)]
Core = Annotated[str, StringConstraints(max_length=300), AfterValidator(_unquoted), AfterValidator(_core)]
Example = Annotated[
    str, StringConstraints(max_length=110), AfterValidator(_unquoted), AfterValidator(_example)
]
Interest = Annotated[str, StringConstraints(min_length=3, max_length=40), AfterValidator(_unquoted)]
Goal = Annotated[str, StringConstraints(pattern=r"^to [^.!?]{5,80}$"), AfterValidator(_unquoted)]
Share = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Traits(_Frozen):
    """The Big Five, each from 0 (not at all) to 1, and four more that a file may leave out."""

    openness: Share
    conscientiousness: Share
    extraversion: Share
    agreeableness: Share
    neuroticism: Share
    courage: Share = 0.5
    humour: Share = 0.5
    ambition: Share = 0.5
    piety: Share = 0.5


class Routine(_Frozen):
    """When a day of theirs turns, in calendar time: in this order from waking on, across midnight if need be."""

    wake: Clock
    work: Clock
    lunch: Clock
    done: Clock
    leisure: Clock
    sleep: Clock
    leisure_places: Annotated[tuple[PublicId | WorkId, ...], Field(min_length=1, max_length=5)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        turns = (self.wake, self.work, self.lunch, self.done, self.leisure, self.sleep)
        awake_for = [(minute_of_day(turn) - minute_of_day(self.wake)) % _MINUTES_A_DAY for turn in turns]
        if sorted(awake_for) != awake_for:
            raise ValueError(
                "expected wake, work, lunch, done, leisure, sleep in this order, within a day of waking"
            )
        return self

    @property
    def wake_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.wake)

    @property
    def work_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.work)

    @property
    def lunch_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.lunch)

    @property
    def done_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.done)

    @property
    def leisure_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.leisure)

    @property
    def sleep_minute(self) -> int:
        """Minute of the day."""
        return minute_of_day(self.sleep)


def minute_of_day(clock: str) -> int:
    """A checked `HH:MM` as minutes after midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


class Relation(_Frozen):
    """What somebody is to another. `note` goes on after the first one's name and names the other."""

    to: Id
    kind: RelationKind
    strength: Share
    note: Text


class Persona(_Frozen):
    """One person of the town."""

    id: Id
    name: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]+ [A-Z][a-z]+$", max_length=40)]
    age: Annotated[int, Field(strict=True, ge=5, le=110)]
    occupation: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ]{2,30}$")]
    home: HomeId
    workplace: WorkId | PublicId | Literal[""]
    haunt: PublicId | WorkId
    core_identity: Core
    style_rules: Annotated[tuple[Text, ...], Field(min_length=2, max_length=4)]
    voice: Annotated[tuple[Text, ...], Field(min_length=2, max_length=3)]
    examples: Annotated[tuple[Example, ...], Field(min_length=3, max_length=3)]
    interests: Annotated[tuple[Interest, ...], Field(min_length=3, max_length=5)]
    goal: Goal
    secret: Text
    traits: Traits
    routine: Routine
    relations: Annotated[tuple[Relation, ...], Field(min_length=2, max_length=5)]
    appearance: Appearance

    @property
    def first_name(self) -> str:
        """As it stands in a script."""
        return self.name.partition(" ")[0]

    def persona_block(self) -> str:
        """Who they are and three lines as they would say them; a small model imitates better than it obeys."""
        spoken = (f'{self.first_name}: "{example}"' for example in self.examples)
        return "\n".join((self.core_identity, *spoken))

    @property
    def system_prompt(self) -> str:
        """Who they are, for a model that takes instructions."""
        return f"You are {self.name}, {self.age}, {self.occupation} in Willowbrook. {self.core_identity} You want {self.goal}."

    @property
    def voice_characteristics(self) -> tuple[str, ...]:
        """How they sound."""
        return self.voice

    def relation_to(self, other: str) -> Relation | None:
        """What the person of that id is to them."""
        return next((relation for relation in self.relations if relation.to == other), None)


def load_personas(*folders: Path) -> tuple[Persona, ...]:
    """Everybody who has a file, sorted by id; of two files with one name the later folder's counts.

    Raises PersonaError with one line.
    """
    files = {path: read_persona(path, table) for path, table in read_folder(folders, PersonaError)}
    _check_names(files)
    _check_relations(files)
    return tuple(sorted(files.values(), key=lambda persona: persona.id))


_KEYS: Final = frozenset(
    key for model in (Persona, Traits, Routine, Relation, Appearance) for key in model.model_fields
)


def persona_of(path: Path, table: dict[str, Any]) -> Persona:
    """One checked person. Raises PersonaError with one line that names the file and the key."""
    try:
        return Persona.model_validate(table)
    except ValidationError as error:
        raise PersonaError(said_plainly(path, error, _KEYS)) from error


def read_persona(path: Path, table: dict[str, Any]) -> Persona:
    """The person of a file, who is called as the file is. Raises PersonaError."""
    persona = persona_of(path, table)
    if persona.id != path.stem:
        raise PersonaError(f"{path}: id: expected {path.stem!r} as the file is named, got {persona.id!r}")
    return persona


def _check_names(files: Mapping[Path, Persona]) -> None:
    """A first name is how a script tells speakers apart, so no two people share one."""
    owner: dict[str, str] = {}
    for path, persona in files.items():
        other = owner.setdefault(persona.first_name, persona.id)
        if other != persona.id:
            raise PersonaError(
                f"{path}: name: expected a first name of one's own, {persona.first_name!r} is taken by {other}.toml"
            )


def _check_relations(files: Mapping[Path, Persona]) -> None:
    ids = {persona.id for persona in files.values()}
    for path, persona in files.items():
        seen: set[str] = {persona.id}
        for index, relation in enumerate(persona.relations):
            key = f"{path}: relations[{index}].to"
            if relation.to not in ids:
                raise PersonaError(f"{key}: nobody has the id {relation.to!r}{nearest(relation.to, ids)}")
            if relation.to in seen:
                raise PersonaError(
                    f"{key}: expected each other person once, got {relation.to!r} again or oneself"
                )
            seen.add(relation.to)
