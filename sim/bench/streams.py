"""Lines that come in beside the town: through our client, as the town's own do, or through another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from llm.protocol import Models
from sim.bench.client_arms import Client
from sim.bench.load import Load, LoadHearing

ENOUGH: Final = 10_000_000  # lines: a run ends when its time is over


class Streams(Protocol):
    """What the course of a run needs to know of them, whoever brings them."""

    @property
    def full(self) -> bool:
        """Whether as many flow as should."""

    @property
    def quiet(self) -> bool:
        """Whether all have ended."""

    @property
    def words(self) -> int:
        """Chunks that came out on the main thread."""

    @property
    def spoken(self) -> int:
        """Lines that ended whole."""

    @property
    def not_spoken(self) -> int:
        """Lines that did not."""

    @property
    def in_flight(self) -> int:
        """Lines that are asked for and have not ended."""

    def frame(self, tick: int, *, asking: bool) -> None:
        """A frame's worth: take what came, ask for more."""


@dataclass(slots=True)
class OwnStreams:
    """Through our client, the town's gate and its hearing."""

    load: Load
    hearing: LoadHearing
    models: Models

    @property
    def full(self) -> bool:
        """Whether as many flow as should."""
        return self.load.full

    @property
    def quiet(self) -> bool:
        """Whether nobody waits for anything, in town or out of it."""
        return self.hearing.quiet

    @property
    def words(self) -> int:
        """Chunks, the town's own among them."""
        return self.hearing.words

    @property
    def spoken(self) -> int:
        """Lines by the model."""
        return self.load.spoken

    @property
    def not_spoken(self) -> int:
        """Lines by a template, or none."""
        return self.load.not_spoken

    @property
    def in_flight(self) -> int:
        """Lines that are asked for."""
        return len(self.load.in_flight)

    def frame(self, tick: int, *, asking: bool) -> None:
        """What was said is taken as whoever prints it does."""
        self.hearing.take_spoken(tick)
        if asking:
            self.load.top_up(self.models, self.hearing, tick)


@dataclass(slots=True)
class OtherStreams:
    """Through another client, whose words go nowhere: gate, bubbles and hearing are our own's alone."""

    client: Client
    wanted: int
    is_one_by_one: bool  # it never has more than one in flight

    @property
    def full(self) -> bool:
        """Whether as many flow as should, or as ever will."""
        return self.is_one_by_one or self.client.in_flight >= self.wanted

    @property
    def quiet(self) -> bool:
        """It is closed as it is: what it still waits for is no matter."""
        return True

    @property
    def words(self) -> int:
        """Chunks."""
        return self.client.words

    @property
    def spoken(self) -> int:
        """Whole lines."""
        return self.client.ended

    @property
    def not_spoken(self) -> int:
        """Lines that failed."""
        return self.client.failures.total()

    @property
    def in_flight(self) -> int:
        """Lines that are asked for."""
        return self.client.in_flight

    def frame(self, tick: int, *, asking: bool) -> None:  # noqa: ARG002 - the door's
        """It asks and takes at once."""
        if asking:
            self.client.frame()
