"""What people talk about, one row a topic: what gives it away, what brings it up, what it leads on to; one table from one file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from agents.actions import Season
from agents.needs import Need
from agents.persona import PublicId, WorkId
from agents.template_files import Occupation, Topic, Weather
from agents.toml_files import read_table, said_plainly
from agents.traits import MIDDLE, TRAITS
from agents.villager_stock import TraitName

_WORD: Final = re.compile(r"[a-z]+")
_RELATED: Final = 500  # thousandths, of what a topic names; half of it the other way round
_AT_ALL: Final = 60  # of any topic
_NEED: Final = 260  # what is wanting
_TRADE: Final = 150  # the speaker's; of a listener half
_PLACE: Final = 130
_SKY: Final = 160
_SEASON: Final = 70
_HAPPENING: Final = 420

Ints = NDArray[np.int64]
TopicId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{2,31}$")]


class TopicError(Exception):
    """The topics' file cannot be used. One line that names the file, the key and what was expected."""


class TopicRow(BaseModel):
    """One of them. What brings it up may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: TopicId
    title: Annotated[
        str, StringConstraints(min_length=3, max_length=60)
    ]  # as goes on after "they talk about"
    words: Annotated[tuple[str, ...], Field(min_length=2)]  # lower-case; that give it away in a line
    speaks: Topic  # what template lines call it
    weight: Annotated[int, Field(ge=0, le=100)] = 10  # how hard a subject it is
    related: tuple[TopicId, ...] = ()
    needs: tuple[Need, ...] = ()
    occupations: tuple[Occupation, ...] = ()
    places: tuple[WorkId | PublicId, ...] = ()
    weathers: tuple[Weather, ...] = ()
    seasons: tuple[Season, ...] = ()
    happenings: tuple[str, ...] = ()
    traits: dict[TraitName, Annotated[int, Field(ge=-100, le=100)]] = {}


class _Sheet(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: Annotated[tuple[TopicRow, ...], Field(min_length=2)]


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What is true for whoever brings something up."""

    needs: tuple[str, ...] = ()  # that are low
    occupation: str = ""
    listeners: tuple[str, ...] = ()  # their occupations
    place: str = ""  # id
    weather: str = ""
    season: str = ""
    happenings: tuple[str, ...] = ()  # that go on


@dataclass(frozen=True)
class TopicTable:
    """All of them, in the order of the file."""

    topics: tuple[TopicRow, ...]
    index: dict[str, int]
    related: Ints  # (t, t): thousandths
    liking: Ints  # (t, traits): hundredths
    _by_word: dict[str, tuple[int, ...]] = field(repr=False)
    _by_fact: dict[str, tuple[tuple[int, int], ...]] = field(repr=False)  # fact -> (topic, weight)

    def of_text(self, text: str) -> str:
        """The id of the topic with most of its words in a line, of equals the first; empty if there is none."""
        counts: dict[int, int] = {}
        for word in _WORD.findall(text.lower()):
            for topic in self._by_word.get(word, ()):
                counts[topic] = counts.get(topic, 0) + 1
        if not counts:
            return ""
        return self.topics[min(counts, key=lambda topic: (-counts[topic], topic))].id

    def brought_up(self, facts: TopicFacts) -> Ints:
        """How much each lies near just now, (t,)."""
        weight = np.full(len(self.topics), _AT_ALL, dtype=np.int64)
        for fact in _facts(facts):
            for topic, more in self._by_fact.get(fact, ()):
                weight[topic] += more
        return weight

    def liked(self, traits: NDArray[np.int16]) -> Ints:
        """What these people like to hear of by temper, from traits in hundredths (k, traits) -> (k, t), -100 to 100."""
        likes: Ints = (traits.astype(np.int64) - MIDDLE) @ self.liking.T // MIDDLE
        return np.clip(likes, -100, 100)


def load_topics(path: Path) -> TopicTable:
    """The table. Raises TopicError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, TopicError))
    except ValidationError as error:
        raise TopicError(said_plainly(path, error, {*_Sheet.model_fields, *TopicRow.model_fields})) from error
    rows = sheet.topic
    index = {row.id: number for number, row in enumerate(rows)}
    if len(index) != len(rows):
        raise TopicError(f"{path}: topic: expected each id once")
    return TopicTable(rows, index, _related(path, rows, index), _liking(rows), _by_word(rows), _by_fact(rows))


def _related(path: Path, rows: tuple[TopicRow, ...], index: dict[str, int]) -> Ints:
    table = np.zeros((len(rows), len(rows)), dtype=np.int64)
    for number, row in enumerate(rows):
        for other in row.related:
            if other not in index:
                raise TopicError(f"{path}: topic[{number}].related: there is no topic {other!r}")
            table[number, index[other]] = _RELATED
            table[index[other], number] = max(table[index[other], number], _RELATED // 2)
    return table


def _liking(rows: tuple[TopicRow, ...]) -> Ints:
    return np.array([[row.traits.get(name, 0) for name in TRAITS] for row in rows], dtype=np.int64)


def _by_word(rows: tuple[TopicRow, ...]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, row in enumerate(rows):
        for word in dict.fromkeys(row.words):
            found[word] = (*found.get(word, ()), number)
    return found


def _by_fact(rows: tuple[TopicRow, ...]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for number, row in enumerate(rows):
        for fact, more in _brings_up(row):
            found[fact] = (*found.get(fact, ()), (number, more))
    return found


def _brings_up(row: TopicRow) -> list[tuple[str, int]]:
    return [
        *((f"need:{need}", _NEED) for need in row.needs),
        *((f"trade:{trade}", _TRADE) for trade in row.occupations),
        *((f"listener:{trade}", _TRADE // 2) for trade in row.occupations),
        *((f"place:{place}", _PLACE) for place in row.places),
        *((f"weather:{weather}", _SKY) for weather in row.weathers),
        *((f"season:{season}", _SEASON) for season in row.seasons),
        *((f"happening:{happening}", _HAPPENING) for happening in row.happenings),
    ]


def _facts(facts: TopicFacts) -> list[str]:
    return [
        *(f"need:{need}" for need in facts.needs),
        f"trade:{facts.occupation}",
        *(f"listener:{trade}" for trade in dict.fromkeys(facts.listeners)),
        f"place:{facts.place}",
        f"weather:{facts.weather}",
        f"season:{facts.season}",
        *(f"happening:{happening}" for happening in facts.happenings),
    ]
