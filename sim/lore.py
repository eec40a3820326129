"""What this town's people know of life: all tables that come from data files, read and checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.actions import ActionTable, load_actions
from agents.carts import Cart, load_carts
from agents.climate import Climate, load_climate
from agents.conversation.topics import TopicTable, load_topics
from agents.emotions import EmotionTable, load_emotions
from agents.happenings import HappeningTable, load_happenings
from agents.lexicon import Lexicon, load_lexicon
from agents.needs import NeedTable, load_needs
from agents.template_files import WEATHERS
from sim.activity import Activity
from sim.calendar import Calendar

FOUL: Final = ("rain", "storm", "snow")


@dataclass(frozen=True)
class Lore:
    """Frozen: what it says is part of what a run depends on."""

    needs: NeedTable
    emotions: EmotionTable
    actions: ActionTable
    carts: tuple[Cart, ...]
    climate: Climate
    happenings: HappeningTable
    topics: TopicTable
    lexicon: Lexicon
    calendar: Calendar

    @cached_property
    def shows(self) -> NDArray[np.int8]:
        """What one is seen to do during each action."""
        return np.array([Activity[one.shows.upper()] for one in self.actions.actions], dtype=np.int8)

    @cached_property
    def rest_ticks(self) -> NDArray[np.int64]:
        """How long nobody does each action again."""
        return self.calendar.ticks(self.actions.rest)

    @cached_property
    def foul(self) -> NDArray[np.bool_]:
        """By weather: whether it is one in which one would rather be indoors."""
        return np.array([weather in FOUL for weather in WEATHERS])


def load_lore(find: Callable[[str], Path], calendar: Calendar) -> Lore:
    """All tables; `find` tells where a file of the world's data lies. Raises each table's own error, with one line."""
    needs = load_needs(find("needs.toml"))
    return Lore(
        needs=needs,
        emotions=load_emotions(find("emotions.toml")),
        actions=load_actions(find("actions.toml"), needs.names),
        carts=load_carts(find("carts.toml")),
        climate=load_climate(find("weather.toml")),
        happenings=load_happenings(find("events.toml")),
        topics=load_topics(find("topics.toml")),
        lexicon=load_lexicon(find("lexicon.toml")),
        calendar=calendar,
    )
