"""More people than were written: put together from trades, tempers, habits and names, by seed and integers only.

The same index and seed give the same person on every machine, so a recording that needs two hundred people
need not carry them. Of a crowd only columns are made: they are what the persons would say, were they made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from agents.looks import Beard, Body, Cloth, Clothes, Hair, HairColor, Hat, Skin
from agents.lots import Draw, Lots, LotsOfMany
from agents.persona import HOME_IDS, PUBLIC_IDS, WORK_IDS, Persona, persona_of
from agents.planner import TURNS
from agents.traits import TRAITS
from agents.villager_stock import GENERATED, Habit, Stock, Temper, Trade, stock_of

PLACE_IDS: Final = (*WORK_IDS, *PUBLIC_IDS, *HOME_IDS)  # what the places of `Villagers` index

_WOMENS_HAIR: Final[tuple[Hair, ...]] = ("curly", "bob", "long", "wavy", "bun", "ponytail", "braids")
_MENS_HAIR: Final[tuple[Hair, ...]] = ("short", "parted", "tousled", "balding", "cropped", "curly")
_OLD_HAIR: Final[tuple[HairColor, ...]] = ("ash", "grey", "silver", "white")
_FAVOURITES: Final = ("tavern", "square", "park", "market", "docks")
_AGES: Final = (17, 72)
_OLD: Final = 58  # from this age on hair is grey
_ABOUT: Final = (-8, 17)  # how far a trait lies from the temper's: from where on, and how many values
_ANYHOW: Final = (15, 71)  # the same for a trait of which the temper says nothing
_LEAST, _MOST = 0, 100  # hundredths of a trait

_Minutes = int | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Villagers:
    """Of many made-up people what everybody has; places are indices into PLACE_IDS."""

    traits: NDArray[np.int16]  # (k, 9): hundredths, in the order of `agents.traits.TRAITS`
    employed: NDArray[np.bool_]  # (k,)
    home: NDArray[np.int32]  # (k,)
    workplace: NDArray[np.int32]  # (k,)
    haunt: NDArray[np.int32]  # (k,)
    leisure: NDArray[np.int32]  # (k, 2)
    routine: NDArray[np.int16]  # (k, 6): minutes of the day, in the order of `agents.planner.TURNS`


def villager_from_seed(index: int, seed: int, folder: Path = GENERATED) -> Persona:
    """The `index`-th made-up person of a world's seed. Raises PersonaError if the stock cannot be used."""
    stock = stock_of(folder)
    lots = Lots(index, seed)
    woman, name = _name(stock, index, seed)
    trade = lots.one_of(Draw.TRADE, stock.trade)
    temper, habit = lots.one_of(Draw.TEMPER, stock.temper), lots.one_of(Draw.HABIT, stock.habit)
    age = _AGES[0] + lots.below(Draw.AGE, _AGES[1] - _AGES[0] + 1)
    first, _, last = name.partition(" ")
    table = {
        "id": f"{first}_{last}".lower(),
        "name": name,
        "age": age,
        "occupation": trade.occupation,
        "home": lots.one_of(Draw.HOME, HOME_IDS),
        "workplace": trade.workplace,
        "haunt": trade.haunt,
        "core_identity": _core(first, woman, trade, temper, habit),
        "style_rules": temper.rules,
        "voice": temper.voice,
        "examples": (
            lots.one_of(Draw.TRADE_LINE, trade.lines),
            lots.one_of(Draw.TEMPER_LINE, temper.lines),
            habit.line,
        ),
        "interests": (*trade.interests[:2], habit.interest),
        "goal": lots.one_of(Draw.GOAL, trade.goals),
        "secret": habit.secret,
        "traits": _traits(temper, lots),
        "routine": _routine(trade, lots),
        "relations": _relations(trade, stock, lots),
        "appearance": _appearance(trade, lots, woman=woman, old=age >= _OLD),
    }
    return persona_of(folder, table)


def villagers_in_columns(indices: NDArray[np.integer], seed: int, folder: Path = GENERATED) -> Villagers:
    """So many of them at once: what `villager_from_seed` says of each. Raises PersonaError."""
    table, lots = _table(folder), LotsOfMany(indices, seed)
    trade = lots.below(Draw.TRADE, len(table.starts))
    temper = lots.below(Draw.TEMPER, len(table.ranges))
    haunt = table.haunt[trade]
    favourite = _places(_FAVOURITES)[lots.below(Draw.FAVOURITE, len(_FAVOURITES))]
    return Villagers(
        traits=_many_traits(table.ranges[temper], lots),
        employed=np.ones(indices.size, dtype=np.bool_),  # every trade has a workplace
        home=_places(HOME_IDS)[lots.below(Draw.HOME, len(HOME_IDS))],
        workplace=table.workplace[trade],
        haunt=haunt,
        leisure=np.stack((haunt, favourite), axis=1),
        routine=np.stack(_turns(table.starts[trade], lots), axis=1).astype(np.int16),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The stock as numbers."""

    starts: NDArray[np.int64]  # (trades,): minute
    workplace: NDArray[np.int32]  # (trades,)
    haunt: NDArray[np.int32]  # (trades,)
    ranges: NDArray[np.int64]  # (tempers, 9, 2)


@cache
def _table(folder: Path) -> _Table:
    stock = stock_of(folder)
    return _Table(
        starts=np.array([trade.starts for trade in stock.trade], dtype=np.int64),
        workplace=_places([trade.workplace for trade in stock.trade]),
        haunt=_places([trade.haunt for trade in stock.trade]),
        ranges=np.array([_ranges(temper) for temper in stock.temper], dtype=np.int64),
    )


def _places(ids: Sequence[str]) -> NDArray[np.int32]:
    return np.array([PLACE_IDS.index(id_) for id_ in ids], dtype=np.int32)


def _many_traits(ranges: NDArray[np.int64], lots: LotsOfMany) -> NDArray[np.int16]:
    traits = np.empty(ranges.shape[:2], dtype=np.int16)
    for number in range(len(TRAITS)):
        least, width = ranges[:, number].T
        value = least + lots.below(Draw.FIRST_TRAIT + number, width)
        traits[:, number] = np.clip(value, _LEAST, _MOST)
    return traits


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


def _traits(temper: Temper, lots: Lots) -> dict[str, float]:
    """The temper's, each moved a little; of what it says nothing, anything but the ends. As shares."""
    hundredths = {}
    for number, (trait, (least, width)) in enumerate(zip(TRAITS, _ranges(temper), strict=True)):
        value = least + lots.below(Draw.FIRST_TRAIT + number, width)
        hundredths[trait] = min(_MOST, max(_LEAST, value))
    return {trait: value / 100 for trait, value in hundredths.items()}


def _ranges(temper: Temper) -> list[tuple[int, int]]:
    """For each trait from where on it may lie, and how many values there are, in hundredths."""
    told = {str(trait): value for trait, value in temper.traits.items()}
    least, width = _ABOUT
    return [(told[trait] + least, width) if trait in told else _ANYHOW for trait in TRAITS]


def _turns(trade_starts: _Minutes, lots: Lots | LotsOfMany) -> tuple[_Minutes, ...]:
    """The minutes of a day at which it turns, in the order of TURNS; of one person or of many."""
    work = trade_starts + 5 * lots.below(Draw.WORK, 7)
    wake = work - 45 - 5 * lots.below(Draw.WAKE, 6)
    lunch = np.maximum(work + 150, 690 + 5 * lots.below(Draw.LUNCH, 12))
    done = work + 480 + 5 * lots.below(Draw.DONE, 12)
    leisure = done + 30 + 5 * lots.below(Draw.LEISURE, 9)
    sleep = np.minimum(23 * 60 + 50, np.maximum(leisure + 90, 1260 + 5 * lots.below(Draw.SLEEP, 24)))
    return wake, work, lunch, done, leisure, sleep


def _routine(trade: Trade, lots: Lots) -> dict[str, Any]:
    turns = zip(TURNS, map(int, _turns(trade.starts, lots)), strict=True)
    clocks = {turn: f"{minute // 60:02}:{minute % 60:02}" for turn, minute in turns}
    return {**clocks, "leisure_places": (trade.haunt, lots.one_of(Draw.FAVOURITE, _FAVOURITES))}


def _relations(trade: Trade, stock: Stock, lots: Lots) -> list[dict[str, Any]]:
    """The one they work for, and a neighbour."""
    others = [tie for tie in stock.neighbour if tie.to != trade.boss.to]
    ties = (
        (trade.boss, Draw.BOSS_STRENGTH),
        (lots.one_of(Draw.NEIGHBOUR, others), Draw.NEIGHBOUR_STRENGTH),
    )
    return [{**tie.model_dump(), "strength": (35 + lots.below(draw, 40)) / 100} for tie, draw in ties]


def _appearance(trade: Trade, lots: Lots, *, woman: bool, old: bool) -> dict[str, str]:
    colors: tuple[Cloth, ...] = get_args(Cloth)
    young_hair = [color for color in get_args(HairColor) if color not in _OLD_HAIR]
    bodies: tuple[Body, ...] = ("elder",) if old else ("adult", "stout", "slight")
    beards: tuple[Beard, ...] = ("none",) if woman else ("none", *get_args(Beard))
    clothes: Clothes = "vest" if trade.clothes in {"dress", "skirt"} and not woman else trade.clothes
    hats: tuple[Hat, ...] = (trade.hat, "none")
    return {
        "body": lots.one_of(Draw.BODY, bodies),
        "hair": lots.one_of(Draw.HAIR, _WOMENS_HAIR if woman else _MENS_HAIR),
        "hair_color": lots.one_of(Draw.HAIR_COLOR, _OLD_HAIR if old else young_hair),
        "skin": lots.one_of(Draw.SKIN, get_args(Skin)),
        "clothes": clothes,
        "cloth_color": lots.one_of(Draw.CLOTH_COLOR, colors),
        "trim_color": lots.one_of(Draw.TRIM_COLOR, colors),
        "hat": lots.one_of(Draw.HAT, hats),
        "tool": trade.tool,
        "beard": lots.one_of(Draw.BEARD, beards),
    }
