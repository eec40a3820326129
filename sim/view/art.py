"""Text grids in, sprite sheets out: the art of the town is source code like the rest.

The rule: a picture under `assets/sheets/` says nothing that a text grid under `assets/art/` does not say.
Drawing here needs no display. Run as `python -m sim.view.art` to compile, with `--check` to compare.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pygame

from sim.view.art_grids import (
    DIRS,
    FRAMES,
    PERSON,
    TILE,
    ArtError,
    Grid,
    Palette,
    Pixels,
    pixels_of,
    read_grids,
    read_palette,
    written_lines,
)
from sim.view.art_seasons import in_season, read_seasons

# fmt: off
__all__ = [  # what is read stays importable from here
    "ASSETS", "COLUMNS", "DIRS", "FRAMES", "PERSON", "TILE", "ArtError", "Compiled", "Grid", "Palette", "Person",
    "Pixels", "compile_art", "differing", "main", "people_sheet", "pixels_of", "read_grids", "read_palette",
    "read_people", "read_tiles", "sunk", "tile_sheet", "tileset", "write", "written_lines",
]
# fmt: on

ASSETS: Final = Path(__file__).resolve().parents[2] / "assets"
COLUMNS: Final = 16  # tiles in a row of the tile sheet


@dataclass(frozen=True, slots=True)
class Person:
    """All frames of one named person layer, keyed by direction and frame number."""

    name: str
    frames: dict[tuple[str, int], Pixels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything the compiler makes, by file under `assets/`."""

    sheets: Mapping[str, Pixels]
    documents: Mapping[str, Any]


# --- tiles -----------------------------------------------------------------------------------------------


def read_tiles(folder: Path, palette: Palette) -> list[tuple[str, Grid]]:
    """Every tile with its class (the file it stands in), in the order that is its id."""
    order = folder / "order.txt"
    tiles: dict[str, tuple[str, Grid]] = {}
    for path in sorted(folder.glob("*.txt")):
        for grid in [] if path == order else read_grids(path, TILE, palette):
            if grid.name in tiles:
                raise ArtError(path, grid.line, f"a tile name not used before, not {grid.name!r}")
            tiles[grid.name] = (path.stem, grid)
    return [tiles[name] for name in _in_order(order, tiles)]


def _in_order(order: Path, tiles: Mapping[str, tuple[str, Grid]]) -> list[str]:
    names: list[str] = []
    for number, line in written_lines(order):
        if line not in tiles or line in names:
            raise ArtError(order, number, f"the name of a drawn tile, once, not {line!r}")
        names.append(line)
    for name, (_, grid) in tiles.items():
        if name not in names:
            raise ArtError(grid.path, grid.line, f"tile {name!r} to stand in {order.name} (append it)")
    return names


def tile_sheet(tiles: Sequence[tuple[str, Grid]], palette: Palette) -> Pixels:
    """All tiles on one sheet, row by row in the order of their ids."""
    width, height = TILE
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.zeros((rows * height, COLUMNS * width, 4), dtype=np.uint8)
    for at, (_, grid) in enumerate(tiles):
        y, x = at // COLUMNS * height, at % COLUMNS * width
        sheet[y : y + height, x : x + width] = pixels_of(grid, palette)
    return sheet


def tileset(tiles: Sequence[tuple[str, Grid]], sheet: Pixels) -> dict[str, Any]:
    """The Tiled tileset that goes with the sheet: what each tile is, and whether one can walk on it."""
    width, height = TILE
    return {
        "columns": COLUMNS,
        "image": "../sheets/tiles.png",
        "imageheight": sheet.shape[0],
        "imagewidth": sheet.shape[1],
        "margin": 0,
        "name": "tiles",
        "spacing": 0,
        "tilecount": len(tiles),
        "tiledversion": "1.10.2",
        "tileheight": height,
        "tiles": [_tile_entry(at, theme, grid) for at, (theme, grid) in enumerate(tiles)],
        "tilewidth": width,
        "type": "tileset",
        "version": "1.10",
    }


def _tile_entry(tile_id: int, theme: str, grid: Grid) -> dict[str, Any]:
    properties = {"name": grid.name, **grid.properties}
    typed = [_typed(key, value) for key, value in sorted(properties.items())]
    return {"id": tile_id, "properties": typed, "type": theme}


def _typed(key: str, text: str) -> dict[str, Any]:
    if text in {"true", "false"}:
        return {"name": key, "type": "bool", "value": text == "true"}
    if text.isdecimal():
        return {"name": key, "type": "int", "value": int(text)}
    return {"name": key, "type": "string", "value": text}


# --- people ----------------------------------------------------------------------------------------------


def read_people(folder: Path, palette: Palette) -> dict[str, list[Person]]:
    """Every layer of people (one file each) with its names in the order of the file."""
    bob = _bob(folder / "body.txt", palette)
    return {path.stem: _layer(path, palette, bob) for path in sorted(folder.glob("*.txt"))}


def _layer(path: Path, palette: Palette, bob: Mapping[int, int]) -> list[Person]:
    people: dict[str, Person] = {}
    for grid in read_grids(path, PERSON, palette):
        key = _facing(grid)
        person = people.setdefault(grid.name, Person(grid.name))
        if key in person.frames:
            raise ArtError(path, grid.line, f"each direction and frame of {grid.name!r} once")
        person.frames[key] = pixels_of(grid, palette)
    for person in people.values():
        _complete(person, path, bob)
    return list(people.values())


def _facing(grid: Grid) -> tuple[str, int]:
    direction, frame = grid.properties.get("dir", ""), grid.properties.get("frame", "")
    if direction not in DIRS or frame not in {str(number) for number in range(FRAMES)}:
        raise ArtError(grid.path, grid.line, f"dir={'|'.join(DIRS)} and frame=0..{FRAMES - 1}")
    return direction, int(frame)


def _bob(body: Path, palette: Palette) -> dict[int, int]:
    """How many rows the whole figure sinks in each frame: `bob=0,1,0,1` on the first block of body.txt."""
    grids = read_grids(body, PERSON, palette) if body.exists() else []
    text = grids[0].properties.get("bob", "") if grids else ""
    return {frame: int(dy) for frame, dy in enumerate(text.split(","))} if text else {}


def _complete(person: Person, path: Path, bob: Mapping[int, int]) -> None:
    """Add what was left out: a walking frame repeats the standing one, and right mirrors left."""
    for direction in DIRS:
        source = "left" if direction == "right" and ("right", 0) not in person.frames else direction
        if (source, 0) not in person.frames:
            raise ArtError(path, 1, f"frame 0 of {person.name!r} with dir={source}")
        for frame in range(FRAMES):
            if (direction, frame) not in person.frames:
                person.frames[direction, frame] = _derived(person, (direction, frame), source, bob)


def _derived(person: Person, key: tuple[str, int], source: str, bob: Mapping[int, int]) -> Pixels:
    direction, frame = key
    if source != direction:
        return person.frames[source, frame][:, ::-1]
    return sunk(person.frames[direction, 0], bob.get(frame, 0))


def sunk(picture: Pixels, rows: int) -> Pixels:
    """The picture moved down by *rows* (up if negative); what leaves the frame is lost."""
    moved = np.roll(picture, rows, axis=0)
    if rows > 0:
        moved[:rows] = 0
    elif rows < 0:
        moved[rows:] = 0
    return moved


def people_sheet(people: Sequence[Person]) -> Pixels:
    """One row for each name; columns are down 0-3, left 0-3, right 0-3, up 0-3."""
    rows = [
        np.concatenate([person.frames[d, f] for d in DIRS for f in range(FRAMES)], axis=1)
        for person in people
    ]
    return np.concatenate(rows, axis=0)


# --- writing and comparing -------------------------------------------------------------------------------


def compile_art(art: Path) -> Compiled:
    """Everything that the text sources under *art* say, as pictures and documents."""
    palette = read_palette(art / "palette.txt")
    tiles = read_tiles(art / "tiles", palette)
    layers = {name: people for name, people in read_people(art / "people", palette).items() if people}
    sheet = tile_sheet(tiles, palette)
    seasons = read_seasons(art / "seasons.toml", art / "palette.txt", tiles)
    changed = {
        f"sheets/tiles_{season}.png": tile_sheet(in_season(tiles, rules), palette)
        for season, rules in seasons.items()
    }
    people = {f"sheets/people_{name}.png": people_sheet(drawn) for name, drawn in layers.items()}
    return Compiled(
        sheets={"sheets/tiles.png": sheet, **changed, **people},
        documents={
            "maps/tiles.tsj": tileset(tiles, sheet),
            "sheets/people.json": {name: [person.name for person in drawn] for name, drawn in layers.items()},
        },
    )


def write(compiled: Compiled, assets: Path) -> None:
    """Put every sheet and document where the view and Tiled look for them."""
    for name, pixels in compiled.sheets.items():
        (assets / name).parent.mkdir(parents=True, exist_ok=True)
        height, width, _ = pixels.shape
        surface = pygame.image.frombuffer(np.ascontiguousarray(pixels).tobytes(), (width, height), "RGBA")
        pygame.image.save(surface, str(assets / name))
    for name, document in compiled.documents.items():
        (assets / name).parent.mkdir(parents=True, exist_ok=True)
        (assets / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def differing(compiled: Compiled, assets: Path) -> list[str]:
    """The files under *assets* that do not show what the sources say; pixels count, not PNG bytes."""
    sheets = [name for name, pixels in compiled.sheets.items() if not _same(assets / name, pixels)]
    documents = [name for name, said in compiled.documents.items() if _document(assets / name) != said]
    return [*sheets, *documents]


def _same(path: Path, pixels: Pixels) -> bool:
    if not path.exists():
        return False
    surface = pygame.image.load(str(path))
    return (
        pygame.image.tobytes(surface, "RGBA") == pixels.tobytes()
        and surface.get_size() == pixels.shape[1::-1]
    )


def _document(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile the art, or with --check say which compiled files are out of date."""
    parser = argparse.ArgumentParser(prog="python -m sim.view.art", description="Compile the town's art.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    parser.add_argument("--assets", type=Path, default=ASSETS, help="the folder that holds art/ and sheets/")
    options = parser.parse_args(arguments)
    try:
        compiled = compile_art(options.assets / "art")
    except ArtError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.check:
        write(compiled, options.assets)
    different = differing(compiled, options.assets)
    for name in different:
        print(f"differs from its source: {name} (run `make art`)", file=sys.stderr)
    if not different:
        print(
            f"{len(compiled.sheets)} sheets and {len(compiled.documents)} documents say what their sources say"
        )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
