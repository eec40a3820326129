"""What made-up people are put together from: trades, tempers, habits and names, checked once when first read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.looks import Clothes, Hat, Tool
from agents.persona import Example, Goal, Id, Interest, PersonaError, PublicId, RelationKind, Text, WorkId
from agents.toml_files import read_table, said_plainly

GENERATED: Final = Path(__file__).parent.parent / "assets" / "personas" / "_generated"
TraitName = Literal[
    "openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism",
    "courage", "humour", "ambition", "piety",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tie(_Part):
    """What a made-up person is to somebody who was written."""

    to: Id
    kind: RelationKind
    note: Text


class Trade(_Part):
    """A living, and what those who have it say and want."""

    occupation: str
    workplace: WorkId | PublicId
    haunt: WorkId | PublicId
    does: Text
    clothes: Clothes
    tool: Tool
    hat: Hat
    starts: Annotated[int, Field(ge=240, le=600)]  # minute of the day at which work begins
    lines: Annotated[tuple[Example, ...], Field(min_length=2)]
    interests: Annotated[tuple[Interest, ...], Field(min_length=2)]
    goals: Annotated[tuple[Goal, ...], Field(min_length=1)]
    boss: Tie


class Temper(_Part):
    """A way to be; traits in hundredths."""

    is_: Annotated[Text, Field(alias="is")]
    voice: Annotated[tuple[Text, ...], Field(min_length=2, max_length=3)]
    rules: Annotated[tuple[Text, ...], Field(min_length=2, max_length=4)]
    lines: Annotated[tuple[Example, ...], Field(min_length=2)]
    traits: dict[TraitName, Annotated[int, Field(ge=0, le=100)]]  # those it leaves out are left to chance


class Habit(_Part):
    """One odd thing about somebody."""

    does: Text
    line: Example
    interest: Interest
    secret: Text


class Stock(_Part):
    """All there is to put people together from."""

    women: Annotated[tuple[str, ...], Field(min_length=10)]
    men: Annotated[tuple[str, ...], Field(min_length=10)]
    last: Annotated[tuple[str, ...], Field(min_length=10)]
    trade: Annotated[tuple[Trade, ...], Field(min_length=1)]
    temper: Annotated[tuple[Temper, ...], Field(min_length=1)]
    habit: Annotated[tuple[Habit, ...], Field(min_length=1)]
    neighbour: Annotated[tuple[Tie, ...], Field(min_length=1)]


@cache
def stock_of(folder: Path) -> Stock:
    """What a folder holds, read once. Raises PersonaError."""
    table: dict[str, Any] = {}
    for name in ("names", "trades", "tempers", "habits", "neighbours"):
        table |= read_table(folder / f"{name}.toml", PersonaError)
    try:
        return Stock.model_validate(table)
    except ValidationError as error:
        keys = {key for part in (Stock, Trade, Temper, Habit, Tie) for key in part.model_fields}
        raise PersonaError(said_plainly(folder, error, keys)) from error
