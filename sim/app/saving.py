"""Saves while the town lives: photographed between two frames, written by a thread of its own."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from platformdirs import user_data_path

from llm.right_of_way import RightOfWay
from sim.app.options import program_version
from sim.app.settings import Settings
from sim.plain import Arrays
from sim.save_file import Saved, SaveError, pack, read_state, write_state
from sim.saved_state import photograph, plain_of, restore
from sim.world import World

log = logging.getLogger(__name__)

_CLOSE_S: Final = 1.5  # within which the last save is written when the program ends
_SETTINGS: Final = ("world", "conversation", "memory", "mods")  # that decide what a town becomes
_MAY_DIFFER: Final = ("world.autosave", "world.saves", "world.seed", "world.npcs", "world.file")


def saves_dir(settings: Settings) -> Path:
    """Where saves lie: the user's data folder, if no other is set."""
    return settings.world.saves or user_data_path("twitchman") / "saves"


def header_of(settings: Settings, seed: int, people: int) -> dict[str, Any]:
    """What a state only fits: seed, people, map and the settings that decide what a town becomes."""
    return {
        "version": program_version(),
        "seed": seed,
        "npcs": people,
        "map": hashlib.blake2b(settings.world.file.read_bytes(), digest_size=16).hexdigest(),
        "settings": _deciding(settings),
    }


def open_save(path: Path, settings: Settings) -> Saved:
    """A save that fits these settings; seed and people of the settings become the save's. Raises SaveError."""
    saved = read_state(path)
    try:
        seed, people = int(saved.header["seed"]), int(saved.header["npcs"])
        _check_fit(path, saved.header, header_of(settings, seed, people))
    except (KeyError, TypeError, ValueError) as error:
        raise SaveError(f"{path}: its header is no header of a town: {error!r}") from error
    settings.world.seed, settings.world.npcs = seed, people
    return saved


def put_back(world: World, saved: Saved) -> None:
    """Let a town that was founded anew be the one that was saved. Raises PlainError."""
    restore(world, saved.state, saved.arrays)


def _check_fit(path: Path, header: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    if header["map"] != here["map"]:
        raise SaveError(f"{path}: it was made on another map than world.file is now")
    for key, value in here["settings"].items():
        before = header["settings"].get(key, value)
        if before != value:
            raise SaveError(
                f"{path}: it was made with {key}={before}, and here it is {value}: set it so to go on"
            )


def _deciding(settings: Settings) -> dict[str, Any]:
    told = settings.model_dump(mode="json", include=set(_SETTINGS))
    flat = {f"{group}.{key}": value for group in _SETTINGS for key, value in told[group].items()}
    return {key: value for key, value in flat.items() if key not in _MAY_DIFFER}


@dataclass(slots=True)
class Saver:
    """Called in the slack of each frame: saves when it is time to, or when somebody asked."""

    world: World
    path: Path
    header: Mapping[str, Any]
    tell: Callable[[str], None]
    every_s: float | None  # None: only when somebody asks
    way: RightOfWay = field(default_factory=RightOfWay)
    now_s: Callable[[], float] = time.monotonic
    written: int = 0
    _asked: bool = False
    _busy: bool = False
    _failed: str = ""
    _saved_s: float = 0.0
    _todo: SimpleQueue[tuple[int, dict[str, Any]] | None] = field(default_factory=SimpleQueue)
    _done: SimpleQueue[str] = field(default_factory=SimpleQueue)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._saved_s = self.now_s()

    def ask(self) -> None:
        """Save between this frame and the next, and say so."""
        self._asked = True

    def __call__(self) -> None:
        """In the slack of a frame."""
        while not self._done.empty():
            self._note(self._done.get_nowait())
        if not self._busy and (self._asked or self._is_due()):
            self._photograph()

    def close(self) -> None:
        """Save once more if that is done at all, and end the thread, within two seconds."""
        if self.every_s is not None or self._asked:
            self._photograph()
        if self._thread is not None:
            self._todo.put(None)
            self._thread.join(_CLOSE_S)
        while not self._done.empty():
            self._note(self._done.get_nowait())

    def _is_due(self) -> bool:
        return self.every_s is not None and self.now_s() - self._saved_s >= self.every_s

    def _photograph(self) -> None:
        self._busy, self._saved_s = True, self.now_s()
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="saves", daemon=True)
            self._thread.start()
        self._todo.put((self.world.tick, photograph(self.world)))

    def _note(self, failure: str) -> None:
        """A state is written, or was not; a failure is told once, and tried again when the next is due."""
        self._busy = False
        self.written += not failure
        if failure and failure != self._failed:
            self.tell(f"not saved: {failure}; the last save is as it was, and it is tried again")
        elif self._asked and not failure:
            self.tell(f"saved as {self.path.stem}")
        self._asked, self._failed = False, failure

    # -- the thread's side

    def _write_all(self) -> None:
        while (todo := self._todo.get()) is not None:
            try:
                self._write(*todo)
            except (SaveError, OSError) as error:
                log.warning("save.failed", extra={"why": str(error)})
                self._done.put(str(error))
            except Exception as error:  # the thread's outer wall: the town must be told
                log.exception("save.failed")
                self._done.put(repr(error))
            else:
                self._done.put("")

    def _write(self, tick: int, photo: dict[str, Any]) -> None:
        arrays: Arrays = []
        state = plain_of(photo, arrays, self.way.heed)
        packed = pack(state, arrays, self.way.heed)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        write_state(self.path, tick, {**self.header, "made": made}, packed)
