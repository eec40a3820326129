"""The doors that commands come through, opened: one desk behind them all."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from agents.actions import TIES
from agents.template_files import WEATHERS
from llm.persona_cache import PersonaCache
from llm.spend_file import spend_path
from sim.app.settings import ConsoleSettings, Settings
from sim.app.talk_printer import TalkPrinter
from sim.app.town_models import TownModels
from sim.console import doors
from sim.console.commands import Console, row_of
from sim.console.completion import Words
from sim.console.desk import Desk, Scheduled
from sim.console.doors import Access, Door
from sim.console.llm_commands import LlmCommands
from sim.console.registry import Registry
from sim.console.standard_input import read_commands
from sim.console_feed import ConsoleFeed
from sim.events import Category
from sim.loop import Loop
from sim.world import World


@dataclass(frozen=True, slots=True)
class Behind:
    """What the commands act upon, and where their answers go."""

    loop: Loop
    models: TownModels
    settings: Settings
    personas: PersonaCache
    feed: ConsoleFeed  # of the window
    printer: TalkPrinter


def open_desk(behind: Behind, commands: tuple[Scheduled, ...]) -> Desk:
    """The desk, with the window's console and the given commands at it."""
    world, feed, wanted = behind.loop.world, behind.feed, behind.settings.console
    llm = LlmCommands(
        behind.models.desk,
        behind.settings.llm,
        behind.personas,
        lambda name: world.minds[row_of(world, name)].persona,
        world.persona_block,
    )

    def clear() -> None:
        feed.clear()
        behind.printer.clear()

    registry = Registry(Console(behind.loop, llm, clear).commands(), words_of(world))
    feed.complete = partial(registry.completions, door=_opened(doors.WINDOW, wanted.window))

    def answer(line: str, reply: str) -> None:
        behind.printer.answer(line, reply)
        if not line.startswith("view "):  # what reaches into the window is not told in it
            feed.tell(line, reply)

    desk = Desk(registry, answer, _opened(doors.OPTIONS, wanted.exec))
    desk.schedule(list(commands))
    return desk


def type_from_screen(desk: Desk, feed: ConsoleFeed, wanted: ConsoleSettings) -> None:
    """Once a frame: what was typed over the town."""
    for line in feed.take():
        desk.type(line, _opened(doors.WINDOW, wanted.window))


def open_doors(desk: Desk, wanted: ConsoleSettings, closing: ExitStack, *, fast: bool) -> None:
    """The terminal, where a person sits at it; else standard input."""
    if not _is_terminal(sys.stdin):
        door = _opened(doors.STANDARD_INPUT, wanted.standard_input)
        read_commands(partial(desk.type, door=door, waits=True))  # a pipe can wait; no line of it is lost
    elif wanted.line and not fast and _is_terminal(sys.stdout):
        from sim.console.terminal import TerminalConsole  # half a tenth of a second, for those who have one

        door = _opened(doors.TERMINAL, wanted.terminal)
        terminal = TerminalConsole(
            partial(desk.type, door=door), partial(desk.completions, door=door), history_path()
        )
        closing.callback(terminal.close)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def history_path() -> Path:
    """Where the terminal's lines are kept from run to run."""
    return spend_path().with_name("console-history")


def words_of(world: World) -> Words:
    """What may stand in the places of a command's usage."""

    def people() -> list[str]:
        return [persona.id for _, persona in world.roster.known()]

    return {
        "name": people,
        "agent_id": people,
        "c": lambda: [category.value for category in Category],
        "weather": lambda: WEATHERS,
        "event": lambda: list(world.lore.happenings.index),
        "talk": lambda: [str(talk) for talk in world.talks],
        "t": lambda: [topic.id for topic in world.lore.topics.topics],
        "topic": lambda: [topic.id for topic in world.lore.topics.topics],
        "kind": lambda: TIES,
    }


def _opened(door: Door, access: str) -> Door:
    """The door, as wide as the settings have it."""
    return Door(door.name, Access[access.upper()])
