"""The streams that are measured: always so many lines in flight, asked by people who are not in town.

They go the whole way that a townsman's line goes, wire, gate, outbox, drain and bubble; only their cues end here,
because no mind waits for them.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from agents.cues import Cue
from llm.protocol import Models
from llm.types import (
    Failed,
    Finished,
    Kind,
    NpcId,
    Outcome,
    Prompt,
    Request,
    RequestId,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    Turn,
)
from sim.bubbles import BubbleBoard
from sim.hearing import Hearing, ReadLine

_FIRST_ID: Final = 1 << 40  # the world counts its own questions from 1
_AT_ONCE: Final = 4  # new lines a frame: streams that all began in one frame would march in step

# As long as the town's own: some five hundred tokens.
_PROMPT: Final = Prompt(
    rules="Speak as a person of this town would: one or two short sentences, plain words, no names. " * 6,
    persona="A baker who rises before the sun, knows what everybody eats and says what she thinks. " * 10,
    scene="The market square in the morning; two people meet at the well. ",
    history=tuple(
        Turn(("Ann", "Bob")[index % 2], "The bread was good today, I must say.") for index in range(6)
    ),
    nudge="Say something about the weather.",
    speaker="Ann",
    listeners=("Bob",),
)


class Load:
    """Keeps `streams` lines in flight once the client has learnt how many it may have."""

    def __init__(self, streams: int, first_npc: int) -> None:
        self.streams = streams
        self.in_flight: dict[RequestId, NpcId] = {}
        self.spoken = 0
        self.not_spoken = 0  # answered by a template, or not at all
        self._free = deque(NpcId(first_npc + index) for index in range(streams))
        self._next_id = _FIRST_ID

    @property
    def full(self) -> bool:
        """Whether as much is asked as should be."""
        return len(self.in_flight) >= self.streams

    def top_up(self, models: Models, hearing: Hearing, tick: int) -> None:
        """Ask in place of what has ended; one line alone until one was spoken, for that teaches the client its slots."""
        if self.full or models.status().state is not TierState.READY:
            return
        wanted = self.streams if self.spoken else 1
        for _ in range(min(_AT_ONCE, wanted - len(self.in_flight))):
            request = self._next_request(tick)
            hearing.expect(request)
            models.submit(request)

    def end(self, request_id: RequestId, *, spoken: bool) -> None:
        """A line has ended; its speaker may speak again."""
        npc = self.in_flight.pop(request_id, None)
        if npc is not None:
            self._free.append(npc)
            self.spoken += spoken
            self.not_spoken += not spoken

    def _next_request(self, tick: int) -> Request:
        request = Request(RequestId(self._next_id), self._free.popleft(), _PROMPT, "Well, well.", tick)
        self._next_id += 1
        self.in_flight[request.id] = request.npc
        return request


class SharedHeads(BubbleBoard):
    """Shows what strangers say over the heads of those who are in town: a window must have somewhere to draw it."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self._people = people

    def begin(self, npc: int, request_id: RequestId, tier: Tier, *, lit: bool = False) -> None:
        """Over whoever has that number, counted round and round."""
        super().begin(npc % self._people, request_id, tier, lit=lit)

    def append(self, npc: int, request_id: RequestId, text: str) -> None:
        """Likewise."""
        super().append(npc % self._people, request_id, text)

    def replace(self, npc: int, request_id: RequestId, text: str) -> None:
        """Likewise."""
        super().replace(npc % self._people, request_id, text)

    def settle(self, npc: int, request_id: RequestId, outcome: Outcome) -> None:
        """Likewise."""
        super().settle(npc % self._people, request_id, outcome)


class LoadHearing(Hearing):
    """The town's hearing, which also counts the words that models said: a word is a chunk of the fake server."""

    def __init__(self, bubbles: BubbleBoard, read: ReadLine, load: Load, npcs: int) -> None:
        super().__init__(bubbles, read)
        self.words = 0
        self._load = load
        self._npcs = npcs
        self._awaited: set[RequestId] = set()
        self._by_model: set[RequestId] = set()

    @property
    def quiet(self) -> bool:
        """Whether nobody waits for anything, in town or out of it."""
        return not self._awaited

    def expect(self, request: Request) -> None:
        """A line was asked for; a warm-up has no end that could be waited for."""
        if request.kind is Kind.LINE:
            self._awaited.add(request.id)
        super().expect(request)

    def hear(self, event: StreamEvent, tick: int) -> Cue | None:
        """As the town hears it; what was asked outside of town stays out of it."""
        request_id = event.request_id
        match event:
            case Started(tier=Tier.LOCAL):
                self._by_model.add(request_id)
                self.words += 1
            case TextDelta(text=text) if request_id in self._by_model:
                self.words += text.count(" ")  # the gate puts one before each word but the first
            case Finished() | Failed():
                self._forget(request_id)
        cue = super().hear(event, tick)
        return None if cue is not None and cue.npc >= self._npcs else cue

    def give_up(self, request_id: RequestId, tick: int) -> Cue | None:
        """The town waits no longer."""
        self._forget(request_id)
        return super().give_up(request_id, tick)

    def _forget(self, request_id: RequestId) -> None:
        self._awaited.discard(request_id)
        self._load.end(request_id, spoken=request_id in self._by_model)
        self._by_model.discard(request_id)
