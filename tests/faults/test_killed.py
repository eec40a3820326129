"""Row 52: whoever is killed amid a save loses two seconds at most, and never finds half a state."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from sim.chance import Chance
from sim.packing import SaveError
from sim.slots import Slot
from tests.faults.journal_child import TICKS_A_SECOND, check

ROOT: Final = Path(__file__).parents[2]
_QUICK, _SLOW = 40, 200
_AT_ONCE: Final = 4
_MOST_LOST: Final = 2 * TICKS_A_SECOND


@pytest.mark.slow
@pytest.mark.fault(52)
@pytest.mark.parametrize("count", [_QUICK, pytest.param(_SLOW, marks=pytest.mark.by_hand)])
def test_52_killed_amid_a_save(tmp_path: Path, count: int) -> None:
    """Every one loads, with all that was said to be written, at any moment."""
    moments = Chance(52)
    when_s = [0.02 + moments.below(1400) / 1000 for _ in range(count)]
    with ThreadPoolExecutor(_AT_ONCE) as several:
        lost = list(several.map(_kill_one, when_s, (tmp_path / str(at) for at in range(count))))
    assert len(lost) == count
    assert max(lost) <= _MOST_LOST


def _kill_one(after_s: float, folder: Path) -> int:
    """How many ticks were lost."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.faults.journal_child", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()  # it lives
        killer = threading.Timer(after_s, child.kill)
        killer.start()
        told = [first, *child.stdout.read().split()]
        killer.join()
    reached = int(told[-1])
    slot = Slot(folder, "town")
    try:
        recording, aside = slot.newest()
    except SaveError as error:
        if not _is_only_begun(str(error)):
            raise
        return reached  # before its first state there is nothing to lose but these ticks
    assert all(map(_is_only_begun, aside)), aside
    check(recording)
    return reached - recording.last


def _is_only_begun(told: str) -> bool:
    return "it was never finished" in told or "there is no such save" in told
