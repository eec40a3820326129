"""The lines that somebody waits for, as the main thread sees them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from llm.outbox import OutStream
from llm.types import (
    Finished,
    LineStats,
    NpcId,
    Outcome,
    Priority,
    Request,
    RequestId,
    Started,
    Tier,
    Why,
)


@dataclass(slots=True, eq=False)
class Line:
    """One question from submit to end."""

    request: Request
    tier: Tier  # that it was put to first
    submitted_ns: int
    deadline_ns: int  # when its first word must be visible
    out: OutStream | None = None  # while the background has it
    started: Started | None = None
    said: list[str] = field(default_factory=list)
    ttfc_ms: float = 0.0
    falling_back: bool = False

    @property
    def begun(self) -> bool:
        """Something of it was drained."""
        return self.started is not None

    def truncated(self, why: Why, waited_ms: float) -> Finished:
        """Its end, as broken off now: what was said of it stays said."""
        text = "".join(self.said)
        return Finished(self.request.id, Outcome.TRUNCATED, text, why, LineStats(self.ttfc_ms, waited_ms))


class LineBook:
    """All of them, by number, by speaker and by deadline."""

    def __init__(self) -> None:
        self._by_id: dict[RequestId, Line] = {}
        self._id_by_npc: dict[NpcId, RequestId] = {}
        self._deadlines: list[tuple[int, RequestId]] = []
        self._handed = {tier: dict.fromkeys(Priority, 0) for tier in (Tier.LOCAL, Tier.CLOUD)}

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, line: Line) -> None:
        """A new question."""
        request = line.request
        self._by_id[request.id] = line
        if not request.kind.is_thought:
            self._id_by_npc[request.npc] = request.id
        heapq.heappush(self._deadlines, (line.deadline_ns, request.id))

    def get(self, request_id: RequestId) -> Line | None:
        """The line of this number, while it is awaited."""
        return self._by_id.get(request_id)

    def of(self, npc: NpcId) -> Line | None:
        """The line of this speaker; what they think beside it is none."""
        request_id = self._id_by_npc.get(npc)
        return None if request_id is None else self._by_id.get(request_id)

    def remove(self, request_id: RequestId) -> Line | None:
        """It is awaited no more."""
        line = self._by_id.get(request_id)
        if line is not None:
            self.take_back(line)
            del self._by_id[request_id]
        if line is not None and self._id_by_npc.get(line.request.npc) == request_id:
            del self._id_by_npc[line.request.npc]
        return line

    def clear(self) -> None:
        """None is awaited any more."""
        self._by_id.clear()
        self._id_by_npc.clear()
        self._deadlines.clear()
        for counts in self._handed.values():
            counts.update(dict.fromkeys(Priority, 0))

    def hand_over(self, line: Line, out: OutStream) -> None:
        """The background has it from now on."""
        line.out = out
        self._handed[line.tier][line.request.priority] += 1

    def take_back(self, line: Line) -> None:
        """Whatever the background still says of it is stale."""
        if line.out is not None and self._by_id.get(line.request.id) is line:
            self._handed[line.tier][line.request.priority] -= 1
        line.out = None

    def handed_over(self) -> list[Line]:
        """Those that the background has."""
        return [line for line in self._by_id.values() if line.out is not None]

    def ahead_of(self, priority: Priority) -> tuple[int, int]:
        """How many of those are served no later than a line of this priority: of the local tier, and of the cloud."""
        local, cloud = self._handed[Tier.LOCAL], self._handed[Tier.CLOUD]
        levels = [level for level in Priority if level >= priority]
        return sum(local[level] for level in levels), sum(cloud[level] for level in levels)

    def late(self, now_ns: int) -> Iterator[Line]:
        """Those of which nothing is visible though their time is over; each is given once."""
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, request_id = heapq.heappop(self._deadlines)
            line = self._by_id.get(request_id)
            if line is not None and line.out is not None and not line.out.begun:
                yield line
