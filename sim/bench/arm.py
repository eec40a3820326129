"""One arm of the comparison, once: a town of so many people, our real client, and so many streams coming in."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from llm.bridge import Bridge
from sim.app import build
from sim.app.settings import ASSETS, Settings
from sim.app.settings_sources import load_settings
from sim.bench.load import Load, LoadHearing
from sim.bench.server_process import ServerDoor
from sim.bench.trace import Frame, FrameTrace, TracedPacer
from sim.bubbles import BubbleBoard
from sim.loop import Loop
from sim.view_protocol import NullView
from sim.world import World

SEED: Final = 7
WARM_UP_S: Final = 1.5  # discarded, from when all streams flow
_FILL_S: Final = 10.0  # within which they should
_QUIET_S: Final = 5.0  # within which all lines should end
_TOWN_SLOTS: Final = 28  # the town's own lines come on top; one slot is the spotlight's
Found = Callable[[Settings], World]
Beat = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Arm:
    """What is varied."""

    npcs: int
    streams: int


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one run of an arm gave: its frames, and its other numbers by name."""

    frames: list[Frame]
    numbers: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Mark:
    """All counters at one moment."""

    frame: int  # the first one that counts from here
    pause: int  # as for frames: the first collection
    wall_ns: int
    thread_ns: int
    process_ns: int
    words: int
    spoken: int
    not_spoken: int
    server: dict[str, Any]


class _Beating(NullView):
    """Shows that something happens, after a frame's work and before it waits."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat

    def present(self) -> None:
        """The frame is over."""
        self._beat()


def found(settings: Settings) -> World:
    """The product's own town. Raises MapError, PersonaError, TemplateError."""
    return build.build_world(settings, build.gather(settings, SEED), SEED)


def settings_of(arm: Arm, base_url: str) -> Settings:
    """The defaults, whatever the user's own settings are: else two machines could not be compared."""
    server = (f"llm.local.base_url={base_url}", f"llm.local.max_concurrency={arm.streams + _TOWN_SLOTS}")
    assignments = (
        f"world.npcs={arm.npcs}",
        f"world.seed={SEED}",
        "llm.embedded.enabled=false",
        *(server if arm.streams else ("llm.local.base_url=none",)),
    )
    return load_settings(assignments, environment={}, folder=ASSETS).settings


def run_arm(arm: Arm, seconds: float, server: ServerDoor, found_by: Found, beat: Beat) -> ArmRun:
    """Fill, warm up, measure, and let every line end."""
    settings = settings_of(arm, server.base_url)
    world = found_by(settings)
    gate = build.gate_factory(settings, [persona for _, persona in world.roster.known()])
    with Bridge(settings.llm, gate, allow_download=False) as bridge:
        load = Load(arm.streams, arm.npcs)
        hearing = LoadHearing(BubbleBoard(), build.reader_of(world).read, load, arm.npcs)
        way = bridge.right_of_way if settings.runtime.frames_first else None
        loop = build.build_loop(world, bridge, hearing.bubbles, _Beating(beat), fast=False, way=way)
        trace = FrameTrace(lambda: world.tick)
        loop.hearing, loop.statistics, loop.pacer = hearing, trace, TracedPacer(loop.pacer, trace)
        course = _Course(loop, load, hearing, trace, server)
        with closing(trace), _settled(settings):
            return course.run(seconds)


@contextmanager
def _settled(settings: Settings) -> Iterator[None]:
    """The interpreter as the product has it; afterwards as it was."""
    switch_interval = sys.getswitchinterval()
    build.settle_interpreter(settings)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_interval)
        gc.unfreeze()
        gc.enable()


class _Course:
    """The phases of a run; each frame goes one step on in them, as part of its work."""

    def __init__(
        self, loop: Loop, load: Load, hearing: LoadHearing, trace: FrameTrace, server: ServerDoor
    ) -> None:
        self._loop = loop
        self._load = load
        self._hearing = hearing
        self._trace = trace
        self._server = server
        self._lines_in_flight: list[int] = []

    def run(self, seconds: float) -> ArmRun:
        """Frames until all phases are over."""
        start = self._mark()
        marks: list[_Mark] = []
        phases = self._phases(seconds, marks)
        self._loop.after_frame.append(lambda: next(phases, None))
        self._loop.run()
        first, last = marks
        return ArmRun(
            self._trace.frames[first.frame : last.frame - 1],
            self._numbers(first, last) | self._sums(start, self._mark()),
        )

    def _phases(self, seconds: float, marks: list[_Mark]) -> Iterator[None]:
        yield from self._until(lambda: self._load.full, _FILL_S)
        yield from self._for(WARM_UP_S)
        marks.append(self._mark())
        yield from self._for(seconds)
        marks.append(self._mark())
        self._loop.clock.paused = True  # nobody in town asks any more, and words are still heard
        yield from self._until(lambda: self._hearing.quiet, _QUIET_S, asking=False)
        self._loop.stopped = True

    def _for(self, seconds: float) -> Iterator[None]:
        return self._until(lambda: False, seconds)

    def _until(self, reached: Callable[[], bool], seconds: float, *, asking: bool = True) -> Iterator[None]:
        end_ns = time.perf_counter_ns() + int(seconds * 1e9)
        while not reached() and time.perf_counter_ns() < end_ns:
            self._hearing.take_spoken(self._loop.world.tick)  # as whoever prints them does
            if asking:
                self._load.top_up(self._loop.models, self._hearing, self._loop.world.tick)
            self._lines_in_flight.append(len(self._load.in_flight))
            yield

    def _mark(self) -> _Mark:
        """Costs a millisecond or two, so the frame in which it is taken does not count."""
        return _Mark(
            len(self._trace.frames) + 1,
            len(self._trace.pauses_ns),
            time.perf_counter_ns(),
            time.thread_time_ns(),
            time.process_time_ns(),
            self._hearing.words,
            self._load.spoken,
            self._load.not_spoken,
            self._server.counters(),
        )

    def _numbers(self, first: _Mark, last: _Mark) -> dict[str, float]:
        """What happened between two moments."""
        wall_ns = last.wall_ns - first.wall_ns
        main_ns = last.thread_ns - first.thread_ns
        all_ns = last.process_ns - first.process_ns
        in_flight = self._lines_in_flight[first.frame : last.frame - 1] or [0]
        pauses_ns = self._trace.pauses_ns[first.pause : last.pause] or [0]
        return {
            "streams_mean": sum(in_flight) / len(in_flight),
            "chunks_sent_per_s": (last.server["sent"] - first.server["sent"]) / wall_ns * 1e9,
            "chunks_delivered_per_s": (last.words - first.words) / wall_ns * 1e9,
            "lines_spoken": last.spoken - first.spoken,
            "lines_not_spoken": last.not_spoken - first.not_spoken,
            "gc_longest_ms": max(pauses_ns) / 1e6,
            "gc_share": sum(pauses_ns) / wall_ns,
            "main_cpu_share": main_ns / wall_ns,
            "background_cpu_share": max(0, all_ns - main_ns) / wall_ns,
            "server_cpu_share": (last.server["cpu_s"] - first.server["cpu_s"]) / wall_ns * 1e9,
        }

    @staticmethod
    def _sums(start: _Mark, end: _Mark) -> dict[str, float]:
        """Over the whole run, when all is said: what was sent must have arrived."""
        sent = end.server["sent"] - start.server["sent"]
        delivered = end.words - start.words
        return {
            "chunks_sent": sent,
            "chunks_delivered": delivered,
            "chunks_sent_to_left": end.server["sent_to_left"] - start.server["sent_to_left"],
            "chunks_lost": sent - delivered,
        }
