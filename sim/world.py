"""The world: everything that a tick may read and change, and nothing that knows real time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.conversation.repetition import PhraseLedger
from agents.conversation.talk import Conversation
from agents.persona import Persona
from agents.templates import TemplateBook
from llm.types import NpcId, Request, RequestId
from sim.afterthoughts import Mark
from sim.calendar import Moment
from sim.chance import Chance
from sim.columns import NEVER, Columns
from sim.doings import Doings
from sim.errands import Errands
from sim.events import EventLog
from sim.folk import Folk
from sim.governor import Shed
from sim.happenings import Happenings
from sim.inputs import Input
from sim.livelihood import Livelihood, Tills
from sim.lore import Lore
from sim.memories import Memories
from sim.minds import Minds
from sim.navigation import Navigation, Tile
from sim.people import People
from sim.roster import Roster
from sim.rules import Rules
from sim.snapshot import Snapshot, Talk
from sim.talk_log import TalkLog
from sim.tastes import Tastes
from sim.tie_columns import Ties
from sim.town import Town
from sim.weather import Weather
from sim.wellbeing import Wellbeing

_Value = TypeVar("_Value", bound=np.generic)
LAGS: Final = 9
LATELY: Final = 60  # template lines that nobody in town says again so soon


@dataclass(slots=True)
class World:
    """Changed by `sim.step.step` alone."""

    rules: Rules
    lore: Lore
    town: Town
    navigation: Navigation
    errands: Errands
    book: TemplateBook
    roster: Roster
    people: People
    folk: Folk
    wellbeing: Wellbeing
    livelihood: Livelihood
    tills: Tills
    doings: Doings
    ties: Ties
    tastes: Tastes
    memories: Memories
    weather: Weather
    happenings: Happenings
    minds: Minds
    chance: Chance
    prompts_read: bool = True  # somebody reads what a model would be asked with; no system does
    persona_block: Callable[[Persona], str] = (
        Persona.persona_block
    )  # the same text, kept where somebody keeps it
    treasury: int = 0  # pennies that are the town's
    tick: int = 0
    speed: float = 1.0
    shed: Shed = Shed.NOTHING  # what is done without, while frames come near their budget
    spotlight: NpcId | None = None  # whom somebody outside looks at
    inputs: Sequence[Input] = ()
    talks: dict[int, Conversation] = field(default_factory=dict)
    pair_rest: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # pair of rows -> tick of the next talk
    near: dict[tuple[int, int], int] = field(
        default_factory=dict
    )  # pair of rows -> tick at which they were last told to have come near each other
    walks: dict[int, list[Tile]] = field(default_factory=dict)  # row -> the last steps up to somebody
    lit_again_at: int = 0  # no talk has the spotlight for its own sake before this tick
    lags: deque[int] = field(
        default_factory=lambda: deque(maxlen=LAGS)
    )  # ticks from asking to the first word
    talk_log: TalkLog = field(default_factory=TalkLog)
    said_lately: deque[str] = field(default_factory=lambda: deque(maxlen=LATELY))
    phrases: PhraseLedger = field(default_factory=PhraseLedger)  # of the models' lines
    next_talk: int = 1
    next_request: int = 1
    next_due: int = 0  # no row of `doings` needs attention before this tick
    next_reach: int = NEVER  # nobody reaches a tile before this tick
    turn: int = 0  # the row that comes first, when there is more to do than a tick has room for
    to_ask: list[Request] = field(default_factory=list)
    to_cancel: list[RequestId] = field(default_factory=list)
    cut_lines: list[tuple[RequestId, str]] = field(
        default_factory=list
    )  # interrupted, with what was heard of them
    afterthoughts: deque[Mark] = field(default_factory=deque)  # of who left a talk, oldest first
    stale_cues: int = 0
    effort: int = 0  # what talks have cost in this tick: see `sim.systems.converse`
    events: EventLog = field(default_factory=EventLog)

    def __len__(self) -> int:
        return len(self.people)

    @property
    def moment(self) -> Moment:
        """The calendar's reading of this tick."""
        return self.rules.calendar.at(self.tick)

    def tables(self) -> tuple[Columns, ...]:
        """All columns with a row an NPC, in an order that never changes."""
        return (self.people, self.folk, self.wellbeing, self.livelihood, self.doings, self.ties, self.tastes)

    def place_id(self, place: int) -> str:
        """A place's name; its district is left out."""
        return self.town.places[place % len(self.town.places)].id

    def crowd_at(self) -> NDArray[np.int64]:
        """How many people stay at, or go to, each place."""
        here = self.people.goal_place[self.people.present]
        return np.bincount(here, minlength=len(self.tills))

    def begin_tick(self, inputs: Sequence[Input]) -> None:
        """Go on to the next tick, which consumes these inputs."""
        self.tick += 1
        self.effort = 0
        self.inputs = inputs

    def take_questions(self) -> tuple[list[Request], list[RequestId]]:
        """What the tick wants asked, and which earlier questions it has given up."""
        asked, cancelled = self.to_ask, self.to_cancel
        if asked or cancelled:
            self.to_ask, self.to_cancel = [], []
        return asked, cancelled

    def take_cuts(self) -> list[tuple[RequestId, str]]:
        """Whole lines that the tick cut short, with what was said of them."""
        cuts = self.cut_lines
        if cuts:
            self.cut_lines = []
        return cuts

    def snapshot(self) -> Snapshot:
        """Read-only copies of what a view may see."""
        people = self.people
        thinking = np.zeros(len(people), dtype=np.bool_)
        thinking[self.minds.thinking()] = True
        return Snapshot(
            tick=self.tick,
            moment=self.moment,
            position=_frozen(people.position.copy()),
            heading=_frozen(people.heading.copy()),
            moving=_frozen(people.moving.copy()),
            activity=_frozen(people.activity.copy()),
            place=_frozen(people.goal_place.astype(np.int32)),
            talk=_frozen(people.talk.astype(np.int32)),
            present=_frozen(people.present.copy()),
            emotion=_frozen(self.wellbeing.emotion.copy()),
            weather=self.weather.now,
            thinking=_frozen(thinking),
            talks=tuple(
                Talk(talk.id, talk.participants, talk.speaker, talk.said, talk.private)
                for talk in self.talks.values()
            ),
        )


def _frozen(column: NDArray[_Value]) -> NDArray[_Value]:
    column.setflags(write=False)
    return column
