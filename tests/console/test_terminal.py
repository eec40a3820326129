"""The console on a terminal, over a terminal that is only pretended: what is typed arrives, and it always ends."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from sim.console import terminal
from sim.console.terminal import Completing, Screen, TerminalConsole

_SOON_S = 10.0


@dataclass
class Typist:
    """Somebody at a keyboard, and what the program was handed."""

    keys: PipeInput
    lines: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def line(self) -> str:
        """The next one that arrives."""
        return self.lines.get(timeout=_SOON_S)


@contextmanager
def at_terminal(history: Path | None = None) -> Iterator[tuple[Typist, TerminalConsole]]:
    """A console over a pretended terminal; closed at the end."""
    with create_pipe_input() as keys:
        typist = Typist(keys)
        console = TerminalConsole(
            typist.lines.put,
            lambda typed: [name for name in ("status", "world pause") if name.startswith(typed)],
            history,
            Screen(keys, DummyOutput()),
        )
        yield typist, console
        console.close()
        assert not console.is_open


@pytest.mark.slow
def test_lines_arrive_in_order_and_blank_ones_do_not() -> None:
    """Each stripped of what is around it."""
    with at_terminal() as (typist, _):
        typist.keys.send_text("  why mira \r\r   \rstatus\r")
        assert [typist.line(), typist.line()] == ["why mira", "status"]


def test_tab_offers_whole_lines_and_shows_what_would_be_added() -> None:
    """Of a line with arguments, the argument."""
    completer = Completing(lambda typed: [f"{typed}ra", f"{typed}ke"])
    offered = list(completer.get_completions(Document("why mi"), CompleteEvent()))
    assert [one.text for one in offered] == ["why mira", "why mike"]
    assert [one.display_text for one in offered] == ["mira", "mike"]
    assert {one.start_position for one in offered} == {-len("why mi")}


@pytest.mark.slow
def test_the_arrow_recalls_what_an_earlier_run_was_told(tmp_path: Path) -> None:
    """The history is a file."""
    history = tmp_path / "kept" / "history"
    with at_terminal(history) as (typist, _):
        typist.keys.send_text("world pause\r")
        assert typist.line() == "world pause"
    assert "world pause" in history.read_text(encoding="utf-8")
    with at_terminal(history) as (typist, _):
        typist.keys.send_text("\x1b[A\r")
        assert typist.line() == "world pause"


@pytest.mark.slow
def test_the_end_of_input_is_not_the_end_of_the_program() -> None:
    """Ctrl-D on an empty line does nothing; the next line is read."""
    with at_terminal() as (typist, _):
        typist.keys.send_text("\x04status\r")
        assert typist.line() == "status"


@pytest.mark.slow
def test_ctrl_c_interrupts_the_program_as_without_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """The main thread gets the signal that it would have got."""
    interrupted: queue.SimpleQueue[int] = queue.SimpleQueue()
    monkeypatch.setattr(terminal, "interrupt", interrupted.put)
    with at_terminal() as (typist, _):
        typist.keys.send_text("sta\x03")
        assert interrupted.get(timeout=_SOON_S)
