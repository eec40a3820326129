"""The town as read from its Tiled map: layers of tiles, what can be walked on, and the named places.

More people than one map has room for live in districts: the same map again and again, in a grid. Tiles and places are
then numbered through all of them: a tile by the district's column and line, a place by its district times the map's places, and its own number on top.
Nothing here draws, and nothing here changes after loading.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytiled_parser
from numpy.typing import NDArray
from pytiled_parser.tiled_object import TiledObject

TILE_LAYERS: Final = ("ground", "decor", "above", "collision")
PEOPLE_A_DISTRICT: Final = 200
_KINDS: Final = ("work", "public", "home")
_LEAF: Final = "leaf"
_GID_MASK: Final = 0x0FFF_FFFF  # the four high bits of a gid are Tiled's flip flags

Ints = NDArray[np.int64]


class MapError(Exception):
    """The map cannot be used. One line that names the file and what was expected."""


@dataclass(frozen=True, slots=True)
class Place:
    """A named rectangle of the map, in tiles, and the tiles in it that one can stand on."""

    id: str
    title: str  # as people say it: "the bakery"
    kind: str  # work, public or home
    indoor: bool
    capacity: int
    left: int
    top: int
    width: int
    height: int
    spots: tuple[tuple[int, int], ...]  # (x, y) tiles, best first

    def holds(self, tile_x: int, tile_y: int) -> bool:
        """Whether a tile lies in the rectangle."""
        return self.left <= tile_x < self.left + self.width and self.top <= tile_y < self.top + self.height


@dataclass(frozen=True)
class Town:
    """A map that has been read and checked."""

    path: Path
    width: int  # tiles
    height: int  # tiles
    tile_px: int
    tileset_image: Path
    tile_columns: int  # of the tileset's image
    layers: dict[str, NDArray[np.int32]]  # name -> (height, width) local tile ids, -1 for none
    walkable: NDArray[np.bool_]  # (height, width)
    road: NDArray[np.bool_]  # (height, width): paving that people prefer to walk on
    places: tuple[Place, ...]
    spawns: tuple[tuple[int, int, str], ...]  # (x, y) tile and place id
    lights: tuple[
        tuple[int, int, int], ...
    ] = ()  # (x, y) tile, and how far it shines by night, in map pixels
    seats: tuple[tuple[int, int, str], ...] = ()  # (x, y) tile, and where one looks who sits there
    beds: tuple[tuple[int, int], ...] = ()  # (x, y) tile of the pillow
    doors: tuple[tuple[int, int], ...] = ()  # (x, y) tile of the doorstep
    door_leaf: int | None = None  # the tile that shows a shut door
    districts: int = 1  # how often the map lies side by side

    @cached_property
    def districts_across(self) -> int:
        """How many lie beside each other; the last line of them may be shorter."""
        return math.isqrt(self.districts - 1) + 1

    @cached_property
    def size(self) -> tuple[int, int]:
        """Tiles of all districts together, those that the last line lacks included."""
        across = self.districts_across
        return across * self.width, -(-self.districts // across) * self.height

    def district_of_row(self, row: int) -> int:
        """Where that person lives: two hundred to a district; who comes when all are full, where chance has it."""
        return row // PEOPLE_A_DISTRICT % self.districts

    def districts_of_rows(self, rows: Ints) -> Ints:
        """The same for many."""
        return rows // PEOPLE_A_DISTRICT % self.districts

    def districts_between(self, here: Ints, there: Ints) -> Ints:
        """How many borders lie between each two, by streets."""
        if self.districts == 1:
            return np.zeros_like(there)
        between: Ints = self._borders_between[here, there]
        return between

    @cached_property
    def _borders_between(self) -> Ints:
        """Of each district to each: looked up, for to divide millions of times takes a second."""
        down, right = np.divmod(np.arange(self.districts), self.districts_across)
        between: Ints = np.abs(np.subtract.outer(down, down)) + np.abs(np.subtract.outer(right, right))
        return between

    def has_district(self, right: int, down: int) -> bool:
        """Whether there is one so far to the right and down."""
        across = self.districts_across
        return 0 <= right < across and down >= 0 and down * across + right < self.districts

    @cached_property
    def place_index(self) -> dict[str, int]:
        """Place id -> index in `places`."""
        return {place.id: index for index, place in enumerate(self.places)}

    @cached_property
    def free_lines(self) -> tuple[bytes, ...]:
        """`walkable` for one tile at a time: a byte is had in a third of an array element's time."""
        return tuple(row.tobytes() for row in self.walkable)

    def is_free(self, tile_x: int, tile_y: int) -> bool:
        """Whether one can stand on a tile of any district; not beyond them."""
        right, x = divmod(tile_x, self.width)
        down, y = divmod(tile_y, self.height)
        return self.has_district(right, down) and self.free_lines[y][x] == 1

    def place_at(self, tile_x: int, tile_y: int) -> Place | None:
        """The first place that holds a tile, whichever the district."""
        x, y = tile_x % self.width, tile_y % self.height
        return next((place for place in self.places if place.holds(x, y)), None)


def districts_for(people: int) -> int:
    """How many districts so many people need."""
    return max(1, -(-people // PEOPLE_A_DISTRICT))


def with_districts(town: Town, count: int) -> Town:
    """The same map so many times side by side, in a grid that is as wide as it is high or a line wider."""
    return replace(town, districts=count)


def load_town(path: Path) -> Town:
    """Read a Tiled map (.tmj, .tmx). Raises MapError with one line that says what is wrong."""
    parsed = _parse(path)
    tileset_start, tileset = next(iter(parsed.tilesets.items()))
    if tileset.image is None:
        raise MapError(f"{path}: its tileset has no image")
    tile_px = int(parsed.tile_size.width)
    layers = {name: _tile_layer(path, parsed, name, tileset_start) for name in TILE_LAYERS}
    walkable = _walkable(layers, _tiles_with(tileset, "walkable", value=False))
    road = np.isin(layers["ground"], _tiles_with(tileset, "road", value=True))
    objects = {name: _objects(path, parsed, name) for name in ("places", "spawns")}
    places = tuple(_place(path, found, tile_px, walkable) for found in objects["places"])
    _check_places(path, places)
    return Town(
        path=path,
        width=int(parsed.map_size.width),
        height=int(parsed.map_size.height),
        tile_px=tile_px,
        tileset_image=Path(tileset.image),
        tile_columns=int(tileset.columns),
        layers=layers,
        walkable=walkable,
        road=road,
        places=places,
        spawns=tuple(_spawn(found, tile_px) for found in objects["spawns"]),
        lights=_lights(layers, tileset),
        seats=tuple((x, y, str(faces)) for x, y, faces in _marked(layers, tileset, "seat")),
        beds=tuple((x, y) for x, y, _ in _marked(layers, tileset, "bed")),
        doors=tuple((x, y) for x, y, _ in _marked(layers, tileset, "door")),
        door_leaf=next(iter(_tiles_with(tileset, "door", value=_LEAF)), None),
    )


def _parse(path: Path) -> Any:
    if not path.is_file():
        raise MapError(f"{path}: no such map; expected a Tiled map (.tmj or .tmx)")
    try:
        parsed = pytiled_parser.parse_map(path)
    except Exception as error:  # the reader checks nothing: whatever it trips over, the file is no map
        raise MapError(
            f"{path}: not a Tiled map that can be read ({type(error).__name__}: {error})"
        ) from error
    if len(parsed.tilesets) != 1:
        raise MapError(f"{path}: expected one tileset, found {len(parsed.tilesets)}")
    return parsed


def _layer(path: Path, parsed: Any, name: str) -> Any:
    for layer in parsed.layers:
        if layer.name == name:
            return layer
    raise MapError(f"{path}: has no layer named {name!r}")


def _tile_layer(path: Path, parsed: Any, name: str, first_gid: int) -> NDArray[np.int32]:
    data = getattr(_layer(path, parsed, name), "data", None)
    if data is None:
        raise MapError(f"{path}: layer {name!r} is not a finite layer of tiles")
    gids = np.asarray(data, dtype=np.int64) & _GID_MASK
    tiles = np.where(gids > 0, gids - first_gid, -1).astype(np.int32)
    tiles.setflags(write=False)
    return tiles


def _objects(path: Path, parsed: Any, name: str) -> list[TiledObject]:
    found = getattr(_layer(path, parsed, name), "tiled_objects", None)
    if not found:
        raise MapError(f"{path}: layer {name!r} holds no objects")
    return list(found)


def _tiles_with(tileset: Any, key: str, *, value: object) -> list[int]:
    tiles = (tileset.tiles or {}).values()
    return [int(tile.id) for tile in tiles if (tile.properties or {}).get(key) == value]


def _marked(layers: dict[str, NDArray[np.int32]], tileset: Any, key: str) -> Iterator[tuple[int, int, Any]]:
    """Every tile (x, y) that has a property, and what it says."""
    said = {int(tile.id): (tile.properties or {}).get(key) for tile in (tileset.tiles or {}).values()}
    marked = [tile for tile, value in said.items() if value]
    for name in ("ground", "decor"):
        for y, x in zip(*np.nonzero(np.isin(layers[name], marked)), strict=True):
            yield int(x), int(y), said[int(layers[name][y, x])]


def _lights(layers: dict[str, NDArray[np.int32]], tileset: Any) -> tuple[tuple[int, int, int], ...]:
    """Every tile that shines, and how far."""
    tiles = (tileset.tiles or {}).values()
    radii = {int(tile.id): (tile.properties or {}).get("light", 0) for tile in tiles}
    shining = [tile for tile, radius in radii.items() if isinstance(radius, int) and radius > 0]
    return tuple(
        (int(x), int(y), radii[int(layers[name][y, x])])
        for name in ("ground", "decor", "above")
        for y, x in zip(*np.nonzero(np.isin(layers[name], shining)), strict=True)
    )


def _walkable(layers: dict[str, NDArray[np.int32]], blocked: list[int]) -> NDArray[np.bool_]:
    """Free where the ground exists and no tile below people's heads says `walkable = false`."""
    solid = [np.isin(layers[name], blocked) for name in ("ground", "decor", "collision")]
    free: NDArray[np.bool_] = (layers["ground"] >= 0) & ~np.logical_or.reduce(solid)
    free.setflags(write=False)
    return free


def _place(path: Path, found: TiledObject, tile_px: int, walkable: NDArray[np.bool_]) -> Place:
    properties: dict[str, Any] = dict(found.properties or {})
    size = getattr(found, "size", None)
    if not found.name or size is None or size.width < tile_px or size.height < tile_px:
        raise MapError(f"{path}: place {found.name or found.id!r}: expected a named rectangle of whole tiles")
    kind = properties.get("kind")
    if kind not in _KINDS:
        raise MapError(f"{path}: place {found.name!r}: kind is {kind!r}, expected one of {', '.join(_KINDS)}")
    left, top = int(found.coordinates.x) // tile_px, int(found.coordinates.y) // tile_px
    width, height = int(size.width) // tile_px, int(size.height) // tile_px
    spots = _spots(walkable, left, top, width, height)
    if not spots:
        raise MapError(f"{path}: place {found.name!r} has no tile to stand on")
    title = str(properties.get("title", found.name.replace("_", " ")))
    indoor, capacity = bool(properties.get("indoor", False)), int(properties.get("capacity", len(spots)))
    return Place(found.name, title, kind, indoor, capacity, left, top, width, height, spots)


def _spots(
    walkable: NDArray[np.bool_], left: int, top: int, width: int, height: int
) -> tuple[tuple[int, int], ...]:
    """The free tiles of a rectangle, those on one colour of a chessboard first: people stand apart by choice."""
    rows, columns = np.nonzero(walkable[top : top + height, left : left + width])
    free = [(left + int(x), top + int(y)) for x, y in zip(columns, rows, strict=True)]
    return tuple(sorted(free, key=lambda spot: ((spot[0] + spot[1]) % 2, spot[1], spot[0])))


def _check_places(path: Path, places: tuple[Place, ...]) -> None:
    names = [place.id for place in places]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MapError(f"{path}: place {twice[0]!r} is there twice")


def _spawn(found: TiledObject, tile_px: int) -> tuple[int, int, str]:
    properties: dict[str, Any] = dict(found.properties or {})
    x, y = int(found.coordinates.x) // tile_px, int(found.coordinates.y) // tile_px
    return x, y, str(properties.get("place", ""))
