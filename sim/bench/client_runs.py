"""One run of one client: fill, warm up, measure, let every line end; what each frame and all of it cost."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Final

from sim.app import build
from sim.app.housekeeping import Housekeeping
from sim.app.settings import ASSETS
from sim.app.settings_sources import load_settings
from sim.bench.client_arms import Ask, Client, ClientFactory
from sim.bench.server_process import ServerDoor
from sim.bench.trace import Frame
from sim.pacer import FRAME_NS, Pacer

_FILL_S: Final = 20.0  # within which all streams should flow
_QUIET_S: Final = 10.0  # within which all lines should end
Beat = Callable[[], None]
Work = Callable[[], None]


class SleepPacer:
    """Sixty frames a second by sleep alone: a spin would be counted as the client's."""

    def __init__(self) -> None:
        self._due_ns = time.perf_counter_ns() + FRAME_NS

    def wait(self) -> int:
        """Sleep until the frame is due; returns how late it is."""
        rest_ns = self._due_ns - time.perf_counter_ns()
        if rest_ns > 0:
            time.sleep(rest_ns / 1e9)  # noqa: TID251 - a pacer, which is what waits
        now_ns = time.perf_counter_ns()
        late_ns = now_ns - self._due_ns
        self._due_ns = max(self._due_ns + FRAME_NS, now_ns + FRAME_NS // 2)
        return late_ns


@dataclass(frozen=True, slots=True)
class Mark:
    """All counters at one moment."""

    wall_ns: int
    cpu_ns: int  # all threads'
    words: int
    sent: int


@dataclass(slots=True)
class Run:
    """What one run gave."""

    first: Mark
    last: Mark
    in_flight: int  # lines when the measured time began
    frames: list[Frame] = field(default_factory=list)  # in the measured time
    late_ns: list[int] = field(default_factory=list)  # of each
    delivered: int = 0  # chunks, of the whole run
    sent: int = 0
    failures: Counter[str] = field(default_factory=Counter)  # lines that were asked for anew, by reason

    @property
    def wall_s(self) -> float:
        """How long was measured."""
        return (self.last.wall_ns - self.first.wall_ns) / 1e9

    @property
    def cpu_ms_per_s(self) -> float:
        """Of all threads, on any core."""
        return (self.last.cpu_ns - self.first.cpu_ns) / 1e6 / self.wall_s

    @property
    def words(self) -> int:
        """Chunks that came out while it was measured."""
        return self.last.words - self.first.words

    @property
    def kept_up(self) -> float:
        """Of the chunks that were sent while it was measured, the share that came out."""
        sent = self.last.sent - self.first.sent
        return self.words / sent if sent else 1.0

    def cpu_us_per_chunk(self, idle_ms_per_s: float) -> float:
        """Less what the same client costs when nothing comes."""
        spent_ms = (self.cpu_ms_per_s - idle_ms_per_s) * self.wall_s
        return spent_ms * 1000 / self.words if self.words else 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """How long a run is measured, and how long before that it runs for nothing, from when all streams flow."""

    seconds: float
    warm_up_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """When frames are due and what else they have to do."""

    pacer: Callable[[], Pacer] = SleepPacer
    work: Work | None = None


@contextmanager
def settled() -> Iterator[None]:
    """The interpreter as the product has it; afterwards as it was."""
    switch_interval = sys.getswitchinterval()
    build.settle_interpreter(load_settings((), environment={}, folder=ASSETS).settings)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_interval)
        gc.unfreeze()
        gc.enable()


@dataclass(slots=True)
class Course:
    """The frames of one run."""

    client: Client
    server: ServerDoor
    pace: Pace = field(default_factory=Pace)
    note: Callable[[], None] = lambda: None  # after each frame
    frames: list[Frame] = field(default_factory=list)
    late_ns: list[int] = field(default_factory=list)

    def until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Frames, until something is so or the time is over; whether it is so."""
        pacer, clean_up = self.pace.pacer(), Housekeeping()
        end_ns = time.perf_counter_ns() + int(seconds * 1e9)
        while not reached() and time.perf_counter_ns() < end_ns:
            self.late_ns.append(pacer.wait() or 0)
            self._frame()
            clean_up()
            self.note()
        return reached()

    def _frame(self) -> None:
        process_ns, cpu_ns, began_ns = time.process_time_ns(), time.thread_time_ns(), time.perf_counter_ns()
        self.client.frame()
        if self.pace.work is not None:
            self.pace.work()
        work_ns, spent_ns = time.perf_counter_ns() - began_ns, time.thread_time_ns() - cpu_ns
        # No collection falls into a frame here: the collector is off, and works between frames.
        self.frames.append(Frame(FRAME_NS, work_ns, spent_ns, time.process_time_ns() - process_ns, 0, 0))

    def lasting(self, seconds: float) -> None:
        """Frames for so long; only the last such are kept."""
        self.frames, self.late_ns = [], []
        self.until(lambda: False, seconds)

    def mark(self) -> Mark:
        """Asks the server too, which takes a millisecond or two."""
        sent = int(self.server.counters()["sent"])
        return Mark(time.perf_counter_ns(), time.process_time_ns(), self.client.words, sent)


def run_streams(
    make: ClientFactory, ask: Ask, server: ServerDoor, span: Span, pace: Pace | None = None
) -> Run:
    """Streams that all flow at once for as long as is measured, and then end as if they had been whole."""
    before = int(server.counters()["sent"])
    with closing(make(server.base_url, ask)) as client, settled():
        course = Course(client, server, pace or Pace())
        course.until(lambda: client.begun >= ask.lines, _FILL_S)
        course.lasting(span.warm_up_s)
        in_flight, first = client.in_flight, course.mark()
        course.lasting(span.seconds)
        run = Run(first, course.mark(), in_flight, course.frames[:], course.late_ns[:])
        server.finish()
        course.until(lambda: client.in_flight == 0, _QUIET_S)
    run.delivered, run.failures = client.words, client.failures
    run.sent = int(server.counters()["sent"]) - before
    return run
