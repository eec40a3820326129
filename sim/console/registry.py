"""Commands by name: what a person types, matched to what the program can do. Knows no command itself."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sim.console.completion import Words, completions
from sim.console.doors import OPTIONS, Access, Door

_MOST_MEANT: Final = 3  # names in one hint
Later = Callable[[], str | None]  # asked once a frame until it answers
Reply = str | Later


class CommandError(Exception):
    """The command cannot be done. One line for who typed it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, what may follow them, and what it does."""

    name: str  # "llm status"
    usage: str  # what follows the name, "" for nothing
    help: str  # one line
    run: Callable[[Sequence[str]], Reply]
    access: Access = Access.SEE


class Registry:
    """All commands of one program."""

    def __init__(self, commands: Iterable[Command], words: Words | None = None) -> None:
        self._commands = {command.name: command for command in commands}
        self._words = words or {}

    def run(self, line: str, door: Door = OPTIONS) -> Reply:
        """Do what a line says, if it may come from there; a mistake comes back as a line that says so."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            return f"cannot read {line!r}: {error}"
        if not words:
            return ""
        if words[0] == "help":
            return self.help(" ".join(words[1:]), door)
        command = self._find(words)
        if command is None:
            return self._unknown(line.strip(), door)
        return _done(command, words[len(command.name.split()) :], door)

    def help(self, about: str = "", door: Door = OPTIONS) -> str:
        """One command, a group of them, or all: of those that may come from there."""
        allowed = [self._commands[name] for name in self.names(door)]
        chosen = [c for c in allowed if not about or c.name == about or c.name.startswith(f"{about} ")]
        if not chosen:
            return self._unknown(about, door)
        width = max(len(f"{command.name} {command.usage}") for command in chosen)
        return "\n".join(f"{f'{c.name} {c.usage}':<{width}}  {c.help}" for c in chosen)

    def names(self, door: Door = OPTIONS) -> list[str]:
        """The names of all commands that may come from there, sorted."""
        return sorted(name for name, command in self._commands.items() if command.access <= door.access)

    def completions(self, typed: str, door: Door = OPTIONS) -> list[str]:
        """What a line may become, as whole lines."""
        usages = {name: self._commands[name].usage for name in self.names(door)} | {"help": "[command]"}
        return completions(typed, usages, {**self._words, "command": lambda: self.names(door)})

    def _find(self, words: Sequence[str]) -> Command | None:
        for length in (2, 1):
            found = self._commands.get(" ".join(words[:length]))
            if found is not None:
                return found
        return None

    def _unknown(self, line: str, door: Door) -> str:
        names = self.names(door)
        group = [name for name in names if name.startswith(f"{line.split(maxsplit=1)[0]} ")]
        if group and " " not in line:
            return f"no such command: {line}; there is {', '.join(group)}"
        begun = [name for name in names if name.startswith(line)][:_MOST_MEANT]
        near = begun or difflib.get_close_matches(line, names, n=1, cutoff=0.5)
        if near:
            return f"no such command: {line}; did you mean {' or '.join(map(repr, near))}?"
        if group:
            return f"no such command: {line}; there is {', '.join(group)}"
        return f"no such command: {line}; 'help' lists them"


def _done(command: Command, words: Sequence[str], door: Door) -> Reply:
    """A command's answer, or in one line why there is none."""
    if command.access > door.access:
        return f"{command.name}: not from {door.name}, which may {door.access.name.lower()} at most"
    try:
        return command.run(words)
    except CommandError as error:
        return f"{command.name}: {error}"
