"""Where inputs wait for the tick that consumes them, each with its number: one order across all sources."""

from __future__ import annotations

from agents.cues import Cue
from sim.inputs import Input, PlayerAction


class Inbox:
    """Filled between ticks, emptied by each."""

    def __init__(self, next_seq: int = 1) -> None:
        self._next_seq = next_seq
        self._waiting: list[PlayerAction | Cue] = []

    def put(self, what: PlayerAction | Cue) -> None:
        """Something from outside; the next tick consumes it."""
        self._waiting.append(what)

    def take(self, tick: int) -> tuple[Input, ...]:
        """Everything that waits, numbered and stamped with the tick that now consumes it."""
        if not self._waiting:
            return ()
        waiting, self._waiting = self._waiting, []
        first = self._next_seq
        self._next_seq += len(waiting)
        return tuple(Input(first + index, tick, what) for index, what in enumerate(waiting))
