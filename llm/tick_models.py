"""Models without a thread: an answer is due a number of ticks after its question.

The same requests give the same events at the same ticks, in a window, headless and as fast as the machine
allows. With no source of answers every line is the request's own template.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from llm import template_tier
from llm.canned import CannedAnswer, CannedSource
from llm.errors import NotRecorded
from llm.performance import Performance
from llm.protocol import GateFactory
from llm.tick_line import TickLine
from llm.types import (
    Failed,
    Finished,
    Kind,
    NpcId,
    Request,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    Tier,
    TierState,
    TierStatus,
    Why,
)

THINKING_TICKS: Final = 12  # 0.2 s: nobody answers in the tick in which they are spoken to
_NO_ANSWER: Final = CannedAnswer(tier=Tier.TEMPLATE, backend=template_tier.TEMPLATE_BACKEND)


class TickModels:
    """`llm.protocol.Models` that counts ticks instead of seconds."""

    def __init__(
        self, gate: GateFactory, source: CannedSource | None = None, delay: int = THINKING_TICKS
    ) -> None:
        self.performance = Performance()
        self._gate = gate
        self._source = source
        self.reads_prompts = source is not None  # templates have no use for one
        self._delay = delay
        self._lines: dict[RequestId, TickLine] = {}
        self._asked_by: dict[NpcId, RequestId] = {}
        self._missed: dict[RequestId, NotRecorded] = {}
        self._due: list[tuple[int, int, TickLine]] = []  # (tick, order of asking, line)
        self._order = 0
        self._ready: list[StreamEvent] = []  # more than one drain's budget held

    def submit(self, request: Request) -> None:
        """Note when the answer is due; a newer question of the same NPC takes the place of the older."""
        if request.kind is Kind.WARM:
            return
        if not request.kind.is_thought:
            self._supersede(request)
            self._asked_by[request.npc] = request.id
        line = TickLine(request, self._answer_to(request), self._gate(request), self._delay)
        self._lines[request.id] = line
        self._order += 1
        heapq.heappush(self._due, (line.next_tick, self._order, line))
        self.performance.asked(line.answer.tier)

    def hand_in(self) -> None:
        """It is settled when it is asked."""

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        line = self._forget(request_id)
        undrained = [event for event in self._ready if event.request_id == request_id]
        if line is not None:
            heard = line.begun and not any(isinstance(event, Started) for event in undrained)
            self.performance.gave_up(begun=heard)
        if undrained:
            self._ready = [event for event in self._ready if event.request_id != request_id]

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """All that is due by this tick, in the order in which it is due, at most `budget` events.

        Raises `NotRecorded` when an answer is due that a strict cassette does not hold.
        """
        while self._due and self._due[0][0] <= tick and len(self._ready) < budget:
            _, order, line = heapq.heappop(self._due)
            if self._lines.get(line.request.id) is line:
                self._ready.extend(self._carry_on(line, order))
        events, self._ready = self._ready[:budget], self._ready[budget:]
        return events

    def status(self) -> TierStatus:
        """Ready with a source of answers, else off: templates need no model."""
        if self._source is not None:
            return TierStatus(TierState.READY, self._source.name, detail="lines written down beforehand")
        return TierStatus(TierState.OFF, detail="no model: people speak template lines")

    def close(self) -> None:
        """Forget every question."""
        self._lines.clear()
        self._asked_by.clear()
        self._missed.clear()
        self._due.clear()
        self._ready.clear()

    def _answer_to(self, request: Request) -> CannedAnswer:
        try:
            answer = self._source.answer(request) if self._source is not None else None
        except NotRecorded as miss:
            self._missed[request.id] = miss  # told when it is due: it may be cancelled before
            answer = None
        return answer or _NO_ANSWER

    def _supersede(self, request: Request) -> None:
        older = self._asked_by.get(request.npc)
        line = None if older is None else self._forget(older)
        if line is not None:
            end = line.supersede(request.tick)
            self._count(line, (end,))
            self._ready.append(end)

    def _forget(self, request_id: RequestId) -> TickLine | None:
        line = self._lines.pop(request_id, None)
        if line is not None and self._asked_by.get(line.request.npc) == request_id:
            del self._asked_by[line.request.npc]
        if line is not None:
            self._missed.pop(request_id, None)
        return line

    def _carry_on(self, line: TickLine, order: int) -> Iterable[StreamEvent]:
        """What a line says in the tick that is due."""
        if line.request.id in self._missed:
            raise self._missed[line.request.id]
        if not line.has_more:
            return self._end(line)
        events = line.speak()
        self._count(line, events)
        heapq.heappush(self._due, (line.next_tick, order, line))
        return events

    def _end(self, line: TickLine) -> Iterable[StreamEvent]:
        self._forget(line.request.id)
        events = line.end()
        self._count(line, events)
        return events or self._speak_template(line)

    def _speak_template(self, line: TickLine) -> Iterable[StreamEvent]:
        reason, tier = RouteReason.NO_MODEL_CONFIGURED, line.answer.tier
        if tier is not Tier.TEMPLATE:
            silent = line.why is Why.EMPTY
            reason = RouteReason.NOTHING_SAID if silent else RouteReason.ATTEMPT_FAILED
            self.performance.erred(tier, line.answer.backend, line.why)
            self.performance.asked(Tier.TEMPLATE)
        waited_ms = line.waited_ms(line.next_tick)
        events = template_tier.speak(line.request, self._gate, reason, waited_ms)
        template_tier.count(self.performance, events)
        return events

    def _count(self, line: TickLine, events: Iterable[StreamEvent]) -> None:
        for event in events:
            match event:
                case Started():
                    self.performance.routed(event.route_reason)
                case Finished():
                    self.performance.spoke(line.answer.tier, line.answer.backend, event)
                case Failed():
                    self.performance.fell_silent(event)
                case _:
                    pass  # its text comes once more with the end
