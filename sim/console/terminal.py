"""The console on a terminal: a line to type in below the talk, with completion, history and colours.

A daemon thread reads; what it reads goes to the desk like any other line. While it reads, everything that is printed
appears above the line that is being typed.
"""

from __future__ import annotations

import signal
import threading
from _thread import interrupt_main as interrupt
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import HTML
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

_PROMPT: Final = HTML("<prompt>&gt; </prompt>")
_STYLE: Final = Style.from_dict({"prompt": "ansiyellow bold", "bottom-toolbar": "noreverse ansibrightblack"})
_HINT: Final = " Tab completes, ↑ recalls, help lists what there is, quit or Ctrl-C ends it"
_MENU_LINES: Final = 4  # below the line, for what it may become
_LEAVE_S: Final = 0.5  # how long the end of the program waits until the terminal is as it was


class Completing(Completer):
    """Offers what the registry would."""

    def __init__(self, completions: Callable[[str], Sequence[str]]) -> None:
        self._completions = completions

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        """Every line that this one may become, shown as what would be added."""
        typed = document.text_before_cursor
        for line in self._completions(typed):
            yield Completion(line, start_position=-len(typed), display=line.removeprefix(_kept(typed)))


def _kept(typed: str) -> str:
    """The words that stand already."""
    return typed[: typed.rfind(" ") + 1]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a session reads from and writes to; prompt_toolkit's own finding of the terminal, where None."""

    reads: Input | None = None
    writes: Output | None = None


class TerminalConsole:
    """Reads lines until it is closed. Ctrl-C ends the program as it does without a console; Ctrl-D does nothing."""

    def __init__(
        self,
        type_line: Callable[[str], None],
        completions: Callable[[str], Sequence[str]],
        history: Path | None,
        screen: Screen | None = None,
    ) -> None:
        screen = screen or Screen()
        self._type = type_line
        self._session: PromptSession[str] = PromptSession(
            _PROMPT,
            completer=Completing(completions),
            complete_while_typing=False,
            history=_kept_in(history),
            key_bindings=_keys(),
            style=_STYLE,
            bottom_toolbar=_HINT,
            erase_when_done=True,  # the answer says again what was asked
            reserve_space_for_menu=_MENU_LINES,
            input=screen.reads,
            output=screen.writes,
        )
        self._closing = False
        self._thread = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether it still reads."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Give the terminal back as it was."""
        self._closing = True
        app = self._session.app
        if app.loop is not None and self._thread.is_alive():
            app.loop.call_soon_threadsafe(self._leave)
        self._thread.join(_LEAVE_S)

    def _leave_at_once(self) -> None:
        """A line is begun: not if it is all over, which may be since just now."""
        if self._closing:
            self._leave()

    def _leave(self) -> None:
        with suppress(Exception):  # it may just have left of its own accord
            self._session.app.exit(result="")

    def _read(self) -> None:
        with patch_stdout(raw=True):
            while not self._closing:
                try:
                    line = self._session.prompt(handle_sigint=False, pre_run=self._leave_at_once)
                except KeyboardInterrupt:
                    interrupt(signal.SIGINT)
                    return
                except EOFError:  # the terminal itself has gone
                    return
                if line.strip():
                    self._type(line.strip())


def _keys() -> KeyBindings:
    """Ctrl-D does nothing: the end of input is not the end of the town."""
    keys = KeyBindings()
    keys.add("c-d")(lambda _event: None)
    return keys


def _kept_in(path: Path | None) -> History:
    """The lines of earlier runs; of this one alone, where nothing can be kept."""
    if path is None:
        return InMemoryHistory()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return FileHistory(str(path))
    return InMemoryHistory()
