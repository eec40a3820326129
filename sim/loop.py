"""The frame: poll, then drain and tick as often as is owed, draw, present, wait. The loop alone knows wall time.

Nothing in a frame waits, and everything in a frame is bounded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, assert_never

from llm.protocol import Models
from llm.types import NpcId
from sim.clock import FixedStep
from sim.frame_statistics import BUDGET_NS, FrameStatistics, LongFrame
from sim.governor import Governor, Shed
from sim.hearing import Hearing
from sim.inbox import Inbox
from sim.inputs import Input, PaceEased, SpeedChanged, SpotlightTurned, TalkWanted
from sim.pacer import Pacer
from sim.snapshot import Snapshot
from sim.step import step
from sim.timeline import Timeline
from sim.view_protocol import (
    Control,
    Follow,
    LoadWorld,
    Quit,
    SaveTrace,
    SaveWorld,
    SetPaused,
    SetSpeed,
    StartTalk,
    StepTick,
    View,
)
from sim.world import World

log = logging.getLogger(__name__)

DRAIN_EVENTS: Final = 16  # taken from the outbox at a time; then the clock is looked at
DRAIN_NS: Final = 750_000  # after so long, what is left in the outbox waits for the next drain,
CATCH_UP_NS: Final = 1_500_000  # which then may take longer: a burst is spread over several frames


@dataclass(slots=True)
class Loop:
    """One world, one door to the models, one view."""

    world: World
    models: Models
    hearing: Hearing
    inbox: Inbox
    view: View
    pacer: Pacer
    looks: bool = True  # whether anybody looks: a headless world makes no snapshots
    now_ns: Callable[[], int] = time.perf_counter_ns
    cpu_ns: Callable[[], int] = time.thread_time_ns
    clock: FixedStep = field(default_factory=FixedStep)
    statistics: FrameStatistics = field(default_factory=FrameStatistics)
    after_frame: list[Callable[[], None]] = field(default_factory=list)  # part of the frame's work
    in_slack: list[Callable[[], None]] = field(default_factory=list)  # between a frame and the next
    last_tick: int | None = None  # where to stop
    may_stop: Callable[[], bool] = lambda: True  # whether nobody still waits for an answer
    stopped: bool = False
    save_trace: Callable[[Path], None] = lambda _path: None  # without waiting for the disk
    governor: Governor | None = None  # of a run that is paced by the wall
    working_since_ns: int = 0  # the frame that is being worked at; 0 between two
    journals: list[Callable[[int, Sequence[Input]], None]] = field(
        default_factory=list
    )  # told after each tick
    save_world: Callable[[str], None] = lambda _name: (
        None
    )  # soon, between two frames; empty: where it is usual
    load_world: Callable[[str], None] = lambda _name: None  # this run ends, and another goes on with that
    timeline: Timeline | None = None  # where a frame's parts are noted, for whoever wants to look at them
    _previous: Snapshot | None = None
    _current: Snapshot | None = None
    _frame_began_ns: int = 0
    _behind: bool = False  # the last drain left something

    def run(self) -> None:
        """Frames until somebody stops it."""
        self._look()
        if (
            self._current is not None
        ):  # the first picture cuts and paints what later ones only show: it is no frame
            self.view.draw(self._current, self._current, 0.0)
        self._frame_began_ns = self.now_ns()
        while not self.stopped:
            late_ns = self.pacer.wait()
            began_ns = self.now_ns()
            elapsed_ns = began_ns - self._frame_began_ns
            if late_ns is None:
                self.frame_of_one_tick()
            else:
                self.statistics.record_interval(elapsed_ns)
                self.statistics.lateness.record(late_ns)
                self.frame(elapsed_ns)
            self._frame_began_ns = began_ns

    def frame(self, elapsed_ns: int) -> None:
        """Run the ticks this frame owes, at most as many as the speed allows, and draw what is between the last two."""
        began_ns, began_cpu_ns = self.now_ns(), self.cpu_ns()
        self.working_since_ns = began_ns
        self._poll()
        self._mark("poll", began_ns)
        self.clock.owe(elapsed_ns)  # caps a stall, and counts what it forgave
        ran = 0
        while ran < self.clock.max_ticks and not self._at_end() and self.clock.expend_tick():
            self.tick()
            ran += 1
        if ran == 0:
            self.drain()  # words appear while the world is paused
        self.clock.forgive_whole_ticks()  # never a spiral of death; dilated_s says so
        self._finish_frame(began_ns, began_cpu_ns, self.clock.alpha)

    def frame_of_one_tick(self) -> None:
        """One tick a frame, whatever the time: as fast as the machine allows."""
        began_ns, began_cpu_ns = self.now_ns(), self.cpu_ns()
        self._poll()
        if self.clock.paused:
            self.drain()
        elif not self._at_end():
            self.tick()
        self._finish_frame(began_ns, began_cpu_ns, 0.0)

    def tick(self) -> None:
        """Hear what has come, run one step, and pass on what it wants asked."""
        began_ns = self._mark_begin()
        self.drain()
        began_ns = self._mark("drain", began_ns)
        inputs = self.inbox.take(self.world.tick + 1)
        step(self.world, inputs)
        for journal in self.journals:
            journal(self.world.tick, inputs)
        self._mark("tick", began_ns)
        asked, given_up = self.world.take_questions()
        for request in asked:
            if self.timeline is not None:
                self.timeline.asked(request)
            self.hearing.expect(request)
            self.models.submit(request)
        for request_id, text in self.world.take_cuts():
            self.hearing.cut_short(request_id, text)
        for request_id in given_up:
            self.models.cancel(request_id)
            if cue := self.hearing.give_up(request_id, self.world.tick):
                self.inbox.put(cue)
        self._look()

    def drain(self) -> None:
        """Take what the models have said, bounded in events at a time and in time."""
        until_ns = self.now_ns() + (CATCH_UP_NS if self._behind else DRAIN_NS)
        self._behind = False
        while not self._behind:
            events = self.models.drain(self.world.tick + 1, DRAIN_EVENTS)
            for event in events:
                if self.timeline is not None:
                    self.timeline.heard(event)
                if cue := self.hearing.hear(event, self.world.tick + 1):
                    self.inbox.put(cue)
            if len(events) < DRAIN_EVENTS:
                return
            self._behind = self.now_ns() > until_ns

    def obey(self, control: Control) -> None:
        """Do what a person asks of the program."""
        match control:
            case Quit():
                self.stopped = True
            case SetPaused(paused=paused):
                self.clock.paused = paused
            case SetSpeed(speed=speed):
                self.clock.speed = speed
                self.inbox.put(SpeedChanged(self.clock.speed))
            case StepTick():
                if self.clock.paused:
                    self.tick()
            case StartTalk(rows=rows):
                self.inbox.put(TalkWanted((NpcId(rows[0]), NpcId(rows[1]))))
            case SaveTrace(path=path):
                self.save_trace(path)
            case SaveWorld() | LoadWorld():
                (self.save_world if isinstance(control, SaveWorld) else self.load_world)("")
            case Follow(row=row):
                self.inbox.put(SpotlightTurned(None if row is None else NpcId(row)))
            case _:
                assert_never(control)

    def _ease(self, work_ns: int) -> None:
        """Do without something when frames come near their budget; the world is told as of everything that enters it."""
        shed = None if self.governor is None else self.governor.observe(work_ns)
        if shed is None:
            return
        log.info("governor.shed", extra={"shed": shed.name.lower()})
        if max(shed, self.world.shed) >= Shed.DECISIONS:
            self.inbox.put(PaceEased(shed))

    def _mark_begin(self) -> int:
        return 0 if self.timeline is None else self.now_ns()

    def _mark(self, name: str, began_ns: int) -> int:
        """A part of the frame is over, where somebody notes that."""
        return 0 if self.timeline is None else self.timeline.span(name, began_ns)

    def _account(self, began_ns: int, work_ns: int, cpu_ns: int) -> None:
        """What the frame cost; and of a long one, why."""
        self.statistics.record_work(work_ns, cpu_ns)
        if work_ns > BUDGET_NS:
            parts = {} if self.timeline is None else self.timeline.parts_since(began_ns)
            self.statistics.long.append(LongFrame(self.world.tick, work_ns, cpu_ns, parts))

    def _poll(self) -> None:
        for control in self.view.poll():
            self.obey(control)

    def _at_end(self) -> bool:
        return self.last_tick is not None and self.world.tick >= self.last_tick

    def _look(self) -> None:
        if self.looks:
            self._previous, self._current = self._current, self.world.snapshot()

    def _finish_frame(self, began_ns: int, began_cpu_ns: int, alpha: float) -> None:
        part_ns = self._mark_begin()
        if self._current is not None:
            self.view.draw(self._previous or self._current, self._current, alpha)
        part_ns = self._mark("draw", part_ns)
        for do in self.after_frame:
            do()
        self._mark("look on", part_ns)
        drawn_ns = self.now_ns()
        self.working_since_ns = 0
        self._account(began_ns, drawn_ns - began_ns, self.cpu_ns() - began_cpu_ns)
        self._ease(drawn_ns - began_ns)
        self.view.present()
        self.statistics.present.record(self.now_ns() - drawn_ns)
        slack_ns = self._mark("present", drawn_ns)
        self.models.hand_in()
        for do in self.in_slack:
            do()
        self._mark("slack", slack_ns)
        if self._at_end() and self.may_stop():
            self.stopped = True
