"""More people than were written: put together from trades, tempers, habits and names, by seed and integers only.

The same index and seed give the same person on every machine, so a recording that needs two hundred people
need not carry them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.looks import Beard, Body, Cloth, Clothes, Hair, HairColor, Hat, Skin, Tool
from agents.persona import (
    HOME_IDS,
    Example,
    Goal,
    Id,
    Interest,
    Persona,
    PersonaError,
    PublicId,
    RelationKind,
    Text,
    WorkId,
    persona_of,
)
from agents.toml_files import read_table, said_plainly

GENERATED: Final = Path(__file__).parent.parent / "assets" / "personas" / "_generated"

_WORD: Final = (1 << 64) - 1  # arithmetic in here wraps at 64 bits
_GOLDEN: Final = 0x9E37_79B9_7F4A_7C15  # the step of SplitMix64, whose two mixing constants are below
_WOMENS_HAIR: Final[tuple[Hair, ...]] = ("curly", "bob", "long", "wavy", "bun", "ponytail", "braids")
_MENS_HAIR: Final[tuple[Hair, ...]] = ("short", "parted", "tousled", "balding", "cropped", "curly")
_OLD_HAIR: Final[tuple[HairColor, ...]] = ("ash", "grey", "silver", "white")
_AGES: Final = (17, 72)
_OLD: Final = 58  # from this age on hair is grey
_T = TypeVar("_T")


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
    traits: dict[str, Annotated[int, Field(ge=0, le=100)]]


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


class _Lots:
    """A stream of draws (SplitMix64): whole numbers, wrapped at 64 bits."""

    def __init__(self, index: int, seed: int) -> None:
        self._state = (seed * 0x1000_0000_01B3 + index * _GOLDEN) & _WORD

    def below(self, limit: int) -> int:
        """An integer in [0, limit)."""
        self._state = (self._state + _GOLDEN) & _WORD
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB) & _WORD
        return (mixed ^ (mixed >> 31)) * limit >> 64

    def one_of(self, things: Sequence[_T]) -> _T:
        """Any of them."""
        return things[self.below(len(things))]


def villager_from_seed(index: int, seed: int, folder: Path = GENERATED) -> Persona:
    """The `index`-th made-up person of a world's seed. Raises PersonaError if the stock cannot be used."""
    stock = _stock(folder)
    lots = _Lots(index, seed)
    woman, name = _name(stock, index, seed)
    trade, temper, habit = lots.one_of(stock.trade), lots.one_of(stock.temper), lots.one_of(stock.habit)
    age = _AGES[0] + lots.below(_AGES[1] - _AGES[0] + 1)
    first, _, last = name.partition(" ")
    table = {
        "id": f"{first}_{last}".lower(),
        "name": name,
        "age": age,
        "occupation": trade.occupation,
        "home": lots.one_of(HOME_IDS),
        "workplace": trade.workplace,
        "haunt": trade.haunt,
        "core_identity": _core(first, woman, trade, temper, habit),
        "style_rules": temper.rules,
        "voice": temper.voice,
        "examples": (lots.one_of(trade.lines), lots.one_of(temper.lines), habit.line),
        "interests": (*trade.interests[:2], habit.interest),
        "goal": lots.one_of(trade.goals),
        "secret": habit.secret,
        "traits": {trait: _about(value, lots) for trait, value in temper.traits.items()},
        "routine": _routine(trade, lots),
        "relations": _relations(trade, stock, lots),
        "appearance": _appearance(trade, lots, woman=woman, old=age >= _OLD),
    }
    return persona_of(folder, table)


@cache
def _stock(folder: Path) -> Stock:
    table: dict[str, Any] = {}
    for name in ("names", "trades", "tempers", "habits", "neighbours"):
        table |= read_table(folder / f"{name}.toml", PersonaError)
    try:
        return Stock.model_validate(table)
    except ValidationError as error:
        keys = {key for part in (Stock, Trade, Temper, Habit, Tie) for key in part.model_fields}
        raise PersonaError(said_plainly(folder, error, keys)) from error


def _name(stock: Stock, index: int, seed: int) -> tuple[bool, str]:
    """Women and men by turns; no first name twice until all are used, and no whole name twice at all."""
    woman = (index + seed) % 2 == 0
    firsts = stock.women if woman else stock.men
    place, offset = index // 2, seed % 7919
    round_, step = divmod(place, len(firsts))
    first = firsts[(step + offset) % len(firsts)]
    last = stock.last[(round_ + step * 7 + offset) % len(stock.last)]
    return woman, f"{first} {last}"


def _core(first: str, woman: bool, trade: Trade, temper: Temper, habit: Habit) -> str:  # noqa: FBT001 - a fact of the person
    she = "She" if woman else "He"
    return f"{first} {trade.does}. {she} is {temper.is_}, and {habit.does}."


def _about(value: int, lots: _Lots) -> float:
    """A temper's trait in hundredths, moved a little, as a share."""
    return min(100, max(0, value - 8 + lots.below(17))) / 100


def _routine(trade: Trade, lots: _Lots) -> dict[str, Any]:
    work = trade.starts + 5 * lots.below(7)
    wake = work - 45 - 5 * lots.below(6)
    lunch = max(work + 150, 690 + 5 * lots.below(12))
    done = work + 480 + 5 * lots.below(12)
    leisure = done + 30 + 5 * lots.below(9)
    sleep = min(23 * 60 + 50, max(leisure + 90, 1260 + 5 * lots.below(24)))
    turns = {"wake": wake, "work": work, "lunch": lunch, "done": done, "leisure": leisure, "sleep": sleep}
    clocks = {turn: f"{minute // 60:02}:{minute % 60:02}" for turn, minute in turns.items()}
    favourites = ("tavern", "square", "park", "market", "docks")
    return {**clocks, "leisure_places": (trade.haunt, lots.one_of(favourites))}


def _relations(trade: Trade, stock: Stock, lots: _Lots) -> list[dict[str, Any]]:
    """The one they work for, and a neighbour."""
    neighbour = lots.one_of([tie for tie in stock.neighbour if tie.to != trade.boss.to])
    return [{**tie.model_dump(), "strength": (35 + lots.below(40)) / 100} for tie in (trade.boss, neighbour)]


def _appearance(trade: Trade, lots: _Lots, *, woman: bool, old: bool) -> dict[str, str]:
    colors: tuple[Cloth, ...] = get_args(Cloth)
    young_hair = [color for color in get_args(HairColor) if color not in _OLD_HAIR]
    bodies: tuple[Body, ...] = ("elder",) if old else ("adult", "stout", "slight")
    beards: tuple[Beard, ...] = ("none",) if woman else ("none", *get_args(Beard))
    clothes: Clothes = "vest" if trade.clothes in {"dress", "skirt"} and not woman else trade.clothes
    hats: tuple[Hat, ...] = (trade.hat, "none")
    return {
        "body": lots.one_of(bodies),
        "hair": lots.one_of(_WOMENS_HAIR if woman else _MENS_HAIR),
        "hair_color": lots.one_of(_OLD_HAIR if old else young_hair),
        "skin": lots.one_of(get_args(Skin)),
        "clothes": clothes,
        "cloth_color": lots.one_of(colors),
        "trim_color": lots.one_of(colors),
        "hat": lots.one_of(hats),
        "tool": trade.tool,
        "beard": lots.one_of(beards),
    }
