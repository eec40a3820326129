"""What people need: twenty wants in Maslow's five groups (1943), how fast each wears, and when it begins to hurt.

What is counted is whole numbers: a need that is met is a million, and wear is what of it goes in an hour of the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.actions import Trait
from agents.template_files import WEATHERS, Weather
from agents.toml_files import read_table, said_plainly
from agents.traits import MIDDLE, TRAITS

Need = Literal[
    "nourishment", "hydration", "rest", "hygiene", "warmth",
    "security", "wellness", "savings", "order",
    "belonging", "friendship", "affection", "conversation",
    "respect", "competence", "achievement",
    "learning", "creativity", "play", "meaning",
]  # fmt: skip
Group = Literal["physiological", "safety", "social", "esteem", "growth"]
NEEDS: Final[tuple[Need, ...]] = get_args(Need)
BANDS: Final = ("met", "low", "critical")
MET, LOW, CRITICAL = range(3)
MARGIN: Final = 30_000  # that a need must rise above a threshold before it counts as passed again
ASLEEP, OUTDOORS, STRAINED, ABSENT = 1, 2, 4, 8  # of a condition: the first three add up

_LEAST_SHARE: Final = 50  # hundredths: temper never more than halves or doubles what wears
_MOST_SHARE: Final = 200
_MOST_FACTOR: Final = 1500  # hundredths, so that it times the fastest wear stays within 32 bits

Ints = NDArray[np.int32]


class NeedError(Exception):
    """The needs' file cannot be used. One line that names the file, the key and what was expected."""


Words = Annotated[str, StringConstraints(min_length=3, max_length=40)]
Threshold = Annotated[int, Field(ge=50_000, le=500_000)]
Hundredths = Annotated[int, Field(ge=-100, le=100)]
Share = Annotated[int, Field(ge=0, le=500)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NeedRow(_Frozen):
    """One need. Units are millionths of it, an hour of the calendar."""

    name: Need
    group: Group
    awake: Annotated[int, Field(ge=1000, le=400_000)]
    asleep: Annotated[int, Field(ge=-400_000, le=400_000)]  # below nothing: sleep restores it
    low_at: Threshold
    critical_at: Threshold
    low: Words  # as it goes on after "is"
    critical: Words
    traits: dict[Trait, Hundredths] = {}  # faster at the full hundred; the middle changes nothing
    weather: dict[Weather, Share] = {}  # outdoors, in hundredths of the usual


class _Sheet(_Frozen):
    strained: Annotated[int, Field(ge=100, le=300)]  # for who is ill or exhausted, in hundredths
    need: tuple[NeedRow, ...]


@dataclass(slots=True)
class _Known:
    """The last people whose wear was asked for. It only saves work: the same traits, the same wear."""

    traits: NDArray[np.int16]
    rates: Ints


def _nobody() -> _Known:
    return _Known(np.zeros((0, len(TRAITS)), dtype=np.int16), np.zeros((0, len(NEEDS)), dtype=np.int32))


@dataclass(frozen=True, eq=False)
class NeedTable:
    """All needs. Arrays have one row, or their last dimension, a need."""

    names: tuple[str, ...]
    groups: tuple[str, ...]  # of each need
    index: dict[str, int]
    words: tuple[tuple[str, str], ...]  # of each need: low, critical
    wear_awake: Ints  # (needs,)
    wear_asleep: Ints  # (needs,)
    low: Ints  # (needs,)
    critical: Ints  # (needs,)
    trait_factor: Ints  # (needs, traits): hundredths
    weather_factor: Ints  # (weathers, needs): hundredths
    factors: Ints  # (weathers, conditions, needs): hundredths of wear awake
    of_body: NDArray[np.int8]  # (needs,): 1 where going without makes ill
    of_mind: NDArray[np.int8]  # (needs,): 1 where it makes wretched
    _known: _Known = field(default_factory=_nobody, repr=False)

    def word(self, need: int, band: int) -> str:
        """How somebody is who goes without it, as it goes on after "is"; empty where it is met."""
        return self.words[need][band - 1] if band else ""

    def rates(self, traits: NDArray[np.int16]) -> Ints:
        """What wears of each need of these people in an hour awake, (n, needs); worked out anew only for other people."""
        known = self._known
        if known.traits.shape != traits.shape or not (known.traits == traits).all():
            known.rates = self._rates(traits)
            known.traits = traits.copy()
        return known.rates

    def _rates(self, traits: NDArray[np.int16]) -> Ints:
        share = (traits.astype(np.int32) - MIDDLE) @ self.trait_factor.T
        share //= MIDDLE
        share += 100
        np.clip(share, _LEAST_SHARE, _MOST_SHARE, out=share)
        share *= self.wear_awake
        share //= 100
        return share


def load_needs(path: Path) -> NeedTable:
    """The table. Raises NeedError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, NeedError))
    except ValidationError as error:
        raise NeedError(said_plainly(path, error, {*_Sheet.model_fields, *NeedRow.model_fields})) from error
    _check(path, sheet.need)
    return _table_of(sheet)


def _check(path: Path, needs: tuple[NeedRow, ...]) -> None:
    """Others' columns stand in this order, so none may be missing or elsewhere."""
    for number, (need, name) in enumerate(zip(needs, NEEDS, strict=False)):
        where = f"{path}: need[{number}]"
        if need.name != name:
            raise NeedError(f"{where}.name: expected {name!r} here, got {need.name!r}")
        if need.critical_at + MARGIN >= need.low_at:
            raise NeedError(f"{where}.critical_at: expected well under low_at, {need.low_at}")
    if len(needs) != len(NEEDS):
        raise NeedError(f"{path}: need: expected {len(NEEDS)} of them, got {len(needs)}")


def _table_of(sheet: _Sheet) -> NeedTable:
    needs = sheet.need
    weather = np.array(
        [[one.weather.get(name, 100) for one in needs] for name in WEATHERS],  # type: ignore[call-overload]  # WEATHERS are just these
        dtype=np.int32,
    )
    return NeedTable(
        names=NEEDS,
        groups=tuple(one.group for one in needs),
        index={name: row for row, name in enumerate(NEEDS)},
        words=tuple((one.low, one.critical) for one in needs),
        wear_awake=_ints([one.awake for one in needs]),
        wear_asleep=_ints([one.asleep for one in needs]),
        low=_ints([one.low_at for one in needs]),
        critical=_ints([one.critical_at for one in needs]),
        trait_factor=np.array(
            [[one.traits.get(name, 0) for name in TRAITS] for one in needs], dtype=np.int32
        ),
        weather_factor=weather,
        factors=_factors(sheet, weather),
        of_body=np.array([one.group == "physiological" for one in needs], dtype=np.int8),
        of_mind=np.array([one.group in {"social", "esteem"} for one in needs], dtype=np.int8),
    )


def _factors(sheet: _Sheet, weather: Ints) -> Ints:
    """How fast each need wears in every weather and condition; who is not here does not wear at all."""
    asleep = _ints([one.asleep * 100 // one.awake for one in sheet.need])
    table = np.zeros((len(WEATHERS), ABSENT + 1, len(sheet.need)), dtype=np.int32)
    for condition in range(ABSENT):
        factor = asleep if condition & ASLEEP else np.full_like(asleep, 100)
        worn = np.broadcast_to(factor, weather.shape)
        if condition & OUTDOORS:
            worn = worn * weather // 100
        if condition & STRAINED:
            worn = np.where(worn > 0, worn * sheet.strained // 100, worn)
        table[:, condition] = np.clip(worn, -_MOST_FACTOR, _MOST_FACTOR)
    return table


def _ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int32)
