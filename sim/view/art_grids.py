"""Reading the text grids that all art is written in: palette, grids, and errors that name file and line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

TILE: Final = (16, 16)  # pixels, width and height
PERSON: Final = (16, 24)
DIRS: Final = ("down", "left", "right", "up")  # the order of a person's columns in a sheet
FRAMES: Final = 4  # 0 stands, 1 to 3 walk
CLEAR: Final = "."

Pixels = npt.NDArray[np.uint8]  # rows, columns, RGBA
Rgba = tuple[int, int, int, int]
Palette = Mapping[str, Rgba]


class ArtError(Exception):
    """A text grid does not say what it should; the message names file and line."""

    def __init__(self, path: Path, line: int, expected: str) -> None:
        super().__init__(f"{path}:{line}: expected {expected}")


@dataclass(frozen=True, slots=True)
class Grid:
    """One named picture as written: its properties, its rows of palette characters, and where it stands."""

    name: str
    properties: Mapping[str, str]
    rows: tuple[str, ...]
    path: Path
    line: int


def written_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text source with their numbers, less blank ones and comments."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith(";"):
            yield number, line.rstrip()


def read_palette(path: Path) -> dict[str, Rgba]:
    """Every palette character with its colour; no colour twice, because people are dressed by swapping colours."""
    palette: dict[str, Rgba] = {CLEAR: (0, 0, 0, 0)}
    names: set[str] = set()
    for number, line in written_lines(path):
        match line.split():
            case [char, name, colour] if len(char) == 1:
                rgba = _colour(path, number, colour)
                if char in palette or name in names or rgba in palette.values():
                    raise ArtError(path, number, f"a character, name and colour not used above, not {line!r}")
                names.add(name)
                palette[char] = rgba
            case _:
                raise ArtError(path, number, f"'CHAR name #rrggbb', not {line!r}")
    return palette


def _colour(path: Path, number: int, text: str) -> Rgba:
    try:
        parts = bytes.fromhex(text.removeprefix("#"))
    except ValueError:
        parts = b""
    if not text.startswith("#") or len(parts) not in {3, 4}:
        raise ArtError(path, number, f"a colour #rrggbb or #rrggbbaa, not {text!r}")
    return parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else 255


def read_grids(path: Path, size: tuple[int, int], palette: Palette) -> list[Grid]:
    """All grids of one file, each checked for its size and its characters."""
    lines = list(written_lines(path))
    starts = [at for at, (_, line) in enumerate(lines) if line.startswith("@ ")]
    if lines and (not starts or starts[0] != 0):
        raise ArtError(path, lines[0][0], f"a header '@ name key=value', not {lines[0][1]!r}")
    ends = [*starts[1:], len(lines)]
    return [_grid(path, lines[start:end], size, palette) for start, end in zip(starts, ends, strict=True)]


def _grid(path: Path, block: Sequence[tuple[int, str]], size: tuple[int, int], palette: Palette) -> Grid:
    (number, header), *rows = block
    width, height = size
    _, name, *pairs = header.split()
    for at, row in rows:
        strange = sorted(set(row) - set(palette))
        if len(row) != width:
            raise ArtError(path, at, f"{width} characters in a row of {name!r}, not {len(row)}")
        if strange:
            raise ArtError(path, at, f"characters of the palette in {name!r}, not {' '.join(strange)!r}")
    if len(rows) != height:
        raise ArtError(path, number, f"{height} rows under {name!r}, not {len(rows)}")
    return Grid(name, _properties(path, number, pairs), tuple(row for _, row in rows), path, number)


def _properties(path: Path, number: int, pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value) or key in found:
            raise ArtError(path, number, f"'key=value', each key once, not {pair!r}")
        found[key] = value
    return found


def pixels_of(grid: Grid, palette: Palette) -> Pixels:
    """The grid's picture: rows by columns by RGBA."""
    return np.array([[palette[char] for char in row] for row in grid.rows], dtype=np.uint8)
