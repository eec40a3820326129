"""One line through one backend, under its clocks: typed outcomes, and never anything after the end.

Nothing was visible: the error is given back, and whoever asked may ask another. Something was: what was said stays
said, and the line is closed as truncated.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llm.beat import TURN_S, Lull
from llm.coalescer import Coalescer
from llm.errors import BadAnswer, Loading, ModelError, NoModel, Refused, Repeated, TooSlow, Unreachable
from llm.loop_detector import LoopDetector
from llm.outbox import OutStream
from llm.protocol import Backend, Gate
from llm.scheduler import Job
from llm.sentences import kept_of_cut
from llm.types import (
    WHY_OF_FINISH,
    Delta,
    End,
    Finish,
    Finished,
    LineStats,
    Outcome,
    Started,
    Tier,
    Usage,
    Why,
)

_NOTHING_OWED: Final = (Unreachable, Refused, Loading, NoModel)  # before any content
_SLACK: Final = 0.05  # share of the stall clock by which it may be late
_NO_ERROR: Final = frozenset({Why.NONE, Why.LENGTH})


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds: to the first content, between two pieces, for the whole line."""

    first_content: float
    stall: float
    total: float

    @classmethod
    def of(cls, job: Job, tier: Tier, now_s: float) -> Clocks:
        """As agreed, but never past what is left of the line's silence deadline and of its caller's timeout."""
        terms = job.terms
        first = max(0.0, min(terms.first_content_s(tier), job.deadline_s - now_s))
        return cls(
            first, terms.stall_s, max(0.0, min(terms.total_s, job.submitted_s + terms.timeout_s - now_s))
        )


class _Watch:
    """Moves a timeout on, as pieces come: to the first content, then from piece to piece, and never past the total.

    It is moved a little further than it must be, and then not for each piece: to move it is dearer than a piece.
    """

    def __init__(self, clocks: Clocks, now_s: float) -> None:
        self.why = Why.FIRST_CONTENT if clocks.first_content <= clocks.total else Why.TOTAL
        self._stall_s = clocks.stall
        self._slack_s = clocks.stall * _SLACK
        self._total_at = now_s + clocks.total
        self._good_until_s = now_s  # a piece that comes before needs no change

    def heard(self, clock: asyncio.Timeout) -> None:
        """A piece has come."""
        now_s = asyncio.get_running_loop().time()
        if now_s < self._good_until_s:
            return
        self._good_until_s = now_s + self._slack_s
        stall_at = self._good_until_s + self._stall_s
        self.why = Why.STALL if stall_at < self._total_at else Why.TOTAL
        clock.reschedule(min(stall_at, self._total_at))


def _no_lull() -> None:
    return None


class Attempt:
    """Runs once."""

    def __init__(
        self,
        job: Job,
        backend: Backend,
        gate: Gate,
        out: OutStream,
        now_s: Callable[[], float],
        lull: Lull = _no_lull,
    ) -> None:
        self._job = job
        self._backend = backend
        self._gate = gate
        self._out = out
        self._now_s = now_s
        self._lull = lull
        self._said: list[str] = []
        self._coalescer = Coalescer(job.terms.chunk_size, job.terms.update_rate_s)
        self._loops = LoopDetector()
        self.begun_s = now_s()
        self._heard = False  # any content, visible or held back
        self.first_visible_s: float | None = None
        self.usage: Usage | None = None  # as the server told at its end; None while it has not

    async def run(self, settle: Callable[[Usage], float]) -> ModelError | None:
        """Speak the line to its end; what went wrong, if anything did. `settle` turns what was used into a price."""
        try:
            end = await self._speak()
        except ModelError as error:
            self._break_off(error.why)
            return error
        self.usage = end.usage
        self._finish(end, settle(end.usage))
        if self._said:
            return None
        if self._gate.repeats:
            return Repeated("the model says again what was said lately")
        return BadAnswer(
            "the model said nothing",
            Why.EMPTY if WHY_OF_FINISH[end.finish] in _NO_ERROR else WHY_OF_FINISH[end.finish],
        )

    def owes_nothing(self, error: ModelError | None) -> bool:
        """Whether the question was refused, or never came to where it costs money."""
        not_taken = isinstance(error, _NOTHING_OWED) or (error is not None and error.why is Why.CONNECT)
        return not_taken and not self._heard

    async def _speak(self) -> End:
        clocks = Clocks.of(self._job, self._backend.tier, self._now_s())
        watch = _Watch(clocks, asyncio.get_running_loop().time())
        try:
            async with (
                asyncio.timeout(min(clocks.first_content, clocks.total)) as clock,
                contextlib.aclosing(self._backend.stream(self._job.request)) as events,
            ):
                async for event in events:
                    if isinstance(event, End):
                        return event
                    self._hear(event)
                    if self._gate.over and self._backend.tier is not Tier.CLOUD:
                        return End(Finish.STOP)  # what is paid for is read to its end: its bill stands there
                    if (lull := self._lull()) is not None:
                        await lull
                    watch.heard(clock)
        except TimeoutError as error:
            raise TooSlow(f"the model was too slow ({watch.why})", watch.why) from error
        return End(Finish.CUT)  # no backend ends without an end; should one, the line was cut

    def _hear(self, delta: Delta) -> None:
        self._heard = True
        if self._loops.feed(delta.text):
            raise BadAnswer("the model repeats itself without end", Why.LOOPED)
        self._show(self._gate.feed(delta.text))
        if self._gate.repeats and not self._said:
            raise Repeated("the model says again what was said lately")

    def hand_on_late(self, now_s: float) -> None:
        """What would be handed on too late at the next turn of the loop is handed on now."""
        due_s = self._coalescer.due_s
        if due_s is not None and now_s + TURN_S >= due_s:
            self._hand_on(self._coalescer.flush())

    def _show(self, text: str) -> None:
        """Visible text: from its first piece on, the line has begun."""
        if not text:
            return
        if self.first_visible_s is None:
            self.first_visible_s = self._now_s()
            backend, job = self._backend, self._job
            self._out.start(Started(job.id, backend.tier, backend.name, backend.model, job.reason))
        self._said.append(text)
        self._hand_on(self._coalescer.feed(text, self._now_s()))

    def _hand_on(self, text: str) -> None:
        if text:
            self._out.text(text)

    def _finish(self, end: End, cost_usd: float) -> None:
        if end.finish is Finish.LENGTH:
            self._drop_what_trails()
        else:
            self._show(self._gate.close(cut=end.finish is not Finish.STOP))
        repeats = self._gate.repeats and bool(self._said)
        self._end(Why.LOOPED if repeats else WHY_OF_FINISH[end.finish], end, cost_usd)

    def _drop_what_trails(self) -> None:
        """The model ran out of tokens: of what nobody has seen yet, only whole sentences are said."""
        said, held = "".join(self._said), self._coalescer.flush()
        shown = said.removesuffix(held)
        self._said = [shown] if shown else []
        self._show(kept_of_cut(shown, held + self._gate.close(cut=True)))

    def _break_off(self, why: Why) -> None:
        """Before the first visible word nothing is shown of it."""
        if self._said:
            self._show(self._gate.close(cut=True))
            self._end(Why.BROKEN_STREAM if why is Why.UNREACHABLE else why, End(Finish.CUT), 0.0)

    def _end(self, why: Why, end: End, cost_usd: float) -> None:
        self._hand_on(self._coalescer.flush())
        if self._said:
            outcome = Outcome.TRUNCATED if why else Outcome.COMPLETE
            stats = self._stats(end.usage, cost_usd)
            self._out.end(Finished(self._job.id, outcome, "".join(self._said), why, stats, end.fields))

    def _stats(self, usage: Usage, cost_usd: float) -> LineStats:
        asked_s = self._job.submitted_s
        return LineStats(
            ttfc_ms=((self.first_visible_s or asked_s) - asked_s) * 1000,
            duration_ms=(self._now_s() - asked_s) * 1000,
            usage=usage,
            cost_usd=cost_usd,
        )
