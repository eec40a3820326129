"""A screen that nobody sees (Xvfb), the program in a window on it, and a hand on mouse and keyboard (xdotool)."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from sim.view.display import WINDOW_CLASS

ROOT: Final = Path(__file__).parents[2]
NEEDED: Final = ("Xvfb", "xdotool")
_SOON_S: Final = 60.0  # a loaded machine may take a while to show a window


def missing() -> list[str]:
    """The tools that this machine lacks."""
    return [tool for tool in NEEDED if shutil.which(tool) is None]


def _path(tool: str) -> str:
    found = shutil.which(tool)
    assert found is not None, f"{tool} is not installed"
    return found


@contextmanager
def screen(size: tuple[int, int]) -> Iterator[str]:
    """A display of that size; its name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [
            _path("Xvfb"),
            "-displayfd",
            str(write),
            "-screen",
            "0",
            f"{size[0]}x{size[1]}x24",
            "-nolisten",
            "tcp",
        ],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait(_SOON_S)


@dataclass
class Program:
    """The program on a display."""

    process: subprocess.Popen[str]
    display: str
    window: str = ""
    _said: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        assert self.process.stdout is not None
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        self.window = self._hand("search", "--sync", "--onlyvisible", "--class", WINDOW_CLASS).split()[0]
        self._hand("windowfocus", "--sync", self.window)

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self._said.put(line.rstrip())
        self._said.put(None)

    def line_with(self, text: str) -> str:
        """The next line of its output that holds a text."""
        while (line := self._said.get(timeout=_SOON_S)) is not None:
            if text in line:
                return line
        raise AssertionError(f"the program ended without saying {text!r}")

    def key(self, *names: str) -> None:
        """Keys, pressed one after the other."""
        self._hand("key", "--delay", "40", *names)

    def type(self, text: str) -> None:
        """Letters, then Return."""
        self._hand("type", "--delay", "25", text)
        self.key("Return")

    def click(self, point: tuple[int, int]) -> None:
        """The left button, there."""
        self._hand("mousemove", "--window", self.window, str(point[0]), str(point[1]), "click", "1")

    def resize(self, size: tuple[int, int]) -> None:
        """The window gets another size."""
        self._hand("windowsize", "--sync", self.window, str(size[0]), str(size[1]))

    def _hand(self, *words: str) -> str:
        done = subprocess.run(
            [_path("xdotool"), *words],
            env=os.environ | {"DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=_SOON_S,
            check=True,
        )
        return done.stdout


@contextmanager
def program(display: str, folder: Path, *arguments: str) -> Iterator[Program]:
    """The program on a display, with a folder of its own to work in."""
    with subprocess.Popen(
        [sys.executable, "-u", str(ROOT / "run_world.py"), *arguments],
        cwd=folder,
        env=os.environ | {"DISPLAY": display, "SDL_VIDEODRIVER": "x11", "TWITCHMAN_STATE_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Program(process, display)
        finally:
            process.kill()
