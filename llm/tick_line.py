"""One question from submit to end, where time is counted in ticks. Pure: it is told nothing but its turn."""

from __future__ import annotations

from typing import Final

from llm.canned import CannedAnswer
from llm.loop_detector import LoopDetector
from llm.protocol import Gate
from llm.sentences import kept_of_cut
from llm.types import (
    Failed,
    Finish,
    Finished,
    LineStats,
    Outcome,
    Request,
    RouteReason,
    Started,
    StreamEvent,
    TextDelta,
    Tier,
    Usage,
    Why,
)

TICKS_PER_SECOND: Final = 60
_SPREAD_TICKS: Final = 13  # so that lines asked for in one tick do not all begin in one tick
_REASON: Final = {
    Tier.LOCAL: RouteReason.LOCAL_READY,
    Tier.CLOUD: RouteReason.SPOTLIGHT,
    Tier.TEMPLATE: RouteReason.NO_MODEL_CONFIGURED,
}


class TickLine:
    """Plays one answer through its gate: at every due tick `speak`, while there is more, and then once `end`."""

    def __init__(self, request: Request, answer: CannedAnswer, gate: Gate, delay: int) -> None:
        self.request = request
        self.answer = answer
        self._gate = gate
        self._loops = LoopDetector()
        self._error = answer.error
        self._asked_from = request.tick + delay + request.id * 7 % _SPREAD_TICKS
        self._told = 0  # pieces that have passed the gate
        self._said: list[str] = []
        self._first_tick: int | None = None  # when something of it was first visible
        self._left_at: int | None = None  # when nobody listened any more

    @property
    def begun(self) -> bool:
        """Something of it is visible."""
        return self._first_tick is not None

    @property
    def has_more(self) -> bool:
        """There are pieces yet to come before the end."""
        return self._left_at is None and self._told < len(self.answer.pieces)

    @property
    def next_tick(self) -> int:
        """When its next piece is due, or its end."""
        if self._left_at is not None:
            return self._left_at
        due_s = self.answer.pieces[self._told][0] if self.has_more else self.answer.end_s
        return self._asked_from + max(1, round(due_s * TICKS_PER_SECOND))

    @property
    def why(self) -> Why:
        """What is wrong with the answer, in the words of a line that was heard or was not."""
        why = self._error or self.answer.why
        if self.answer.finish is Finish.CUT and self._gate.over and not self._error:
            why = Why.NONE  # nobody listened to the rest, for the line was over
        if self.begun:
            return Why.BROKEN_STREAM if why is Why.UNREACHABLE else why
        return Why.EMPTY if why in {Why.NONE, Why.LENGTH} else why

    def speak(self) -> list[StreamEvent]:
        """All that is said in one tick, as far as it may be shown."""
        tick, shown = self.next_tick, ""
        while self.has_more and self.next_tick == tick:
            shown += self._pass(self.answer.pieces[self._told][1])
            self._told += 1
            if self._error is not self.answer.error:
                self._left_at = tick
        return self._show(shown, tick)

    def end(self) -> list[StreamEvent]:
        """Its end, if anything of it was visible; otherwise nothing, and a template may speak."""
        tick = self.next_tick
        events = [] if self._error and not self.begun else self._show(self._rest(), tick)
        if self.begun:
            events.append(self._finished(self.why, tick))
        return events

    def supersede(self, tick: int) -> Finished | Failed:
        """Its end, now: the same person was asked something newer. What was said stays said."""
        if self.begun:
            return self._finished(Why.SUPERSEDED, tick)
        return Failed(self.request.id, Outcome.CANCELLED, Why.SUPERSEDED)

    def waited_ms(self, tick: int) -> float:
        """How long ago it was asked."""
        return (tick - self.request.tick) * 1000 / TICKS_PER_SECOND

    def _pass(self, text: str) -> str:
        if self._loops.feed(text):  # as a live line ends that repeats itself: the rest is not listened to
            self._error = Why.LOOPED
            return ""
        shown = self._gate.feed(text)
        if self._gate.repeats:
            self._error = Why.LOOPED if self._said or shown else Why.REPEATED
        return shown

    def _rest(self) -> str:
        """What the gate still held back; of a line that ran too long only what ends a sentence."""
        why = self._error or self.answer.why
        rest = self._gate.close(cut=why is not Why.NONE)
        return kept_of_cut("".join(self._said), rest) if why is Why.LENGTH else rest

    def _show(self, text: str, tick: int) -> list[StreamEvent]:
        if not text:
            return []
        events: list[StreamEvent] = [TextDelta(self.request.id, text)]
        if self._first_tick is None:
            self._first_tick = tick
            events.insert(0, self._started())
        self._said.append(text)
        return events

    def _started(self) -> Started:
        answer, tier = self.answer, self.answer.tier
        return Started(
            self.request.id, tier, answer.backend, answer.model, _REASON[tier], answer.recorded_backend
        )

    def _finished(self, why: Why, tick: int) -> Finished:
        usage = Usage() if why is Why.SUPERSEDED else self.answer.usage  # its bill came with the end
        first_tick = tick if self._first_tick is None else self._first_tick
        stats = LineStats(self.waited_ms(first_tick), self.waited_ms(tick), usage)
        outcome = Outcome.TRUNCATED if why else Outcome.COMPLETE
        fields = () if why else self.answer.fields
        return Finished(self.request.id, outcome, "".join(self._said), why, stats, fields)
