"""How a run does, looked at now and then, and what it promises of that: frames, memory, handles, silence, repetition, money.

The slope of the memory is Theil's (1950) and Sen's (1968): the median of the slopes between all pairs of samples, which a
few odd ones do not move.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
import psutil
from numpy.typing import NDArray

from agents.mind import State
from llm.types import Kind, Tier
from sim.app.companion import RunParts
from sim.app.settings import Settings
from sim.clock import TICKS_PER_SECOND
from sim.hearing import SpokenLine

WARM_UP_H: Final = 1 / 6  # of the run; what it opens, it has open by then
FULL_DAYS: Final = 6  # calendar days, by which everybody remembers as much as anybody keeps
LEAST_SLOPE_H: Final = 1.0  # of samples, for a slope to mean something
MOST_SLOPE_MB: Final = 1.0  # an hour
MOST_SAMPLES: Final = 1200
MOST_TOLD: Final = 240  # of them in the report
_MOST_PAIRED: Final = 400  # samples for a slope: their pairs are many
_MORE_DESCRIPTORS: Final = 12  # than after the warm-up; a connection or two may be open at any time
_MORE_THREADS: Final = 3
_TASKS_A_PERSON: Final = 3
_SILENT_S: Final = 2.0  # past the deadline by which a mind is freed
_STUCK_S: Final = 120.0  # in which nothing was said in a talk that goes on
_WORK_MS: Final = 16.0  # p99.9, of this thread's own time
_LEAST_FRAMES: Final = 10_000  # for one in a thousand to mean something
_REPEATED: Final = 0.02  # of lines
_LEAST_LINES: Final = 200
_LATE_LINES: Final = 0.01  # of lines, whose first word came after their deadline
_MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """How it was at one moment."""

    hours: float  # of the world since the run began
    rss_mb: float
    descriptors: int
    threads: int
    children: int
    tasks: int  # of the background's loop
    open_lines: int
    lines: int  # said so far
    template_share: float  # of them
    repetition: float
    work_p999_ms: float  # by this thread's own time, of all frames so far
    spent_usd: float


@dataclass(slots=True)
class Vitals:
    """Of one run."""

    parts: RunParts
    settings: Settings
    seed_tick: int = 0
    samples: list[Sample] = field(default_factory=list)
    late: int = 0  # lines
    latest_ms: float = 0.0
    _process: psutil.Process = field(default_factory=psutil.Process)
    _said: dict[int, tuple[int, int]] = field(
        default_factory=dict
    )  # talk -> its lines, and since when they are so many

    def __post_init__(self) -> None:
        self.seed_tick = self.parts.loop.world.tick

    @property
    def hours(self) -> float:
        """Of the world, since the run began."""
        return (self.parts.loop.world.tick - self.seed_tick) / TICKS_PER_SECOND / 3600

    def note_line(self, line: SpokenLine) -> None:
        """Whether its first word came in time."""
        if line.request.kind is not Kind.LINE:
            return
        timeouts, fallback = self.settings.llm.timeouts, self.settings.llm.fallback.response_time
        first_s = timeouts.cloud if line.started.tier is Tier.CLOUD else max(timeouts.local, timeouts.cloud)
        self.latest_ms = max(self.latest_ms, line.stats.ttfc_ms)
        self.late += line.stats.ttfc_ms > (first_s + fallback) * 1000 + 250

    def look(self) -> Sample:
        """Take a sample; of a very long run every second one is let go now and then."""
        sample = self._sample()
        self.samples.append(sample)
        if len(self.samples) > MOST_SAMPLES:
            del self.samples[1::2]
        return sample

    def broken(self) -> Iterator[str]:
        """Each promise that does not hold now, in a line."""
        yield from self._frames()
        yield from self._talk()
        if self.samples and self.hours > WARM_UP_H:
            yield from self._growth()

    def report(self) -> dict[str, Any]:
        """As JSON has it."""
        names = [one.name for one in fields(Sample)]
        told = (self.samples[row] for row in _evenly(len(self.samples), MOST_TOLD))
        return {
            "hours": round(self.hours, 4),
            "rss_slope_mb_per_hour": self.slope(),
            "late_lines": self.late,
            "latest_first_word_ms": round(self.latest_ms, 1),
            "samples": [{name: getattr(one, name) for name in names} for one in told],
        }

    def slope(self) -> float | None:
        """Megabytes an hour, from when everybody's memory is full; None while that cannot be told."""
        full_h = FULL_DAYS * self.settings.world.day_length / 3600
        warm = [one for one in self.samples if one.hours >= full_h]
        if len(warm) < 3 or warm[-1].hours - warm[0].hours < LEAST_SLOPE_H:
            return None
        return robust_slope([one.hours for one in warm], [one.rss_mb for one in warm])

    # -- what is promised

    def _frames(self) -> Iterator[str]:
        statistics = self.parts.loop.statistics
        p999_ms = statistics.work_cpu.percentile_ms(99.9)
        if statistics.count >= _LEAST_FRAMES and p999_ms > _WORK_MS:
            yield f"one frame in a thousand works for {p999_ms:.1f} ms, expected {_WORK_MS:.0f} at most"

    def _talk(self) -> Iterator[str]:
        world, talks = self.parts.loop.world, self.parts.talks
        lines, rate = talks.by_tier.total(), talks.repetition.rate
        if lines >= _LEAST_LINES and rate > _REPEATED:
            yield f"{rate:.1%} of lines say again what was said, expected {_REPEATED:.0%} at most"
        if lines >= _LEAST_LINES and self.late > lines * _LATE_LINES:
            yield f"{self.late} of {lines} lines began after their deadline, the latest after {self.latest_ms:.0f} ms"
        for row, mind in world.minds.made():
            silent_s = (world.tick - mind.deadline) / TICKS_PER_SECOND
            if mind.state is not State.IDLE and silent_s > _SILENT_S:
                yield f"{world.roster.first_name(row)} is {mind.state} {silent_s:.0f} s past the deadline"
        yield from self._stuck_talks()

    def _stuck_talks(self) -> Iterator[str]:
        world = self.parts.loop.world
        self._said = {talk: self._said.get(talk, (-1, 0)) for talk in world.talks}
        for number, talk in world.talks.items():
            said = len(talk.history) + talk.let_go
            lines, since = self._said[number]
            if said != lines:
                self._said[number] = said, world.tick
            elif (world.tick - since) / TICKS_PER_SECOND > _STUCK_S:
                yield f"in talk #{number} nothing was said for {_STUCK_S:.0f} s, and it goes on"

    def _growth(self) -> Iterator[str]:
        warm = next((one for one in self.samples if one.hours >= WARM_UP_H), self.samples[-1])
        last, people = self.samples[-1], len(self.parts.loop.world)
        slope = self.slope()
        if slope is not None and slope > MOST_SLOPE_MB:
            yield f"memory grows by {slope:.2f} MB an hour, expected {MOST_SLOPE_MB:.0f} at most"
        for what, now, most in (
            ("descriptors are open", last.descriptors, warm.descriptors + _MORE_DESCRIPTORS),
            ("threads run", last.threads, warm.threads + _MORE_THREADS),
            ("children run", last.children, warm.children + 1),
            ("tasks wait", last.tasks, 20 + people * _TASKS_A_PERSON),
            ("lines are open", last.open_lines, people * 2),
        ):
            if now > most:
                yield f"{now} {what}, expected {most} at most"
        cap = self.settings.llm.budget.usd_per_hour
        if last.spent_usd > cap * max(1.0, self.hours + 1.0):
            yield f"{last.spent_usd:.4f} dollars are spent in {self.hours:.1f} hours, at most {cap} an hour are allowed"

    # -- looking

    def _sample(self) -> Sample:
        loop, talks = self.parts.loop, self.parts.talks
        lines = talks.by_tier.total()
        with self._process.oneshot():
            return Sample(
                hours=round(self.hours, 5),
                rss_mb=round(self._process.memory_info().rss / _MEBIBYTE, 2),
                descriptors=_descriptors(self._process),
                threads=self._process.num_threads(),
                children=len(self._process.children()),
                tasks=self.parts.models.desk.tasks,
                open_lines=loop.hearing.open_lines,
                lines=lines,
                template_share=round(talks.by_tier["template"] / lines, 4) if lines else 0.0,
                repetition=round(talks.repetition.rate, 4),
                work_p999_ms=round(loop.statistics.work_cpu.percentile_ms(99.9), 3),
                spent_usd=round(self.parts.models.performance.cost_usd, 6),
            )


def robust_slope(x: Sequence[float], y: Sequence[float]) -> float:
    """The median slope between all pairs of points; of many, evenly spread ones."""
    chosen = _evenly(len(x), _MOST_PAIRED)
    at, value = np.asarray(x)[chosen], np.asarray(y)[chosen]
    first, second = np.triu_indices(len(chosen), 1)
    run, rise = at[second] - at[first], value[second] - value[first]
    return round(float(np.median(rise[run > 0] / run[run > 0])), 4)


def _evenly(count: int, most: int) -> NDArray[np.int64]:
    """So many places at most of so many, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _descriptors(process: psutil.Process) -> int:
    if sys.platform == "win32":
        return int(process.num_handles())
    return int(process.num_fds())
