"""When frames come near their budget, less is done: first what is seen least, last what people would miss.

It looks at what frames cost and knows nothing else. Up by one step when a third of half a second's frames came near the budget,
down by one when for three seconds hardly any did. What a step sheds in the picture is the view's; what it sheds in
the world enters the world as an input, so that a recording sheds it at the same tick.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

NEAR_NS: Final = 12_000_000  # of a budget of 16 ms
CALM_NS: Final = 9_000_000  # with what was shed put back, a frame should still be well under
LOOK_FRAMES: Final = 30
NEAR_FRAMES: Final = 10  # of them: fewer are somebody else's moment on the machine
CALM_FRAMES: Final = 180
RARE: Final = 50  # of calm frames, one in so many may be longer


class Shed(IntEnum):
    """What is done without, each with all before it. The order is that in which they are shed."""

    NOTHING = 0
    ANIMATION = 1  # who stands still neither breathes nor blinks
    BUBBLES = 2  # letters are put down in fewer, larger steps
    DECISIONS = 3  # fewer people decide in one tick
    TALK = 4  # nobody begins or joins a talk of their own accord

    @property
    def words(self) -> str:
        """For people."""
        return _WORDS[self]


_WORDS: Final = {
    Shed.NOTHING: "",
    Shed.ANIMATION: "resting people do not move",
    Shed.BUBBLES: "words appear in larger steps",
    Shed.DECISIONS: "fewer decide at once",
    Shed.TALK: "no new talks",
}


@dataclass(slots=True)
class Governor:
    """Told what each frame cost; says when something is to be shed, or no longer."""

    most: Shed = Shed.TALK  # a run whose history no clock may touch sheds nothing in the world
    shed: Shed = Shed.NOTHING
    frames_eased: int = 0  # since the beginning, with anything shed
    _lately: deque[int] = field(default_factory=lambda: deque(maxlen=LOOK_FRAMES))
    _since_change: int = 0
    _long_in_calm: int = 0

    def observe(self, work_ns: int) -> Shed | None:
        """Another frame; what is shed from now on, if that has changed."""
        self._lately.append(work_ns)
        self._since_change += 1
        self.frames_eased += self.shed is not Shed.NOTHING
        self._long_in_calm += work_ns > CALM_NS
        if self._is_near() and self.shed < self.most:
            return self._change(self.shed + 1)
        if self._since_change < CALM_FRAMES:
            return None
        is_calm = self._long_in_calm * RARE <= self._since_change
        if is_calm and self.shed is not Shed.NOTHING:
            return self._change(self.shed - 1)
        self._since_change = self._long_in_calm = 0
        return None

    def _is_near(self) -> bool:
        """Not before half a second has passed with what was shed last."""
        if len(self._lately) < LOOK_FRAMES:
            return False
        return sum(work_ns > NEAR_NS for work_ns in self._lately) >= NEAR_FRAMES

    def _change(self, step: int) -> Shed:
        self.shed = Shed(step)
        self._lately.clear()
        self._since_change = self._long_in_calm = 0
        return self.shed
