"""The talk as a person reads it in a terminal: coloured where there is one, plain on a pipe."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from llm.types import Outcome, Tier
from sim.calendar import Calendar
from sim.hearing import SpokenLine

_TIER_STYLES = {Tier.CLOUD: "magenta", Tier.LOCAL: "green", Tier.TEMPLATE: "bright_black"}
_NAME_STYLES = ("cyan", "yellow", "blue", "magenta", "green", "red")


class TalkPrinter:
    """Prints each line when it has been said, and facts about the program between them."""

    def __init__(
        self, console: Console, calendar: Calendar, soon: Callable[[Callable[[], None]], None]
    ) -> None:
        self._console = console
        self._calendar = calendar
        self._soon = soon  # printing may wait for its reader, so another does it

    def say(self, line: SpokenLine) -> None:
        """One spoken line."""
        prompt = line.request.prompt
        text = Text()
        text.append(f"[{self._calendar.at(line.tick).time}] ", style="bright_black")
        text.append(prompt.speaker, style=f"bold {_NAME_STYLES[line.request.npc % len(_NAME_STYLES)]}")
        text.append(f" to {' and '.join(prompt.listeners)}: {line.text}")
        mark = "" if line.outcome is Outcome.COMPLETE else f", {line.outcome.value}"
        text.append(f"  ({line.started.tier.value}{mark})", style=_TIER_STYLES[line.started.tier])
        self._print(text)

    def tell(self, fact: str) -> None:
        """One fact about the program."""
        self._print(Text(f"· {fact}", style="italic"))

    def answer(self, command: str, reply: str) -> None:
        """What a console command said."""
        self._print(Text(f"> {command}", style="bold"))
        if reply:
            self._print(Text(reply))

    def clear(self) -> None:
        """An empty terminal; nothing on a pipe."""
        self._soon(self._console.clear)

    def _print(self, text: Text) -> None:
        self._soon(lambda: self._console.print(text, soft_wrap=True, highlight=False))
