"""Puts a person together: layers of drawn pixels, one on the other, in the colours of that person.

Every layer is drawn in the key ramps of the palette; a person is dressed by painting other shades over them.
All of this happens once for each look, with arrays; afterwards a frame is a look-up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pygame

from agents.looks import Appearance
from agents.toml_files import nearest, read_table
from sim.view.art import DIRS, FRAMES, PERSON, ArtError, read_palette

Pixels = npt.NDArray[np.uint8]  # frames, rows, columns, RGBA
Layer = Mapping[str, "Painted"]

LAYERS: Final = ("body", "clothes", "hair", "beard", "hat", "tool")
KEY_RAMPS: Final = {"skin": "123", "hair": "456", "cloth": "789", "trim": "ABC"}  # palette characters

_WIDTH, _HEIGHT = PERSON
_FACES: Final = {direction: slice(at * FRAMES, (at + 1) * FRAMES) for at, direction in enumerate(DIRS)}
_NO_KEY: Final = 0
_OPEN_HATS: Final = {"flowers"}  # all the hair shows
_ON_BACK: Final = {"fishing_rod", "lute"}
_WORN: Final = {"satchel"}  # over everything, from every side

# Clothes and tools are drawn for an adult. Which drawn column each column shows, on the other bodies:
_STOUT: Final = {
    "down": (1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14),
    "left": (1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14),
}
_SLIGHT: Final = {
    "down": (0, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 15),
    "left": (0, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15),
}
_SHORT: Final = {"slight", "elder"}  # a row shorter: the row _WAIST is left out
_WAIST: Final = 16
_HIPS: Final = 19  # the last row that is narrower on the slight


class SpriteError(Exception):
    """A person cannot be drawn. One line that names the file and what was expected."""


@dataclass(frozen=True, slots=True)
class Painted:
    """One drawn thing in all frames: its own colours, and where a key ramp stands (0 nowhere, else 1 to 12)."""

    colours: Pixels
    keys: npt.NDArray[np.uint8]

    @classmethod
    def clear(cls) -> Painted:
        """Nothing at all."""
        shape = (len(DIRS) * FRAMES, _HEIGHT, _WIDTH)
        return cls(np.zeros((*shape, 4), dtype=np.uint8), np.zeros(shape, dtype=np.uint8))

    def moved(self, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Painted:
        """What each place of each frame shows, by the frame's own rows and columns."""
        frames = np.arange(len(self.keys))[:, None, None]
        return Painted(self.colours[frames, rows, columns], self.keys[frames, rows, columns])

    def without(self, hidden: npt.NDArray[np.bool_]) -> Painted:
        """The same, clear where *hidden*."""
        colours, keys = self.colours.copy(), self.keys.copy()
        colours[hidden] = 0
        keys[hidden] = _NO_KEY
        return Painted(colours, keys)

    def dyed(self, shades: Pixels) -> Pixels:
        """The pixels with *shades* (by key) painted over the key ramps."""
        return np.where(self.keys[..., None] > _NO_KEY, shades[self.keys], self.colours)


@dataclass(slots=True)
class PersonSheet:
    """All frames of one look. Headings: 0 down, 1 left, 2 right, 3 up. Steps: 0 stands, 1 to 3 walk."""

    pixels: Pixels
    _scaled: dict[tuple[int, int, int], pygame.Surface] = field(default_factory=dict)

    def frame(self, heading: int, step: int, zoom: int) -> pygame.Surface:
        """The picture, 16 by 24 times *zoom*; made on the first call and the same surface ever after."""
        key = heading, step, zoom
        surface = self._scaled.get(key)
        if surface is None:
            surface = self._scaled[key] = _surface(self.pixels[heading * FRAMES + step], zoom)
        return surface


@dataclass(frozen=True, slots=True)
class SpriteLibrary:
    """Everything people are made of, and the sheets of those made so far."""

    sheets: Path
    ramps_file: Path
    layers: Mapping[str, Layer]
    ramps: Mapping[str, Mapping[str, Pixels]]
    _made: dict[Appearance, PersonSheet] = field(default_factory=dict)

    def person(self, look: Appearance) -> PersonSheet:
        """The sheet of a look: composed on the first call, the same object ever after."""
        sheet = self._made.get(look)
        if sheet is None:
            sheet = self._made[look] = PersonSheet(self._composed(look))
        return sheet

    def _composed(self, look: Appearance) -> Pixels:
        shades = self._shades(look)
        hat = self._part("hat", look.hat)
        fits_head = _head_places(look.body)
        fits_trunk = _trunk_places(look.body)
        parts = {
            "body": self._part("body", look.body),
            "clothes": self._part("clothes", look.clothes).moved(*fits_trunk),
            "beard": self._part("beard", look.beard).moved(*fits_head),
            "hair": _under(self._part("hair", look.hair), hat, look.hat).moved(*fits_head),
            "hat": hat.moved(*fits_head),
            "tool": self._part("tool", look.tool).moved(*_hand_places(look.body)),
        }
        dyed = {name: part.dyed(shades) for name, part in parts.items()}
        return _stacked(dyed, look.tool)

    def _part(self, layer: str, name: str) -> Painted:
        if name == "none":
            return Painted.clear()
        found = self.layers[layer].get(name)
        if found is None:
            hint = nearest(name, self.layers[layer])
            raise SpriteError(f"{self.sheets / 'people.json'}: {layer}: {name!r} is not drawn{hint}")
        return found

    def _shades(self, look: Appearance) -> Pixels:
        """What to paint for each key, 0 for none: in the order of the key ramps."""
        ramps = [
            self._ramp("skin", look.skin),
            self._ramp("hair", look.hair_color),
            self._ramp("cloth", look.cloth_color),
            self._ramp("cloth", look.trim_color),
        ]
        return np.concatenate([np.zeros((1, 4), dtype=np.uint8), *ramps])

    def _ramp(self, kind: str, name: str) -> Pixels:
        found = self.ramps[kind].get(name)
        if found is None:
            hint = nearest(name, self.ramps[kind])
            raise SpriteError(f"{self.ramps_file}: [{kind}]: {name!r} has no shades{hint}")
        return found


# --- loading ---------------------------------------------------------------------------------------------


def load_sprites(assets: Path) -> SpriteLibrary:
    """Read the compiled layers and the ramps under *assets*; needs no display."""
    sheets, ramps_file = assets / "sheets", assets / "art" / "ramps.toml"
    index = _read_index(sheets / "people.json")
    keys = _key_colours(assets / "art" / "palette.txt")
    layers = {layer: _read_layer(sheets / f"people_{layer}.png", index[layer], keys) for layer in LAYERS}
    return SpriteLibrary(sheets, ramps_file, layers, _read_ramps(ramps_file))


def _read_index(path: Path) -> dict[str, list[str]]:
    try:
        index: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpriteError(f"{path}: expected the index of the people's sheets (`make art`): {error}") from error
    for layer in LAYERS:
        if layer not in index:
            raise SpriteError(f"{path}: layer {layer!r} is missing (`make art`){nearest(layer, index)}")
    return index


def _key_colours(path: Path) -> Pixels:
    try:
        palette = read_palette(path)
    except (OSError, ArtError) as error:
        raise SpriteError(str(error)) from error
    chars = "".join(KEY_RAMPS.values())
    missing = sorted(set(chars) - set(palette))
    if missing:
        raise SpriteError(f"{path}: expected lines for the key colours {' '.join(missing)}")
    return np.array([palette[char] for char in chars], dtype=np.uint8)


def _read_layer(path: Path, names: Iterable[str], keys: Pixels) -> dict[str, Painted]:
    try:
        picture = pygame.image.load(str(path))
    except (OSError, pygame.error) as error:
        raise SpriteError(f"{path}: expected a picture that can be read (`make art`): {error}") from error
    rows = list(names)
    size = len(DIRS) * FRAMES * _WIDTH, len(rows) * _HEIGHT
    if picture.get_size() != size:
        raise SpriteError(f"{path}: expected {size[0]}x{size[1]} pixels, a row for each of {len(rows)} names")
    flat = np.frombuffer(pygame.image.tobytes(picture, "RGBA"), dtype=np.uint8)
    cut = flat.reshape(len(rows), _HEIGHT, len(DIRS) * FRAMES, _WIDTH, 4).swapaxes(1, 2)
    return {name: Painted(frames, _keys_of(frames, keys)) for name, frames in zip(rows, cut, strict=True)}


def _keys_of(frames: Pixels, keys: Pixels) -> npt.NDArray[np.uint8]:
    same = (frames[..., None, :] == keys).all(axis=-1)
    return np.where(same.any(axis=-1), same.argmax(axis=-1) + 1, _NO_KEY).astype(np.uint8)


def _read_ramps(path: Path) -> dict[str, dict[str, Pixels]]:
    table = read_table(path, SpriteError)
    return {
        kind: {name: _shades_of(path, f"[{kind}] {name}", shades) for name, shades in _section(path, table, kind)}
        for kind in ("skin", "hair", "cloth")
    }


def _section(path: Path, table: Mapping[str, Any], kind: str) -> Iterable[tuple[str, Any]]:
    if not isinstance(table.get(kind), dict):
        raise SpriteError(f"{path}: expected a section [{kind}]{nearest(kind, table)}")
    section: dict[str, Any] = table[kind]
    return section.items()


def _shades_of(path: Path, key: str, shades: Any) -> Pixels:
    try:
        rows = [(*bytes.fromhex(shade.removeprefix("#")), 255) for shade in shades]
        return np.array(rows, dtype=np.uint8).reshape(3, 4)
    except (AttributeError, TypeError, ValueError):
        raise SpriteError(f"{path}: {key}: expected three colours '#rrggbb', got {shades!r}") from None


# --- composing -------------------------------------------------------------------------------------------

Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]  # the rows and the columns that a frame shows


def _places(body: str, *, lowered: int, wide: Mapping[str, tuple[int, ...]] | None, narrow: bool) -> Places:
    """Rows down to *lowered* show the row above if *body* is short; columns follow the body's width."""
    row = np.arange(_HEIGHT)
    if body in _SHORT:
        row = np.where(row <= lowered, np.maximum(row - 1, 0), row)
    columns = np.empty((len(DIRS) * FRAMES, _HEIGHT, _WIDTH), dtype=np.intp)
    columns[:] = np.arange(_WIDTH)
    for direction, face in _FACES.items():
        if wide is not None:
            columns[face] = _columns(wide, direction)
        if narrow:
            columns[face, : _HIPS + 1] = _columns(_SLIGHT, direction)
    return np.broadcast_to(row[None, :, None], columns.shape), columns


def _columns(table: Mapping[str, tuple[int, ...]], direction: str) -> npt.NDArray[np.intp]:
    if direction == "right":
        return _WIDTH - 1 - np.array(table["left"][::-1], dtype=np.intp)
    return np.array(table["left" if direction == "left" else "down"], dtype=np.intp)


def _trunk_places(body: str) -> Places:
    return _places(body, lowered=_WAIST, wide=_STOUT if body == "stout" else None, narrow=body == "slight")


def _head_places(body: str) -> Places:
    return _places(body, lowered=_HEIGHT, wide=None, narrow=False)


def _hand_places(body: str) -> Places:
    return _places(body, lowered=-1, wide=_STOUT if body == "stout" else None, narrow=False)
