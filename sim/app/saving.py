"""Saves and recordings while the town lives: taken between two frames, written by a thread of its own.

A save is begun anew at each autosave with a whole state; what enters the town in between follows it page by page, so whoever is
killed loses a second or two. A recording is the same from the run's first tick to its last, with looks at the whole state.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from llm.right_of_way import RightOfWay
from sim.app.scribe import Scribe
from sim.growing import Growing
from sim.journal import Journal
from sim.packing import pack
from sim.plain import Arrays
from sim.recording import RecordingFile
from sim.saved_state import photograph, plain_of
from sim.slots import Slot
from sim.state_hash import state_hash
from sim.world import World

PAGE_S: Final = 1.0  # between two pages


@dataclass(slots=True)
class Town:
    """What is kept, and with what in front."""

    world: World
    header: Mapping[str, Any]
    scribe: Scribe
    tell: Callable[[str], None]  # one line for the person
    way: RightOfWay = field(default_factory=RightOfWay)
    now_s: Callable[[], float] = time.monotonic

    def state(self) -> Callable[[], tuple[int, bytes]]:
        """All of it as it is now; what is returned makes bytes of that, and is slow."""
        tick, photo = self.world.tick, photograph(self.world)

        def packed() -> tuple[int, bytes]:
            arrays: Arrays = []
            state = plain_of(photo, arrays, self.way.heed)
            return tick, pack(state, arrays, self.way.heed)

        return packed

    def file(self, path: Path, start: tuple[int, bytes] | None) -> RecordingFile:
        """A new one. Raises SaveError."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        return RecordingFile(path, {**self.header, "made": made}, start)


@dataclass(slots=True)
class Recorder:
    """Called in the slack of each frame: a page each second."""

    town: Town
    growing: Growing
    journal: Journal
    _busy: bool = False
    _turned_s: float = 0.0
    _failed: str = ""

    @classmethod
    def into(cls, path: Path, town: Town, journal: Journal) -> Recorder:
        """One that makes a file at once, for who cannot write there wants to know it now. Raises SaveError."""
        start = town.state()() if town.world.tick else None
        growing = Growing()
        growing.begin(town.file(path, start))
        return cls(town, growing, journal)

    def __call__(self) -> None:
        """In the slack of a frame."""
        if not self._busy and self.town.now_s() - self._turned_s >= PAGE_S:
            self.turn()

    def turn(self) -> None:
        """A page, now."""
        self._busy, self._turned_s = True, self.town.now_s()
        page = self.journal.turn(self.town.world.tick)
        if page.first <= page.last:
            self.town.scribe.write(partial(self.growing.append, page), self._note)
        else:
            self._busy = False

    def close(self) -> None:
        """The last page; in a recording, with the hash of all there is."""
        if self.journal.mark is not None:
            self.journal.note(self.town.world.tick, state_hash(self.town.world))
        self.turn()
        self.town.scribe.write(self.growing.close)

    def _note(self, failure: str) -> None:
        self._busy = False
        if failure and failure != self._failed:
            self.town.tell(f"not recorded: {failure}; it is tried again")
        self._failed = failure


@dataclass(slots=True)
class Saver:
    """Called in the slack of each frame: saves when it is time to, or when somebody asked."""

    town: Town
    slot: Slot
    every_s: float | None  # None: only when somebody asks
    recorder: Recorder
    written: int = 0
    _asked: list[Slot] = field(default_factory=list)
    _busy: bool = False
    _failed: str = ""
    _saved_s: float | None = None

    def ask(self, slot: Slot) -> None:
        """Save between this frame and the next, and say so."""
        self._asked.append(slot)

    def __call__(self) -> None:
        """In the slack of a frame."""
        self.town.scribe.settle()
        if self._busy:
            return
        if self._asked:
            self._save(self._asked.pop(0), is_asked=True)
        elif self._is_due():
            self._save(self.slot)
        elif self.every_s is not None:
            self.recorder()

    def close(self) -> None:
        """Save once more, if that is done at all."""
        for slot in self._asked:
            self._save(slot, is_asked=True)
        if self.every_s is not None:
            self._save(self.slot)
            self.town.scribe.write(self.recorder.growing.close)

    def _is_due(self) -> bool:
        if self.every_s is None:
            return False
        return self._saved_s is None or self.town.now_s() - self._saved_s >= self.every_s

    def _save(self, slot: Slot, *, is_asked: bool = False) -> None:
        """A whole state; if it is of the run's own slot, what comes after it follows there."""
        goes_on = self.every_s is not None and slot == self.slot
        if goes_on:
            self.recorder.turn()
            self._saved_s = self.town.now_s()
        self._busy = True
        state = self.town.state()
        self.town.scribe.write(
            partial(self._write, slot, state, goes_on=goes_on), partial(self._note, slot, is_asked)
        )

    def _note(self, slot: Slot, is_asked: bool, failure: str) -> None:  # noqa: FBT001 - bound by name above
        """A state is written, or was not; a failure is told once, and tried again when the next is due."""
        self._busy = False
        self.written += not failure
        if failure and (is_asked or failure != self._failed):
            self.town.tell(f"not saved: {failure}; the last save is as it was, and it is tried again")
        elif is_asked:
            self.town.tell(f"saved as {slot.name}")
        self._failed = failure

    # -- the thread's side

    def _write(self, slot: Slot, state: Callable[[], tuple[int, bytes]], *, goes_on: bool) -> None:
        file = self.town.file(slot.next_path(), state())
        if goes_on:
            self.recorder.growing.begin(file)
        else:
            file.close()
        slot.forget_old()
