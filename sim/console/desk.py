"""Where commands arrive, from any door, and where their answers leave: run between frames, never inside a tick."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sim.console.doors import OPTIONS, Door
from sim.console.registry import Later, Registry

log = logging.getLogger(__name__)

COMMANDS_A_FRAME: Final = 8
WORK_NS: Final = 2_000_000  # after so long, what is left waits for the next frame
MOST_WAITING: Final = 256  # commands of one door; then it waits itself, or is told that it was not heard
MOST_PENDING: Final = 16  # answers that are still to come; each may cost a question to a model


class AtTickError(Exception):
    """`@TICK command` was not written so. One line."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command for a tick that has not come."""

    tick: int
    line: str

    @classmethod
    def parse(cls, text: str) -> Scheduled:
        """`@600 world pause`, or a bare command for the first tick. Raises AtTickError."""
        if not text.startswith("@"):
            return cls(1, text)
        number, _, line = text[1:].partition(" ")
        if not number.isdigit() or not line.strip():
            raise AtTickError(f"{text!r}: expected '@TICK command', such as '@600 world pause'")
        return cls(int(number), line.strip())


class Desk:
    """Runs what is due, in order; keeps asking for answers that take their time."""

    def __init__(
        self,
        registry: Registry,
        answer: Callable[[str, str], None],
        options: Door = OPTIONS,
        now_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._registry = registry
        self._answer = answer  # (command line, answer)
        self._options = options  # the door of what was known before the start
        self._scheduled: deque[Scheduled] = deque()
        self._typed: dict[str, queue.Queue[tuple[str, Door]]] = {}  # by the name of the door
        self._flooded: set[str] = set()  # doors of which that is known
        self._turn = 0  # which of the doors is heard next
        self._now_ns = now_ns
        self._pending: list[tuple[str, Later]] = []

    def schedule(self, commands: list[Scheduled]) -> None:
        """Commands known before the start; of one tick, in the order given."""
        self._scheduled = deque(sorted(commands, key=lambda scheduled: scheduled.tick))

    def type(self, line: str, door: Door, *, waits: bool = False) -> None:
        """A command from outside, from any thread; who `waits` is held up while too many wait already."""
        waiting = self._typed.setdefault(door.name, queue.Queue(MOST_WAITING))
        try:
            waiting.put((line, door), block=waits)
        except queue.Full:
            self._note_flood(door)

    def completions(self, typed: str, door: Door) -> list[str]:
        """What a line may become; from any thread."""
        return self._registry.completions(typed, door)

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._pending)

    def work(self, tick: int) -> None:
        """Once a frame: run what is due, at most so many and so long, and deliver what has been answered."""
        until_ns = self._now_ns() + WORK_NS
        for _ in range(COMMANDS_A_FRAME):
            due = self._next(tick)
            if due is None:
                break
            self._run(*due)
            if self._now_ns() > until_ns:
                break
        self._deliver()

    def _next(self, tick: int) -> tuple[str, Door] | None:
        if self._scheduled and self._scheduled[0].tick <= tick:
            return self._scheduled.popleft().line, self._options
        doors = list(self._typed.values())
        for at in range(len(doors)):  # by turns: a flood at one does not drown the others
            waiting = doors[(self._turn + at) % len(doors)]
            if not waiting.empty():
                self._turn += at + 1
                line, door = waiting.get_nowait()
                if waiting.empty():
                    self._flooded.discard(door.name)
                return line, door
        return None

    def _note_flood(self, door: Door) -> None:
        """Said once for each flood, not for each of its drops."""
        if door.name not in self._flooded:
            self._flooded.add(door.name)
            log.warning("desk.full", extra={"door": door.name, "most": MOST_WAITING})

    def _run(self, line: str, door: Door) -> None:
        reply = self._registry.run(line, door)
        if isinstance(reply, str):
            self._answer(line, reply)
        elif len(self._pending) < MOST_PENDING:
            self._pending.append((line, reply))
        else:
            self._answer(line, "too many answers are still to come; try again when they have")

    def _deliver(self) -> None:
        still: list[tuple[str, Later]] = []
        for line, later in self._pending:
            reply = later()
            if reply is None:
                still.append((line, later))
            else:
                self._answer(line, reply)
        self._pending = still
