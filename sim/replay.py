"""A recorded town lives again: the same inputs at the same ticks, with nobody asked. Bit for bit, or it is said where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.cues import BeganSpeaking, Cue, Spoke
from sim.bubbles import BubbleBoard
from sim.inbox import Inbox
from sim.inputs import Input, PlayerAction
from sim.recording import Recording
from sim.state_hash import PULSE_LENGTH, pulse, state_hash
from sim.step import step
from sim.world import World


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first look at which the two were not the same."""

    tick: int
    recorded: str
    replayed: str

    def __str__(self) -> str:
        return f"at tick {self.tick} the recorded town was {self.recorded}, and this one is {self.replayed}"


class RecordedInbox(Inbox):
    """Gives each tick what it consumed then, whoever asks for what now; and shows who speaks."""

    def __init__(self, recording: Recording, bubbles: BubbleBoard) -> None:
        super().__init__()
        self._inputs = recording.inputs
        self._bubbles = bubbles
        self._texts = {
            one.what.request_id: one.what.text
            for inputs in recording.inputs.values()
            for one in inputs
            if isinstance(one.what, Spoke)
        }

    def put(self, what: PlayerAction | Cue) -> None:
        """What happened cannot be changed."""

    def take(self, tick: int) -> tuple[Input, ...]:
        """What entered then."""
        inputs = self._inputs.get(tick, ())
        for one in inputs:
            self._show(one.what)
        return inputs

    def _show(self, what: PlayerAction | Cue) -> None:
        match what:
            case BeganSpeaking(npc=npc, request_id=line, tier=tier):
                self._bubbles.begin(npc, line, tier)
                self._bubbles.append(npc, line, self._texts.get(line, "…"))
            case Spoke(npc=npc, request_id=line, text=text, outcome=outcome):
                self._bubbles.replace(npc, line, text)
                self._bubbles.settle(npc, line, outcome)
            case _:
                pass


def mismatch_at(world: World, recording: Recording) -> Mismatch | None:
    """Whether the town is not what it was after this tick, where that was noted."""
    mark = recording.marks.get(world.tick)
    if mark is None:
        return None
    found = pulse(world) if len(mark) == PULSE_LENGTH else state_hash(world)
    return None if found == mark else Mismatch(world.tick, mark, found)


def live_again(
    world: World, recording: Recording, until: int, each_tick: Callable[[], None] = lambda: None
) -> Mismatch | None:
    """Go on from where the town is to a tick, through what was recorded; stops where it is not the same any more."""
    while world.tick < until:
        step(world, recording.inputs.get(world.tick + 1, ()))
        world.take_questions()
        world.take_cuts()
        each_tick()
        if mismatch := mismatch_at(world, recording):
            return mismatch
    return None
