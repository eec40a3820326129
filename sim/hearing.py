"""Between the models and the town: words go to bubbles, beginnings and ends become cues.

An answer must name its question; an answer to a question that nobody asks any more is counted and dropped. A thought
has no bubble and no beginning: its text becomes a cue when it is whole, or the asker's own words where it is not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from agents.cues import BeganSpeaking, Cue, FellSilent, Reflected, Spoke, Summarised, ThoughtCue
from agents.reading import Reading, cut_off
from llm.types import (
    Failed,
    Fields,
    Finished,
    Kind,
    LineStats,
    Outcome,
    Priority,
    Request,
    RequestId,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Why,
)
from sim.bubbles import BubbleBoard

ReadLine = Callable[
    [str, Sequence[str], Fields], Reading
]  # a line, whom it was said to, what a model told beside it


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One line with all that is known of it: what the transcript is written from."""

    request: Request
    started: Started
    text: str
    outcome: Outcome
    why: Why
    stats: LineStats
    tick: int  # that consumed its end


_LAST_LINES: Final = 4  # of each person


@dataclass(slots=True)
class _Awaited:
    request: Request
    started: Started | None = None
    text: str = ""


class Hearing:
    """Everybody's ears on the main thread."""

    def __init__(self, bubbles: BubbleBoard, read: ReadLine) -> None:
        self.bubbles = bubbles
        self._read = read
        self.stale_events = 0
        self.newest: Started | None = None  # the last line that began
        self._awaiting: dict[RequestId, _Awaited] = {}
        self._spoken: list[SpokenLine] = []
        self._last: dict[int, deque[SpokenLine]] = {}

    @property
    def open_lines(self) -> int:
        """Questions of which the answer is awaited or heard."""
        return len(self._awaiting)

    def expect(self, request: Request) -> None:
        """A line was asked for; only its answer will be let in. Warm-ups have none."""
        if request.kind is not Kind.WARM:
            self._awaiting[request.id] = _Awaited(request)

    def hear(self, event: StreamEvent, tick: int) -> Cue | None:
        """Turn a piece of an awaited answer into what the town should know of it; words only reach a bubble."""
        awaited = self._awaiting.get(event.request_id)
        if awaited is None:
            self.stale_events += 1  # they walked off; the model could not know
            return None
        if awaited.request.kind.is_thought:
            return self._think(awaited, event)
        match event:
            case Started():
                return self._begin(awaited, event)
            case TextDelta(text=text):
                awaited.text += text
                self.bubbles.append(awaited.request.npc, event.request_id, text)
                return None
            case Finished():
                return self._end(awaited, event, tick)
            case Failed(why=why):
                return self._fall_silent(awaited, why)
            case _:
                assert_never(event)

    def give_up(self, request_id: RequestId, tick: int) -> Cue | None:
        """The town waits no longer: what was heard so far was said, and cut off; else there was silence."""
        awaited = self._awaiting.get(request_id)
        if awaited is None:
            return None
        if awaited.request.kind.is_thought:  # its own words were taken when it was given up
            del self._awaiting[request_id]
            return None
        if awaited.started is None:
            return self._fall_silent(awaited, Why.CANCELLED)
        awaited.text = cut_off(awaited.text)
        self.bubbles.replace(awaited.request.npc, request_id, awaited.text)
        cut = Finished(request_id, Outcome.INTERRUPTED, awaited.text, Why.CANCELLED, LineStats())
        return self._end(awaited, cut, tick)

    def cut_short(self, request_id: RequestId, text: str) -> None:
        """A line that had come whole was interrupted while it was being read: this is all that was said of it."""
        for index, line in enumerate(self._spoken):
            if line.request.id == request_id:
                self._spoken[index] = replace(line, text=text, outcome=Outcome.INTERRUPTED)
                self.bubbles.replace(line.request.npc, request_id, text)
                self.bubbles.settle(line.request.npc, request_id, Outcome.INTERRUPTED)

    def take_spoken(self, tick: int) -> list[SpokenLine]:
        """The lines that ended since the last call and that the town has heard by this tick."""
        if not self._spoken:
            return []
        spoken = [line for line in self._spoken if line.tick <= tick]
        self._spoken = [line for line in self._spoken if line.tick > tick]
        for line in spoken:
            self._last.setdefault(line.request.npc, deque(maxlen=_LAST_LINES)).append(line)
        return spoken

    def last_lines(self, npc: int) -> tuple[SpokenLine, ...]:
        """The newest of one person, the oldest of them first: for who looks at how they came."""
        return tuple(self._last.get(npc, ()))

    def _begin(self, awaited: _Awaited, event: Started) -> Cue:
        awaited.started = self.newest = event
        npc, lit = awaited.request.npc, awaited.request.priority is Priority.SPOTLIGHT
        self.bubbles.begin(npc, event.request_id, event.tier, lit=lit)
        return BeganSpeaking(npc, event.request_id, event.tier, event.backend, event.route_reason)

    def _end(self, awaited: _Awaited, end: Finished, tick: int) -> Cue:
        request, started = awaited.request, awaited.started
        assert started is not None, "a stream ends visibly only after it has started"
        del self._awaiting[request.id]
        self.bubbles.settle(request.npc, request.id, end.outcome)
        self._spoken.append(SpokenLine(request, started, awaited.text, end.outcome, end.why, end.stats, tick))
        reading = self._read(awaited.text, request.prompt.listeners, end.fields)
        return Spoke(request.npc, request.id, awaited.text, end.outcome, started.tier, end.why, reading)

    def _think(self, awaited: _Awaited, event: StreamEvent) -> Cue | None:
        """A thought is gathered; one that was broken off is as good as none."""
        match event:
            case Started():
                awaited.started = event
            case TextDelta(text=text):
                awaited.text += text
            case Finished(outcome=outcome, why=why):
                whole = outcome is Outcome.COMPLETE or why is Why.LENGTH
                return self._thought(awaited, awaited.text if whole else "")
            case Failed():
                return self._thought(awaited, "")
            case _:
                assert_never(event)
        return None

    def _thought(self, awaited: _Awaited, text: str) -> ThoughtCue:
        request, started = awaited.request, awaited.started
        del self._awaiting[request.id]
        tier = Tier.TEMPLATE if started is None else started.tier
        if not text.strip() or tier is Tier.TEMPLATE:  # its own words, and all of them: a line is shorter
            text, tier = request.fallback_text, Tier.TEMPLATE
        cue = Summarised if request.kind is Kind.SUMMARY else Reflected
        return cue(request.npc, request.id, text, tier)

    def _fall_silent(self, awaited: _Awaited, why: Why) -> Cue:
        del self._awaiting[awaited.request.id]
        return FellSilent(awaited.request.npc, awaited.request.id, why)
