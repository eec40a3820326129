"""The commands there are: each looks at the program or asks it for something; none reaches into a tick."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llm.types import Tier
from sim.clock import SPEEDS
from sim.console.character_commands import CharacterCommands
from sim.console.context_commands import ContextCommands
from sim.console.doors import Access
from sim.console.llm_commands import LlmCommands, tier_line
from sim.console.people_commands import PeopleCommands
from sim.console.registry import Command, CommandError
from sim.console.talk_commands import TalkCommands
from sim.console.view_commands import ViewCommands
from sim.console.world_commands import WorldCommands
from sim.loop import Loop
from sim.view_protocol import Quit, SetPaused, SetSpeed
from sim.world import World


@dataclass(frozen=True, slots=True)
class Console:
    """What the commands act upon."""

    loop: Loop
    llm: LlmCommands
    clear: Callable[[], None] = lambda: None  # of every screen that shows answers

    @property
    def world(self) -> World:
        """The town."""
        return self.loop.world

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("status", "", "the whole program in a few lines", self._status),
            Command("clear", "", "an empty console", self._clear),
            Command("quit", "", "stop the program, everything written", self._quit, Access.RUN),
            Command(
                "world pause", "", "stop the world; running lines are still shown", self._pause, Access.STEER
            ),
            Command("world resume", "", "let it go on", self._resume, Access.STEER),
            Command("world speed", "<0.25-8>", "world seconds per real second", self._speed, Access.STEER),
            *TalkCommands(self.loop, self._row).commands(),
            *ContextCommands(self.loop, self._row).commands(),
            *ViewCommands(self.loop, self._row).commands(),
            *WorldCommands(self.loop, self._row).commands(),
            *PeopleCommands(self.loop, self.llm.models, self._row).commands(),
            *CharacterCommands(self.loop, self._row).commands(),
            *self.llm.commands(),
        ]

    def _status(self, _words: Sequence[str]) -> str:
        frames = self.loop.statistics
        return "\n".join(
            (
                f"tick {self.world.tick}, {self.world.moment}, speed {self.loop.clock.speed:g}"
                + (", paused" if self.loop.clock.paused else ""),
                f"{len(self.world.people)} people, {len(self.world.talks)} talks",
                f"frames {frames.count}, over 16 ms: {frames.over_budget}",
                f"work p50 {frames.work.percentile_ms(50):.2f} ms, p99 {frames.work.percentile_ms(99):.2f} ms",
                *(tier_line(tier, self.llm.models.status_of(tier)) for tier in (Tier.CLOUD, Tier.LOCAL)),
            )
        )

    def _quit(self, _words: Sequence[str]) -> str:
        self.loop.obey(Quit())
        return "goodbye"

    def _clear(self, _words: Sequence[str]) -> str:
        self.clear()
        return ""

    def _pause(self, _words: Sequence[str]) -> str:
        self.loop.obey(SetPaused(paused=True))
        return "paused"

    def _resume(self, _words: Sequence[str]) -> str:
        self.loop.obey(SetPaused(paused=False))
        return "running"

    def _speed(self, words: Sequence[str]) -> str:
        slowest, fastest = SPEEDS
        try:
            speed = float(words[0])
        except (IndexError, ValueError):
            raise CommandError(f"expected a number from {slowest:g} to {fastest:g}") from None
        if not slowest <= speed <= fastest:
            raise CommandError(f"expected a number from {slowest:g} to {fastest:g}, got {speed:g}")
        self.loop.obey(SetSpeed(speed))
        return f"speed {speed:g}"

    def _row(self, name: str) -> int:
        return row_of(self.world, name)


def row_of(world: World, name: str) -> int:
    """Somebody by id or first name. Raises CommandError."""
    known = {persona.id: row for row, persona in world.roster.known()}
    known |= {persona.first_name.lower(): row for row, persona in world.roster.known()}
    if name.lower() in known:
        return known[name.lower()]
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.0)
    raise CommandError(f"nobody is called {name!r}; did you mean {near[0]!r}?" if near else "expected a name")
