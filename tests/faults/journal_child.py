"""A town of one number that is saved as the real one is, for a test to kill. It knows the journal and nothing else.

What the number is after any tick can be computed, so whoever reads what is left can tell whether all of it is right.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from llm.types import NpcId
from sim.app.scribe import Scribe
from sim.growing import Growing
from sim.inputs import Input, SpotlightTurned
from sim.journal import Journal, Page
from sim.packing import pack
from sim.recording import Recording, RecordingFile
from sim.slots import Slot

TICKS_A_SECOND: Final = 60
_REAL_S: Final = 0.2  # that a second of this world takes
_STATE_EVERY: Final = 3 * TICKS_A_SECOND
_INPUT_EVERY: Final = 7
_BALLAST: Final = 20_000  # numbers: a state has some size


def number_after(tick: int) -> int:
    """What the number is."""
    value = 1
    for at in range(1, tick + 1):
        value = (value * 6_364_136_223_846_793_005 + sum(map(_weight, inputs_of(at))) + 1) % (1 << 61)
    return value


def inputs_of(tick: int) -> tuple[Input, ...]:
    """What enters at a tick."""
    if tick % _INPUT_EVERY:
        return ()
    return (Input(tick // _INPUT_EVERY, tick, SpotlightTurned(NpcId(tick % 5))),)


def check(recording: Recording) -> None:
    """All that is there is right, and nothing is missing up to its last tick."""
    start = recording.start
    assert start is not None
    assert start.state == {"number": number_after(start.tick)}
    assert np.array_equal(start.arrays[0], _ballast(start.tick))
    ticks = range(start.tick + 1, recording.last + 1)
    assert recording.inputs == {tick: inputs_of(tick) for tick in ticks if inputs_of(tick)}
    assert recording.damage == ""


def _weight(one: Input) -> int:
    assert isinstance(one.what, SpotlightTurned)
    return one.what.npc or 0


def _ballast(tick: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.arange(_BALLAST, dtype=np.int64) + tick


class _Town:
    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._scribe = Scribe()
        self._growing = Growing()
        self._journal = Journal(0)
        self._busy = False

    def tick(self, tick: int, value: int) -> None:
        """As the real one: a state now and then, and pages between, never more than one write at a time."""
        self._journal(tick, inputs_of(tick))
        self._scribe.settle()
        if self._busy:
            return
        if tick % _STATE_EVERY == 1:
            self._write(partial(self._begin, self._journal.turn(tick), value))
        elif tick % TICKS_A_SECOND == 0:
            self._write(partial(self._growing.append, self._journal.turn(tick)))

    def _write(self, work: partial[None]) -> None:
        self._busy = True
        self._scribe.write(work, self._done)

    def _done(self, failure: str) -> None:
        assert not failure, failure
        self._busy = False

    def _begin(self, page: Page, value: int) -> None:
        self._growing.append(page)
        packed = pack({"number": value}, [_ballast(page.last)])
        self._growing.begin(RecordingFile(self._slot.next_path(), {"seed": 1}, (page.last, packed)))
        self._slot.forget_old()


def _numbers() -> Iterator[int]:
    value = 1
    for tick in range(1, 1 << 40):
        value = (value * 6_364_136_223_846_793_005 + sum(map(_weight, inputs_of(tick))) + 1) % (1 << 61)
        yield value


def main() -> None:
    """Live until somebody kills it; each tick is told before what it entailed is written."""
    town = _Town(Slot(Path(sys.argv[1]), "town"))
    began_s = time.monotonic()
    for tick, value in enumerate(_numbers(), start=1):
        sys.stdout.write(f"{tick}\n")
        sys.stdout.flush()
        town.tick(tick, value)
        time.sleep(max(0.0, began_s + tick * _REAL_S / TICKS_A_SECOND - time.monotonic()))  # noqa: TID251 - its pace


if __name__ == "__main__":
    main()
