"""Models without a thread: an answer is due a number of ticks after its question.

The same requests give the same events at the same ticks, in a window, headless and as fast as the machine
allows. With no book every line is the request's own template.
"""

from __future__ import annotations

import heapq
from typing import Final

from llm import template_tier
from llm.performance import Performance
from llm.protocol import GateFactory
from llm.script_book import ScriptBook, ScriptedLine
from llm.types import (
    Failed,
    Finished,
    Kind,
    LineStats,
    NpcId,
    Outcome,
    Request,
    RequestId,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    TierState,
    TierStatus,
    Why,
)

TICKS_PER_SECOND: Final = 60
THINKING_TICKS: Final = 12  # 0.2 s: nobody answers in the tick in which they are spoken to
_SPREAD_TICKS: Final = 13  # so that lines asked for in one tick do not all begin in one tick
_CUT_SHORT: Final = {"stall": Why.STALL, "break": Why.BROKEN_STREAM, "length": Why.LENGTH}


class TickModels:
    """`llm.protocol.Models` that counts ticks instead of seconds."""

    def __init__(
        self, gate: GateFactory, book: ScriptBook | None = None, delay: int = THINKING_TICKS
    ) -> None:
        self.performance = Performance()
        self._gate = gate
        self._book = book
        self._delay = delay
        self._asked: dict[RequestId, tuple[Request, ScriptedLine | None]] = {}
        self._asked_by: dict[NpcId, RequestId] = {}
        self._due: list[tuple[int, int, RequestId]] = []  # (tick, order of asking, id)
        self._order = 0
        self._ready: list[StreamEvent] = []  # more than one drain's budget held

    def submit(self, request: Request) -> None:
        """Note when the answer is due; a newer question of the same NPC takes the place of the older."""
        if request.kind is Kind.WARM:
            return
        self._supersede(request.npc)
        line = self._book.next_line(request) if self._book else None
        self._asked[request.id] = request, line
        self._asked_by[request.npc] = request.id
        self._order += 1
        heapq.heappush(self._due, (request.tick + self._ticks_for(request, line), self._order, request.id))
        self.performance.asked(Tier.LOCAL if line else Tier.TEMPLATE)

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more."""
        if self._forget(request_id):
            self.performance.gave_up(begun=False)
        self._ready = [event for event in self._ready if event.request_id != request_id]

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """All that is due by this tick, in the order in which it is due, at most `budget` events."""
        while self._due and self._due[0][0] <= tick and len(self._ready) < budget:
            _, _, request_id = heapq.heappop(self._due)
            if request_id in self._asked:
                request, line = self._asked[request_id]
                self._forget(request_id)
                self._ready.extend(self._answer(request, line))
        events, self._ready = self._ready[:budget], self._ready[budget:]
        return events

    def status(self) -> TierStatus:
        """Ready with a book, else off: templates need no model."""
        if self._book:
            return TierStatus(TierState.READY, "scripted", detail="lines from a script")
        return TierStatus(TierState.OFF, detail="no model: people speak template lines")

    def close(self) -> None:
        """Forget every question."""
        self._asked.clear()
        self._asked_by.clear()
        self._due.clear()
        self._ready.clear()

    def _ticks_for(self, request: Request, line: ScriptedLine | None) -> int:
        said_after = round(line.delay * TICKS_PER_SECOND) if line else 0
        return max(1, said_after) + self._delay + request.id * 7 % _SPREAD_TICKS

    def _supersede(self, npc: NpcId) -> None:
        older = self._asked_by.get(npc)
        if older is not None and self._forget(older):
            end = Failed(older, Outcome.CANCELLED, Why.SUPERSEDED)
            self.performance.fell_silent(end)
            self._ready.append(end)

    def _forget(self, request_id: RequestId) -> bool:
        known = self._asked.pop(request_id, None)
        if known and self._asked_by.get(known[0].npc) == request_id:
            del self._asked_by[known[0].npc]
        return known is not None

    def _answer(self, request: Request, line: ScriptedLine | None) -> tuple[StreamEvent, ...]:
        waited_ms = self._ticks_for(request, line) * 1000 / TICKS_PER_SECOND
        said = line.said if line else ""
        text = (
            template_tier.pass_gate(request, self._gate, said, cut=bool(line and line.mishap)) if said else ""
        )
        if line is None or not text:
            return self._answer_by_template(request, line, waited_ms)
        why = _CUT_SHORT.get(line.mishap, Why.NONE)
        outcome = Outcome.TRUNCATED if why else Outcome.COMPLETE
        end = Finished(request.id, outcome, text, why, LineStats(waited_ms, waited_ms))
        self.performance.routed(RouteReason.LOCAL_READY)
        self.performance.spoke(Tier.LOCAL, "scripted", end)
        return (
            Started(request.id, Tier.LOCAL, "scripted", "", RouteReason.LOCAL_READY),
            TextDelta(request.id, text),
            end,
        )

    def _answer_by_template(
        self, request: Request, line: ScriptedLine | None, waited_ms: float
    ) -> tuple[StreamEvent, ...]:
        reason = RouteReason.NO_MODEL_CONFIGURED
        if line is not None:
            reason = RouteReason.ATTEMPT_FAILED if line.fails_silent else RouteReason.NOTHING_SAID
            self.performance.erred(Tier.LOCAL, "scripted", Why.REFUSED if line.fails_silent else Why.EMPTY)
            self.performance.asked(Tier.TEMPLATE)
        events = template_tier.speak(request, self._gate, reason, waited_ms)
        template_tier.count(self.performance, events)
        return events
