"""The files of template lines: what may stand in them, checked whole when the program starts.

A file is one topic. A group in it is lines of one situation under the same conditions; a thread ties openings,
replies, questions and answers of one matter together.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from string import Formatter
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

from agents.persona import HomeId, PublicId, RelationKind, WorkId
from agents.toml_files import nearest, read_folder, said_plainly


class TemplateError(Exception):
    """A template file cannot be used. One line that names the file, the line or key, and what was expected."""


class Situation(StrEnum):
    """What kind of line is due."""

    GREETING = "greeting"
    OPENING = "opening"  # brings up a matter
    REPLY = "reply"  # to a statement
    ANSWER = "answer"  # to a question
    QUESTION = "question"
    FAREWELL = "farewell"
    FAREWELL_REPLY = "farewell_reply"
    NEW_TOPIC = "new_topic"  # turns to another matter
    INTERJECTION = "interjection"  # cuts in
    JOIN_GREETING = "join_greeting"  # of somebody who comes to a talk that goes on
    LEAVE_TAKING = "leave_taking"  # of somebody who leaves a talk that goes on


class Topic(StrEnum):
    """What people talk about. Lines of `any` fit after everything."""

    ANY = "any"
    WORK = "work"
    WEATHER = "weather"
    PLACE = "place"
    PEOPLE = "people"
    INTEREST = "interest"
    GOAL = "goal"
    FOOD = "food"
    GOSSIP = "gossip"
    SELF = "self"  # what the speaker did, wants for, feels, knows of others
    NEWS = "news"  # what happens in town
    HARVEST = "harvest"
    SEA = "sea"
    MONEY = "money"
    FAMILY = "family"
    LOVE = "love"
    HEALTH = "health"
    REST = "rest"
    CRAFT = "craft"
    FESTIVAL = "festival"
    QUARREL = "quarrel"
    FAITH = "faith"
    STORIES = "stories"
    MUSIC = "music"
    ANIMALS = "animals"
    PAST = "past"
    TOWN = "town"


Period = Literal["morning", "noon", "afternoon", "evening", "night"]
PlaceKind = Literal["work", "public", "home"]
Weather = Literal["clear", "cloudy", "rain", "storm", "fog", "snow", "wind"]
Tilt = Literal[
    "openness_high", "openness_low", "conscientiousness_high", "conscientiousness_low", "extraversion_high",
    "extraversion_low", "agreeableness_high", "agreeableness_low", "neuroticism_high", "neuroticism_low",
]  # fmt: skip

Season = Literal["spring", "summer", "autumn", "winter"]
Bond = Literal["enemy", "at_odds", "stranger", "acquaintance", "friend", "close_friend"]
Company = Literal["two", "several"]
Went = Literal["well", "badly", "as_usual"]

PERIODS: Final[tuple[str, ...]] = get_args(Period)
WEATHERS: Final[tuple[str, ...]] = get_args(Weather)
SLOTS: Final = (
    "listener", "speaker", "place", "interest", "goal", "occupation",
    "listener_occupation", "listener_place", "relation_note", "third", "period", "season",
    "deed", "doing", "deed_reason", "need", "news", "news_was", "friend", "rival", "heard", "heard_from",
)  # fmt: skip


def slots_of(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _line(text: str) -> str:
    unknown = sorted(slots_of(text) - set(SLOTS))
    if unknown:
        raise ValueError(f"unknown slot {{{unknown[0]}}}{nearest(unknown[0], SLOTS)}")
    if '"' in text or "\n" in text:
        raise ValueError("expected one line without double quotes")
    return text


Line = Annotated[str, StringConstraints(min_length=3, max_length=160), AfterValidator(_line)]
Occupation = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z ]{2,30}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,31}$")]  # of a row in another file


class Group(BaseModel):
    """Lines of one situation that are said under the same conditions; a condition left out always holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    situation: Situation
    thread: Annotated[str, StringConstraints(pattern=r"^[a-z_]*$")] = ""
    leaves: Annotated[str, StringConstraints(pattern=r"^[a-z_]*$")] = ""  # the thread after it, if another
    starts: bool = False  # a question with which one may change the subject
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]
    occupation: tuple[Occupation, ...] = ()
    unless_occupation: tuple[Occupation, ...] = ()  # the speaker's
    unless_present: tuple[
        Occupation, ...
    ] = ()  # the speaker's or the listener's: one does not mock who stands there
    listener_occupation: tuple[Occupation, ...] = ()
    period: tuple[Period, ...] = ()
    place: tuple[WorkId | PublicId | HomeId, ...] = ()
    place_kind: tuple[PlaceKind, ...] = ()
    relation: tuple[RelationKind, ...] = ()
    tilt: Annotated[tuple[Tilt, ...], Field(max_length=1)] = ()
    weather: tuple[Weather, ...] = ()
    need: tuple[Name, ...] = ()  # low with the speaker
    emotion: tuple[Name, ...] = ()  # the speaker's
    listener_emotion: tuple[Name, ...] = ()  # as one sees it
    happening: tuple[Name, ...] = ()  # goes on, and the speaker knows
    happened: tuple[Name, ...] = ()  # lately, and the speaker knows
    bond: tuple[Bond, ...] = ()  # what the listener is to the speaker
    deed_went: tuple[Went, ...] = ()
    season: tuple[Season, ...] = ()
    company: tuple[Company, ...] = ()

    @model_validator(mode="after")
    def _starts_only_with_a_question(self) -> Self:
        if self.starts and self.situation is not Situation.QUESTION:
            raise ValueError("expected `starts` only with situation question")
        return self


class Sheet(BaseModel):
    """One file: a topic and its groups."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Topic
    group: Annotated[tuple[Group, ...], Field(min_length=1)]


_KEYS: Final = frozenset((*Group.model_fields, *Sheet.model_fields))


def load_sheets(*folders: Path) -> tuple[Sheet, ...]:
    """Every file of the folders, as `read_folder` lays them over each other. Raises TemplateError with one line."""
    return tuple(sheet_of(path, table) for path, table in read_folder(folders, TemplateError))


def sheet_of(path: Path, table: dict[str, Any]) -> Sheet:
    """One checked file."""
    try:
        return Sheet.model_validate(table)
    except ValidationError as error:
        raise TemplateError(said_plainly(path, error, _KEYS)) from error
