"""Temporary."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TopicFacts:
    needs: tuple[str, ...] = ()
    occupations: tuple[str, ...] = ()
    place: str = ""
    weather: str = ""
    season: str = ""
    happenings: tuple[str, ...] = ()
    traits: tuple[int, ...] = ()


@dataclass(frozen=True)
class Row:
    id: str
    title: str
    weight: int = 10


class TopicTable:
    def __init__(self) -> None:
        self.topics = tuple(Row(n, "the " + n) for n in ("weather", "work", "gossip", "food", "family"))
        self.index = {t.id: i for i, t in enumerate(self.topics)}
        self.related = np.full((5, 5), 200, np.int16)
        self.liking = np.zeros((5, 9), np.int16)

    def of_text(self, text: str) -> str:
        return next((t.id for t in self.topics if t.id in text.lower()), "")

    def brought_up(self, facts: Any) -> Any:
        return np.full(5, 100, np.int64)
