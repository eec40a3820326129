"""A slot of saves: a folder with the newest few, each a recording of its own. One that cannot be read is put aside.

Damage to one file leaves the others; what is put aside keeps its name and has a note beside it that says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.packing import SaveError
from sim.recording import Recording, discard, read_recording

GENERATIONS: Final = 3
SUFFIX: Final = ".save"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FILE: Final = re.compile(r"([0-9]{6,12})\.save")
_ASIDE: Final = "damaged"


@dataclass(frozen=True, slots=True)
class Slot:
    """All saves under one name."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SaveError(
                f"{self.name!r} is no name of a save; expected small letters, digits, - and _, at most 40"
            )

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self.folder / self.name

    @property
    def old_path(self) -> Path:
        """Where a save of the first schema lies: it was one file."""
        return self.folder / f"{self.name}{SUFFIX}"

    def files(self) -> list[Path]:
        """Of its saves, the newest first."""
        if self.path.is_symlink() or not self.path.is_dir():
            return []
        return sorted(
            (path for path in self.path.iterdir() if _FILE.fullmatch(path.name)), key=_number, reverse=True
        )

    def next_path(self) -> Path:
        """Where the next save goes. Raises SaveError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SaveError(f"{self.path}: cannot be written: {error}") from error
        if self.path.is_symlink():
            raise SaveError(f"{self.path}: it is a link; expected a folder")
        return self.path / f"{max(map(_number, self.files()), default=0) + 1:06}{SUFFIX}"

    def forget_old(self) -> None:
        """Keep the newest few. Raises OSError."""
        for path in self.files()[GENERATIONS:]:
            discard(path)

    def newest(self) -> tuple[Recording, list[str]]:
        """The newest that can be read, and what was put aside to get at it. Raises SaveError."""
        told: list[str] = []
        for path in self.files():
            try:
                return read_recording(path), told
            except SaveError as error:
                told.append(f"{error}; {put_aside(path, str(error))}")
        if not told and self.old_path.is_file():
            return read_recording(self.old_path), told
        raise SaveError("; ".join(told) or f"{self.path}: there is no such save")


def slots_in(folder: Path) -> list[Slot]:
    """All that hold a save, by name."""
    if not folder.is_dir():
        return []
    names = {path.name.removesuffix(SUFFIX) for path in folder.iterdir()}
    slots = [Slot(folder, name) for name in sorted(names) if _NAME.fullmatch(name)]
    return [slot for slot in slots if slot.files() or slot.old_path.is_file()]


def put_aside(path: Path, why: str) -> str:
    """Out of the way of those that can be read, with the reason beside it; what became of it."""
    aside = path.parent / _ASIDE / path.name
    try:
        aside.parent.mkdir(exist_ok=True)
        for suffix in ("-wal", "-shm", ""):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
        aside.with_suffix(".txt").write_text(f"{why}\n", encoding="utf-8")
    except OSError as error:
        return f"it could not be put aside: {error}"
    return f"it was put aside as {aside}"


def _number(path: Path) -> int:
    return int(path.name.removesuffix(SUFFIX))
