"""Commands by name: what a person types, matched to what the program can do. Knows no command itself."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

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


class Registry:
    """All commands of one program."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = {command.name: command for command in commands}

    def run(self, line: str) -> Reply:
        """Do what a line says; a mistake comes back as a line that says so."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            return f"cannot read {line!r}: {error}"
        if not words:
            return ""
        if words[0] == "help":
            return self.help(" ".join(words[1:]))
        command = self._find(words)
        if command is None:
            return self._unknown(line.strip())
        try:
            return command.run(words[len(command.name.split()) :])
        except CommandError as error:
            return f"{command.name}: {error}"

    def help(self, about: str = "") -> str:
        """One command, a group of them, or all."""
        chosen = [
            c for name, c in sorted(self._commands.items()) if name == about or name.startswith(f"{about} ")
        ]
        if about and not chosen:
            return self._unknown(about)
        if not about:
            chosen = [command for _, command in sorted(self._commands.items())]
        width = max(len(f"{command.name} {command.usage}") for command in chosen)
        return "\n".join(f"{f'{c.name} {c.usage}':<{width}}  {c.help}" for c in chosen)

    def names(self) -> list[str]:
        """All command names, sorted."""
        return sorted(self._commands)

    def _find(self, words: Sequence[str]) -> Command | None:
        for length in (2, 1):
            found = self._commands.get(" ".join(words[:length]))
            if found is not None:
                return found
        return None

    def _unknown(self, line: str) -> str:
        group = [name for name in self._commands if name.startswith(f"{line.split(maxsplit=1)[0]} ")]
        if group and " " not in line:
            return f"no such command: {line}; there is {', '.join(sorted(group))}"
        begun = [name for name in self.names() if name.startswith(line)][:_MOST_MEANT]
        near = begun or difflib.get_close_matches(line, self.names(), n=1, cutoff=0.5)
        if near:
            return f"no such command: {line}; did you mean {' or '.join(map(repr, near))}?"
        if group:
            return f"no such command: {line}; there is {', '.join(sorted(group))}"
        return f"no such command: {line}; 'help' lists them"
