"""One arm of the comparison, once: a town of so many people, our real client, and so many streams coming in."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, Final

import psutil

from llm.bridge import Bridge
from llm.types import TierState
from sim.app import build
from sim.app.settings import ASSETS, Settings
from sim.app.settings_sources import load_settings
from sim.bench.canned import Canned
from sim.bench.changes import CHANGES
from sim.bench.client_arms import Ask, Client
from sim.bench.fake_server import CHUNKS, CHUNKS_PER_S
from sim.bench.load import Load, LoadHearing, SharedHeads
from sim.bench.other_clients import BlockingCall, HttpxInThread, PumpedInFrame, ThreadPerLine
from sim.bench.sdk_arm import Sdk
from sim.bench.server_process import ServerDoor
from sim.bench.streams import ENOUGH, OtherStreams, OwnStreams, Streams
from sim.bench.trace import Frame, FrameTrace, TracedPacer
from sim.hud import HudFacts
from sim.inspecting import inspect
from sim.loop import Loop
from sim.view_protocol import NullView, View
from sim.world import World

SEED: Final = 7
WARM_UP_S: Final = 1.5  # discarded, from when all streams flow
_FILL_S: Final = 10.0  # within which they should
_QUIET_S: Final = 5.0  # within which all lines should end
_TOWN_SLOTS: Final = 28  # the town's own lines come on top; one slot is the spotlight's
Found = Callable[[Settings], World]
OURS: Final = "ours"
EMBEDDED: Final = "embedded"  # ours too, with the model that the program starts itself
NOBODY: Final = "town alone"
_OTHERS: Final[Mapping[str, Callable[[str, Ask], Client]]] = {
    "openai SDK": Sdk,
    "httpx": HttpxInThread,
    "asyncio in the frame": PumpedInFrame,
    "a thread a line": ThreadPerLine,
    "blocking": BlockingCall,
}
CLIENTS: Final = (OURS, *_OTHERS)


@dataclass(frozen=True, slots=True)
class Arm:
    """What is varied."""

    npcs: int
    streams: int
    client: str = OURS
    rate: float = CHUNKS_PER_S  # chunks a second and stream
    faulty: int = 0  # every so manyth line goes wrong
    window: bool = False  # drawn, on SDL's dummy driver
    change: str = ""  # of `sim.bench.changes`: what was tuned, undone

    @property
    def is_own(self) -> bool:
        """Whether our own client brings the words."""
        return self.client in (OURS, EMBEDDED)

    @property
    def name(self) -> str:
        """As tables and files have it."""
        if self.client == EMBEDDED:
            return self.change or "embedded model"
        if not self.streams:
            return NOBODY + (", drawn" if self.window else "")
        more = [", drawn"] * self.window + [", faults"] * bool(self.faulty)
        return self.change or self.client + "".join(more)


@dataclass(frozen=True, slots=True)
class ArmRun:
    """What one run of an arm gave: its frames, and its other numbers by name."""

    frames: list[Frame]
    numbers: dict[str, float]

    @property
    def p50_ms(self) -> float:
        """Of a frame's work."""
        return median(frame.work for frame in self.frames) / 1e6 if self.frames else 0.0


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


def found(settings: Settings) -> World:
    """The product's own town. Raises MapError, PersonaError, TemplateError."""
    return build.build_world(settings, build.gather(settings, SEED), SEED)


def settings_of(arm: Arm, base_url: str) -> Settings:
    """The defaults, whatever the user's own settings are: else two machines could not be compared."""
    slots = f"llm.local.max_concurrency={arm.streams + _TOWN_SLOTS}"
    models: Mapping[str, tuple[str, ...]] = {
        OURS: ("llm.embedded.enabled=false", f"llm.local.base_url={base_url}", slots),
        EMBEDDED: ("llm.embedded.enabled=true", "llm.local.base_url=none"),
    }
    nobody = ("llm.embedded.enabled=false", "llm.local.base_url=none")
    assignments = (
        f"world.npcs={arm.npcs}",
        f"world.seed={SEED}",
        "view.auto_camera=false",
        *(models.get(arm.client, nobody) if arm.streams or arm.client == EMBEDDED else nobody),
    )
    settings = load_settings(assignments, environment={}, folder=ASSETS).settings
    if arm.client == OURS:
        settings.llm.local.extra_body = _line_of(arm).as_body()
    if arm.change:
        CHANGES[arm.change](settings)
    return settings


def _line_of(arm: Arm) -> Canned:
    return Canned(CHUNKS, arm.rate, faulty=arm.faulty)


def run_arm(arm: Arm, seconds: float, server: ServerDoor, found_by: Found) -> ArmRun:
    """Fill, warm up, measure, and let every line end."""
    settings = settings_of(arm, server.base_url)
    world = found_by(settings)
    gate = build.gate_factory(settings, [persona for _, persona in world.roster.known()])
    with ExitStack() as closing:
        bridge = closing.enter_context(Bridge(settings.llm, gate, allow_download=False))
        load = Load(arm.streams if arm.is_own else 0, arm.npcs)
        hearing = LoadHearing(SharedHeads(arm.npcs), build.reader_of(world).read, load, arm.npcs)
        way = bridge.right_of_way if settings.runtime.frames_first else None
        view = _drawn(world, hearing, settings, closing) if arm.window else NullView()
        loop = build.build_loop(world, bridge, hearing.bubbles, view, fast=False, way=way)
        trace = FrameTrace(lambda: world.tick)
        loop.hearing, loop.statistics, loop.pacer = hearing, trace, TracedPacer(loop.pacer, trace)
        closing.callback(trace.close)
        streams: Streams = OwnStreams(load, hearing, bridge)
        if not arm.is_own:
            streams = OtherStreams(_other(arm, server, closing), arm.streams, arm.client == "blocking")
        closing.enter_context(_settled(settings))
        return _Course(loop, streams, trace, server).run(seconds)


def _other(arm: Arm, server: ServerDoor, closing: ExitStack) -> Client:
    client = _OTHERS[arm.client](server.base_url, Ask(_line_of(arm), arm.streams, ENOUGH))
    closing.callback(client.close)
    return client


def _drawn(world: World, hearing: LoadHearing, settings: Settings, closing: ExitStack) -> View:
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    from sim.view.pygame_view import open_view  # the screen is chosen when pygame is loaded
    from sim.view.stage import Stage

    stage = Stage(world.town, world.roster.persona, partial(inspect, world), hearing.bubbles, ASSETS)
    view = open_view(stage, settings.view, HudFacts)
    closing.callback(view.close)
    return view


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

    def __init__(self, loop: Loop, streams: Streams, trace: FrameTrace, server: ServerDoor) -> None:
        self._loop = loop
        self._streams = streams
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
        yield from self._until(self._is_flowing, _FILL_S)
        yield from self._for(WARM_UP_S)
        marks.append(self._mark())
        yield from self._for(seconds)
        marks.append(self._mark())
        self._loop.clock.paused = True  # nobody in town asks any more, and words are still heard
        yield from self._until(lambda: self._streams.quiet, _QUIET_S, asking=False)
        self._loop.stopped = True

    def _is_flowing(self) -> bool:
        return self._streams.full and self._loop.models.status().state is not TierState.STARTING

    def _for(self, seconds: float) -> Iterator[None]:
        return self._until(lambda: False, seconds)

    def _until(self, reached: Callable[[], bool], seconds: float, *, asking: bool = True) -> Iterator[None]:
        end_ns = time.perf_counter_ns() + int(seconds * 1e9)
        while not reached() and time.perf_counter_ns() < end_ns:
            self._streams.frame(self._loop.world.tick, asking=asking)
            self._lines_in_flight.append(self._streams.in_flight)
            yield

    def _mark(self) -> _Mark:
        """Costs a millisecond or two, so the frame in which it is taken does not count."""
        return _Mark(
            len(self._trace.frames) + 1,
            len(self._trace.pauses_ns),
            time.perf_counter_ns(),
            time.thread_time_ns(),
            time.process_time_ns(),
            self._streams.words,
            self._streams.spoken,
            self._streams.not_spoken,
            self._server.counters() | self._models_own(),
        )

    @staticmethod
    def _models_own() -> dict[str, float]:
        """What a model that we started ourselves cost, in place of what the fake server did."""
        children = [child.cpu_times() for child in psutil.Process().children()]
        return {"cpu_s": sum(spent.user + spent.system for spent in children)} if children else {}

    def _numbers(self, first: _Mark, last: _Mark) -> dict[str, float]:
        """What happened between two moments."""
        wall_ns = last.wall_ns - first.wall_ns
        main_ns = last.thread_ns - first.thread_ns
        all_ns = last.process_ns - first.process_ns
        in_flight = self._lines_in_flight[first.frame : last.frame - 1] or [0]
        pauses_ns = self._trace.pauses_ns[first.pause : last.pause] or [0]
        sent = last.server["sent"] - first.server["sent"]
        return {
            "streams_mean": sum(in_flight) / len(in_flight),
            "chunks_sent_per_s": sent / wall_ns * 1e9,
            "chunks_delivered_per_s": (last.words - first.words) / wall_ns * 1e9,
            "kept_up": (last.words - first.words) / sent if sent else 1.0,
            "lines_spoken": last.spoken - first.spoken,
            "lines_not_spoken": last.not_spoken - first.not_spoken,
            "faults": last.server["faults"] - first.server["faults"],
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
