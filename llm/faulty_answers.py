"""Answers written down beforehand, some of which go wrong: what a fast soak has in place of a bad network. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from llm.canned import CannedAnswer, CannedSource
from llm.mishaps import Misfortune, Mishap
from llm.types import Request, Why

_AT_ONCE_S: Final = 0.05
_NOBODY_WAITS_S: Final = 1.5  # the first-content clock
_STALL_S: Final = 2.0
_LOOP: Final = "and on and on "
_LOOP_S: Final = 0.05
_ERRORS: Final = {
    Mishap.AWAY: (Why.UNREACHABLE, _AT_ONCE_S),
    Mishap.BROKEN: (Why.SERVER_ERROR, _AT_ONCE_S),
    Mishap.BUSY: (Why.RATE_LIMITED, _AT_ONCE_S),
    Mishap.MUTE: (Why.FIRST_CONTENT, _NOBODY_WAITS_S),
}


@dataclass(slots=True)
class FaultyAnswers:
    """`llm.canned.CannedSource` over another."""

    source: CannedSource
    misfortune: Misfortune

    @property
    def name(self) -> str:
        """The source's."""
        return self.source.name

    def answer(self, request: Request) -> CannedAnswer | None:
        """The source's answer, or what becomes of it. Raises NotRecorded as the source does."""
        answer = self.source.answer(request)
        mishap = None if answer is None or request.kind.is_thought else self.misfortune.of(request)
        return answer if answer is None or mishap is None else self._spoilt(answer, mishap, request)

    def _spoilt(self, answer: CannedAnswer, mishap: Mishap, request: Request) -> CannedAnswer:
        half = answer.pieces[: (len(answer.pieces) + 1) // 2]
        half_s = half[-1][0] if half else _AT_ONCE_S
        match mishap:
            case Mishap.STALLS:
                return replace(answer, pieces=half, error=Why.STALL, end_s=half_s + _STALL_S)
            case Mishap.BREAKS:
                return replace(answer, pieces=half, error=Why.BROKEN_STREAM, end_s=half_s)
            case Mishap.EMPTY:
                return replace(answer, pieces=(), end_s=half_s)
            case Mishap.REPEATS:
                pieces = tuple((number * _LOOP_S, _LOOP) for number in range(100))
                return replace(answer, pieces=pieces, end_s=pieces[-1][0])
            case Mishap.BABBLES:
                return replace(answer, pieces=((half_s, self.misfortune.babble(request)),), end_s=half_s)
            case _:
                why, end_s = _ERRORS[mishap]
                return replace(answer, pieces=(), error=why, end_s=end_s)
