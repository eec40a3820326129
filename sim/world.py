"""The world: everything that a tick may read and change, and nothing that knows real time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.conversation.talk import Conversation
from agents.mind import Mind, State
from agents.persona import Persona
from agents.routine import Slot
from agents.templates import TemplateBook
from llm.types import NpcId, Request, RequestId
from sim.calendar import Moment
from sim.chance import Chance
from sim.events import EventLog
from sim.inputs import Input
from sim.navigation import Navigation, Tile
from sim.people import People
from sim.rules import Rules
from sim.snapshot import Snapshot, Talk
from sim.town import Town

_Value = TypeVar("_Value", bound=np.generic)
LATELY: Final = 24  # template lines that nobody in town says again so soon


@dataclass(slots=True)
class World:
    """Changed by `sim.step.step` alone."""

    rules: Rules
    town: Town
    navigation: Navigation
    book: TemplateBook
    people: People
    minds: list[Mind]
    chance: Chance
    persona_block: Callable[[Persona], str] = (
        Persona.persona_block
    )  # the same text, kept where somebody keeps it
    tick: int = 0
    speed: float = 1.0
    spotlight: NpcId | None = None  # whom somebody outside looks at
    inputs: Sequence[Input] = ()
    plans: list[tuple[Slot, ...]] = field(default_factory=list)
    planned_day: int = 0
    talks: dict[int, Conversation] = field(default_factory=dict)
    pair_rest: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # pair of rows -> tick of the next talk
    walks: dict[int, list[Tile]] = field(default_factory=dict)  # row -> the last steps up to somebody
    said_lately: deque[str] = field(default_factory=lambda: deque(maxlen=LATELY))
    next_talk: int = 1
    next_request: int = 1
    to_ask: list[Request] = field(default_factory=list)
    to_cancel: list[RequestId] = field(default_factory=list)
    stale_cues: int = 0
    events: EventLog = field(default_factory=EventLog)

    @property
    def moment(self) -> Moment:
        """The calendar's reading of this tick."""
        return self.rules.calendar.at(self.tick)

    @property
    def personas(self) -> list[Persona]:
        """Who is who, by row."""
        return [mind.persona for mind in self.minds]

    def begin_tick(self, inputs: Sequence[Input]) -> None:
        """Go on to the next tick, which consumes these inputs."""
        self.tick += 1
        self.inputs = inputs

    def take_questions(self) -> tuple[list[Request], list[RequestId]]:
        """What the tick wants asked, and which earlier questions it has given up."""
        asked, cancelled = self.to_ask, self.to_cancel
        self.to_ask, self.to_cancel = [], []
        return asked, cancelled

    def snapshot(self) -> Snapshot:
        """Read-only copies of what a view may see."""
        people = self.people
        thinking = [mind.state is State.THINKING for mind in self.minds]
        return Snapshot(
            tick=self.tick,
            moment=self.moment,
            position=_frozen(people.position.copy()),
            heading=_frozen(people.heading.copy()),
            moving=_frozen(people.moving.copy()),
            activity=_frozen(people.activity.copy()),
            place=_frozen(people.goal_place.astype(np.int16)),
            talk=_frozen(people.talk.astype(np.int32)),
            thinking=_frozen(np.array(thinking, dtype=np.bool_)),
            talks=tuple(
                Talk(talk.id, talk.participants, talk.speaker, len(talk.history))
                for talk in self.talks.values()
            ),
        )


def _frozen(column: NDArray[_Value]) -> NDArray[_Value]:
    column.setflags(write=False)
    return column
