"""What people can do: one table from one file, as arrays with a row an action, and in words for whoever tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.persona import PublicId, RelationKind, WorkId
from agents.planner import Kind
from agents.template_files import WEATHERS, Weather
from agents.toml_files import nearest, read_table, said_plainly
from agents.traits import TRAITS

Good = Literal[
    "grain", "flour", "bread", "fish", "vegetables", "ale", "cloth", "wood", "tools", "remedies",
]  # fmt: skip
Skill = Literal[
    "craft", "trade", "farming", "fishing", "scholarship", "healing", "cooking", "talking", "athletics", "worship",
]  # fmt: skip
Season = Literal["spring", "summer", "autumn", "winter"]
Trait = Literal[
    "openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism",
    "courage", "humour", "ambition", "piety",
]  # fmt: skip
GOODS: Final[tuple[str, ...]] = get_args(Good)
SKILLS: Final[tuple[str, ...]] = get_args(Skill)
SEASONS: Final[tuple[str, ...]] = get_args(Season)
TIES: Final[tuple[str, ...]] = get_args(RelationKind)
HOURS: Final = 24

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class ActionError(Exception):
    """The actions' file cannot be used. One line that names the file, the key and what was expected."""


class Grade(IntEnum):
    """How an action came out."""

    FAILURE = 0
    POOR = 1
    AVERAGE = 2
    GOOD = 3
    EXCELLENT = 4


GRADES_WITH_REASONS: Final = (Grade.FAILURE, Grade.POOR, Grade.GOOD, Grade.EXCELLENT)

# What comes of an action in hundredths of what the file says, by grade: of what it gives, and of what it makes.
GIVES: Final = np.array((20, 60, 100, 115, 130), dtype=np.int64)
MAKES: Final = np.array((0, 50, 100, 100, 100), dtype=np.int64)


class Company(StrEnum):
    """Whether an action wants somebody else there."""

    ALONE = "alone"
    WELCOME = "welcome"
    NEEDED = "needed"


class Where(StrEnum):
    """Places that are different for everybody."""

    HOME = "home"
    WORK = "work"
    HAUNT = "haunt"
    PARTNER = "partner"  # where the one is whom one goes to see
    HAPPENING = "happening"  # where something goes on


Words = Annotated[str, StringConstraints(min_length=3, max_length=80)]
Thousandths = Annotated[int, Field(ge=-1000, le=1000)]
Hundredths = Annotated[int, Field(ge=-100, le=100)]
Hour = Annotated[int, Field(ge=0, le=24)]
Minutes = Annotated[int, Field(ge=1, le=720)]
Pieces = Annotated[int, Field(ge=1, le=50)]
Pennies = Annotated[int, Field(ge=0, le=1000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Odds(_Frozen):
    """What makes an action go well or badly, in thousandths of a chance."""

    traits: dict[Trait, Thousandths] = {}  # at the full hundred; the middle changes nothing
    weather: dict[Weather, Thousandths] = {}
    season: dict[Season, Thousandths] = {}


class Reasons(_Frozen):
    """Why it came out so, as it goes on after "because"; drawn by chance."""

    failure: Annotated[tuple[Words, ...], Field(min_length=2)]
    poor: Annotated[tuple[Words, ...], Field(min_length=2)]
    good: Annotated[tuple[Words, ...], Field(min_length=2)]
    excellent: Annotated[tuple[Words, ...], Field(min_length=2)]


class Action(_Frozen):
    """One thing to do. What is left out does not matter to it."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,31}$")]
    doing: Words  # after "is": "baking bread"
    did: Words  # after a name: "baked bread"
    kind: Literal["sleep", "wash", "meal", "work", "errand", "leisure", "social", "worship", "attend"]
    shows: Literal["sleeping", "resting", "working", "eating", "leisure"]
    place: Where | tuple[WorkId | PublicId, ...]
    workplaces: tuple[WorkId | PublicId, ...] = ()  # whose trade it is; none: anybody's
    hours: tuple[Hour, Hour] = (0, 24)  # from, to; may run past midnight
    seasons: tuple[Season, ...] = ()
    weathers: tuple[Weather, ...] = ()
    minutes: tuple[Minutes, Minutes]
    rest: Annotated[int, Field(ge=0, le=10_080)] = 0  # minutes until one does it again
    needs: dict[str, Thousandths]
    uses: dict[Good, Pieces] = {}  # off the shelf at work and where one pays, else one's own
    makes: dict[Good, Pieces] = {}
    buys: dict[Good, Pieces] = {}  # off the shelf of the place
    price: Pennies = 0  # into the till of the place
    wage: Pennies = 0  # out of it
    gift: Pennies = 0  # to the other
    skill: Skill
    skilled: Annotated[int, Field(ge=0, le=1000)] = 0  # of that skill, the least with which one may do it
    likes: dict[Trait, Hundredths] = {}
    odds: Odds = Odds()
    company: Company = Company.ALONE
    ties: dict[RelationKind, Thousandths] = {}  # towards and from the other, when it comes out average
    mood: tuple[Thousandths, Thousandths] = (0, 0)  # valence and arousal
    reasons: Reasons


class _Sheet(_Frozen):
    action: Annotated[tuple[Action, ...], Field(min_length=30)]


@dataclass(frozen=True)
class ActionTable:
    """All actions. Arrays have one row an action; what is counted is whole numbers."""

    actions: tuple[Action, ...]
    kind: Ints  # (a,)
    minutes: Ints  # (a, 2): least and most
    rest: Ints  # (a,): minutes
    needs: Ints  # (a, needs): thousandths
    liking: Ints  # (a, traits): hundredths
    hours: Flags  # (a, 24)
    seasons: Flags  # (a, 4)
    weathers: Flags  # (a, 7)
    uses: Ints  # (a, goods)
    makes: Ints  # (a, goods)
    buys: Ints  # (a, goods)
    at_shelf: Flags  # (a,): what it uses and makes lies on the shelf of the place
    price: Ints  # (a,)
    wage: Ints  # (a,)
    gift: Ints  # (a,)
    skill: Ints  # (a,)
    skilled: Ints  # (a,): thousandths
    odds: Ints  # (a, traits): thousandths
    odds_weather: Ints  # (a, 7): thousandths
    odds_season: Ints  # (a, 4): thousandths
    needs_company: Flags  # (a,)
    likes_company: Flags  # (a,)
    ties: Ints  # (a, kinds of tie): thousandths
    mood: Ints  # (a, 2): thousandths

    def __len__(self) -> int:
        return len(self.actions)

    @cached_property
    def index(self) -> dict[str, int]:
        """Id -> row."""
        return {action.id: row for row, action in enumerate(self.actions)}

    @cached_property
    def reasons_given(self) -> Ints:
        """How many reasons there are for each grade of each action, (a, grades)."""
        grades = [grade.name.lower() for grade in Grade]
        return _ints([len(getattr(one.reasons, grade, ())) for grade in grades] for one in self.actions)

    def reason(self, action: int, grade: Grade, drawn: int) -> str:
        """The drawn one of the reasons for it, as it goes on after "because"; empty where there is none."""
        given: tuple[str, ...] = getattr(self.actions[action].reasons, grade.name.lower(), ())
        return given[drawn % len(given)] if given and drawn >= 0 else ""


def load_actions(path: Path, needs: Sequence[str]) -> ActionTable:
    """The table, against these needs in this order. Raises ActionError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, ActionError))
    except ValidationError as error:
        keys = {key for model in (_Sheet, Action, Odds, Reasons) for key in model.model_fields}
        raise ActionError(said_plainly(path, error, keys)) from error
    _check(path, sheet.action, needs)
    return table_of(sheet.action, needs)


def table_of(actions: Sequence[Action], needs: Sequence[str]) -> ActionTable:
    """Checked actions as arrays."""
    return ActionTable(
        actions=tuple(actions),
        kind=_ints(int(Kind[one.kind.upper()]) for one in actions),
        minutes=np.array([one.minutes for one in actions], dtype=np.int64),
        rest=_ints(one.rest for one in actions),
        needs=_rows([one.needs for one in actions], needs),
        liking=_rows([one.likes for one in actions], TRAITS),
        hours=np.array([_hours(one.hours) for one in actions]),
        seasons=_allowed([one.seasons for one in actions], SEASONS),
        weathers=_allowed([one.weathers for one in actions], WEATHERS),
        uses=_rows([one.uses for one in actions], GOODS),
        makes=_rows([one.makes for one in actions], GOODS),
        buys=_rows([one.buys for one in actions], GOODS),
        at_shelf=np.array([one.place is Where.WORK or one.price > 0 for one in actions], dtype=np.bool_),
        price=_ints(one.price for one in actions),
        wage=_ints(one.wage for one in actions),
        gift=_ints(one.gift for one in actions),
        skill=_ints(SKILLS.index(one.skill) for one in actions),
        skilled=_ints(one.skilled for one in actions),
        odds=_rows([one.odds.traits for one in actions], TRAITS),
        odds_weather=_rows([one.odds.weather for one in actions], WEATHERS),
        odds_season=_rows([one.odds.season for one in actions], SEASONS),
        needs_company=np.array([one.company is Company.NEEDED for one in actions]),
        likes_company=np.array([one.company is not Company.ALONE for one in actions]),
        ties=_rows([one.ties for one in actions], TIES),
        mood=np.array([one.mood for one in actions], dtype=np.int64),
    )


def _check(path: Path, actions: Sequence[Action], needs: Sequence[str]) -> None:
    seen: set[str] = set()
    for number, action in enumerate(actions):
        where = f"{path}: action[{number}]"
        if action.id in seen:
            raise ActionError(f"{where}.id: {action.id!r} is there twice")
        seen.add(action.id)
        for need in action.needs:
            if need not in needs:
                raise ActionError(f"{where}.needs: there is no need {need!r}{nearest(need, needs)}")
        if action.minutes[0] > action.minutes[1]:
            raise ActionError(f"{where}.minutes: expected the least first, got {list(action.minutes)}")


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _rows(tables: Sequence[Mapping[Any, int]], names: Sequence[str]) -> Ints:
    return np.array([[table.get(name, 0) for name in names] for table in tables], dtype=np.int64)


def _allowed(listed: Sequence[Sequence[str]], names: Sequence[str]) -> Flags:
    return np.array([[not some or name in some for name in names] for some in listed], dtype=np.bool_)


def _hours(between: tuple[int, int]) -> list[bool]:
    begin, end = between
    if begin < end:
        return [begin <= hour < end for hour in range(HOURS)]
    return [hour >= begin or hour < end for hour in range(HOURS)]
