"""Garbage is collected between frames, never in one: the interpreter's own moments are switched off after loading.

A collection stops every thread, whoever set it off. Left to itself, the background thread's rubbish cost the
frame 7 to 100 ms; what is collected here, young objects often and old ones rarely, is few and costs under one.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Final

# (every so many frames, generation); the rarest that is due is enough, for it includes the younger ones
_OFTEN: Final = 10
_ROUNDS: Final = ((36_000, 2), (60, 1), (_OFTEN, 0))


@dataclass(slots=True)
class Housekeeping:
    """Called once a frame, in the slack before the next."""

    frames: int = 0

    def __call__(self) -> None:
        """Collect what is due."""
        self.frames += 1
        if self.frames % _OFTEN:
            return
        for every, generation in _ROUNDS:
            if self.frames % every == 0:
                gc.collect(generation)
                return
