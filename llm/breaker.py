"""Whether a backend is to be asked at all: closed while it answers, open after failures, half open for one probe. Pure.

The states and their changes are one table, after Nygard's circuit breaker. Time is passed in as a function; nothing
in here waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, assert_never

IN_A_ROW: Final = 5  # failures, after which it opens
OF_THE_LAST: Final = (7, 10)  # so many failures of so many attempts open it too
FIRST_REST_S: Final = 2.0
LONGEST_REST_S: Final = 10.0  # so a server that is well again is asked again within ten seconds
REST_GROWTH: Final = 1.7
_JITTER: Final = 0.2  # share of a rest that chance adds, so that many worlds do not come back at once


class BreakerState(StrEnum):
    """What it lets through: everything, nothing, one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Turn(StrEnum):
    """What changes its state."""

    FAILED = "failed"  # often enough
    ASKED_TO_REST = "asked_to_rest"
    RESTED = "rested"
    SUCCEEDED = "succeeded"


NEXT: Final[Mapping[tuple[BreakerState, Turn], BreakerState]] = {
    (BreakerState.CLOSED, Turn.FAILED): BreakerState.OPEN,
    (BreakerState.CLOSED, Turn.ASKED_TO_REST): BreakerState.OPEN,
    (BreakerState.CLOSED, Turn.SUCCEEDED): BreakerState.CLOSED,
    (BreakerState.OPEN, Turn.RESTED): BreakerState.HALF_OPEN,
    (BreakerState.OPEN, Turn.ASKED_TO_REST): BreakerState.OPEN,
    (BreakerState.OPEN, Turn.FAILED): BreakerState.OPEN,  # a line that was asked before it opened
    (BreakerState.OPEN, Turn.SUCCEEDED): BreakerState.CLOSED,  # as above: it answers after all
    (BreakerState.HALF_OPEN, Turn.FAILED): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, Turn.ASKED_TO_REST): BreakerState.OPEN,
    (BreakerState.HALF_OPEN, Turn.SUCCEEDED): BreakerState.CLOSED,
}


class Breaker:
    """Of one backend and model."""

    def __init__(self, now_s: Callable[[], float], chance: Callable[[], float]) -> None:
        self.state = BreakerState.CLOSED
        self.opens = 0
        self._now_s = now_s
        self._chance = chance  # from 0 to 1
        self._last: deque[bool] = deque(maxlen=OF_THE_LAST[1])  # whether each attempt failed
        self._rest_s = FIRST_REST_S
        self._until_s = 0.0
        self._probing = False

    @property
    def rests_s(self) -> float:
        """How long it lets nothing through from now on."""
        return max(0.0, self._until_s - self._now_s()) if self.state is BreakerState.OPEN else 0.0

    @property
    def allows(self) -> bool:
        """Whether one more question may go out now."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return self.rests_s <= 0
            case BreakerState.HALF_OPEN:
                return not self._probing
            case _:
                assert_never(self.state)

    @property
    def success_rate(self) -> float | None:
        """Of the last attempts; None before the first."""
        return 1 - sum(self._last) / len(self._last) if self._last else None

    def began(self) -> None:
        """A question went out; the first after a rest is the probe."""
        if self.state is BreakerState.OPEN:
            self._turn(Turn.RESTED)
        self._probing = self.state is BreakerState.HALF_OPEN

    def succeeded(self) -> None:
        """A question was answered."""
        if self.state is not BreakerState.CLOSED:
            self._last.clear()
            self._rest_s = FIRST_REST_S
        self._last.append(False)
        self._turn(Turn.SUCCEEDED)

    def failed(self) -> None:
        """A question came to nothing, or its first word too late."""
        self._last.append(True)
        if self.state is BreakerState.CLOSED and not self._is_enough():
            return
        if self.state is not BreakerState.OPEN:
            self._rest(self._rest_s * (1 + _JITTER * self._chance()))
            self._rest_s = min(self._rest_s * REST_GROWTH, LONGEST_REST_S / (1 + _JITTER))
        self._turn(Turn.FAILED)

    def rest(self, seconds: float) -> None:
        """The server itself wants to be left alone for so long."""
        self._rest(seconds)
        self._turn(Turn.ASKED_TO_REST)

    def gave_up(self) -> None:
        """A question was withdrawn: that says nothing, but a probe may be tried again."""
        self._probing = False

    def _rest(self, seconds: float) -> None:
        self.opens += self.state is not BreakerState.OPEN
        self._until_s = max(self._until_s, self._now_s() + seconds)

    def _is_enough(self) -> bool:
        row = list(self._last)[-IN_A_ROW:]
        return (len(row) == IN_A_ROW and all(row)) or sum(self._last) >= OF_THE_LAST[0]

    def _turn(self, turn: Turn) -> None:
        self.state = NEXT[self.state, turn]
        self._probing = False
