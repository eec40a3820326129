"""Mods: folders that lie over `assets/`, each with the same tree. What a later one has, by name, counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.toml_files import nearest

ALL: Final = "all"
TREES: Final = ("personas", "templates", "world")  # what a mod may lay its own over


class ModError(Exception):
    """A mod that was asked for is not there. One line."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The bundled files, and the mods over them, the last one uppermost."""

    base: Path
    mods: tuple[Path, ...] = ()

    def find(self, name: str) -> Path:
        """Where a file lies, such as `world/needs.toml`: in the last mod that has it, else with the bundled ones."""
        return next((mod / name for mod in reversed(self.mods) if (mod / name).is_file()), self.base / name)

    def folders(self, name: str) -> tuple[Path, ...]:
        """A folder's layers, lowest first: of files with one name the last counts."""
        return (self.base / name, *(mod / name for mod in self.mods if (mod / name).is_dir()))

    def overlaid(self) -> Iterator[tuple[str, str]]:
        """(mod, file) of all that lies over something bundled or beside it."""
        for mod in self.mods:
            for tree in TREES:
                for path in sorted((mod / tree).glob("*.toml")):
                    yield mod.name, path.relative_to(mod).as_posix()


def assets_with(base: Path, folder: Path, enabled: Sequence[str] | str = ALL) -> Assets:
    """The bundled files under the mods of a folder, in the alphabet's order. Raises ModError."""
    there = {path.name: path for path in sorted(folder.glob("*")) if path.is_dir()}
    if enabled == ALL:
        return Assets(base, tuple(there.values()))
    for name in enabled:
        if name not in there:
            raise ModError(f"{folder / name}: there is no such mod{nearest(name, there) if there else ''}")
    return Assets(base, tuple(path for name, path in there.items() if name in enabled))
