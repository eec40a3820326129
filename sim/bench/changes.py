"""What was tuned, each undone by itself: the other half of every pair that `bench frame tuning` measures.

A change is made in the process of one run, which ends with it: nothing is put back.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Final

import llm.background
import llm.right_of_way
import sim.loop
import sim.pacer
from sim.app.housekeeping import Housekeeping
from sim.app.settings import Settings

_NEVER_NS: Final = 1 << 62
Change = Callable[[Settings], None]


def _put(owner: object, name: str, value: object) -> None:
    """What is no setting, because nobody should have to set it."""
    setattr(owner, name, value)


def _share_the_frame(settings: Settings) -> None:
    settings.runtime.frames_first = False


def _pythons_switch_interval(settings: Settings) -> None:
    settings.runtime.switch_interval = 0.005


def _both_as_python_has_them(settings: Settings) -> None:
    _share_the_frame(settings)
    _pythons_switch_interval(settings)


def _collect_in_frames(_settings: Settings) -> None:
    """As the interpreter likes: nothing is frozen, and nobody collects in the slack."""
    _put(gc, "freeze", lambda: None)
    _put(gc, "disable", lambda: None)
    _put(Housekeeping, "__call__", lambda _self: None)


def _every_chunk_by_itself(settings: Settings) -> None:
    settings.llm.streaming.chunk_size, settings.llm.streaming.update_rate = 1, 0.001


def _all_that_is_ready(_settings: Settings) -> None:
    _put(llm.right_of_way, "MOST_READY", 1 << 20)


def _wait_for_half_a_frame(_settings: Settings) -> None:
    _put(llm.right_of_way, "MOST_WAIT_S", 0.008)


def _drain_without_end(_settings: Settings) -> None:
    _put(sim.loop, "DRAIN_NS", _NEVER_NS)
    _put(sim.loop, "CATCH_UP_NS", _NEVER_NS)


def _uvloop(settings: Settings) -> None:
    """Its loop waits in C, where nobody can be asked to let a frame go first."""
    import uvloop  # an extra of the bench

    _share_the_frame(settings)
    _put(llm.background, "heeding_loop", lambda _way: uvloop.new_event_loop())


def _sleep_to_the_end(_settings: Settings) -> None:
    _put(sim.pacer, "SPIN_NS", 0)


def _spin_from_ahead(_settings: Settings) -> None:
    _put(sim.pacer, "SPIN_NS", sim.pacer.FRAME_NS)


def _two_model_threads(settings: Settings) -> None:
    settings.llm.embedded.threads = 2


CHANGES: Final[Mapping[str, Change]] = {
    "the thread of the models does not wait for frames": _share_the_frame,
    "switch interval of 5 ms": _pythons_switch_interval,
    "both of these, as Python has it": _both_as_python_has_them,
    "garbage collected whenever Python likes": _collect_in_frames,
    "all sockets that are ready in one round": _all_that_is_ready,
    "the thread of the models waits for 8 ms at most": _wait_for_half_a_frame,
    "every chunk handed on by itself": _every_chunk_by_itself,
    "drained without a bound in time": _drain_without_end,
    "uvloop, which cannot wait for frames": _uvloop,
    "frames waited for by sleep alone": _sleep_to_the_end,
    "the last 3 ms spun, not 1": _spin_from_ahead,
    "two threads for the embedded model": _two_model_threads,
}
