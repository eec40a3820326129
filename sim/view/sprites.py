"""Puts a person together: layers of drawn pixels, one on the other, in the colours of that person.

Every layer is drawn in the key ramps of the palette; a person is dressed by painting other shades over them.
All of this happens once for each look, with arrays; afterwards a frame is a look-up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pygame
from numpy.typing import NDArray

from agents.looks import Appearance
from agents.toml_files import nearest, read_table
from sim.view.art import DIRS, FRAMES, PERSON, ArtError, read_palette
from sim.view.outfit import Cells, fit_clothes, fit_head, stacked, under_hat
from sim.view.poses import Pose, posed
from sim.view.ui import SHADOW

Pixels = npt.NDArray[np.uint8]  # frames, rows, columns, RGBA
Shades = npt.NDArray[np.uint8]  # a row of RGBA for each shade, from dark to light

LAYERS: Final = ("body", "clothes", "hair", "beard", "hat", "tool")
KEY_RAMPS: Final = ("123", "456", "789", "ABC")  # palette characters of skin, hair, cloth and trim

_WIDTH, _HEIGHT = PERSON
_SHEET_FRAMES: Final = len(DIRS) * FRAMES
_SHADOW_CORNER, _SHADOW_SIZE = (3, 19), (10, 4)
_SHADOWLESS: Final = (Pose.SLEEPS, Pose.SITS_BEHIND)  # on a bed, and behind the back of a chair
_NOTHING: Final = np.zeros((_SHEET_FRAMES, _HEIGHT, _WIDTH, 5), dtype=np.uint8)
_HEADING, _STEP = 1024, 32  # what a heading and a step count for in a frame's number; the zoom is the rest


class SpriteError(Exception):
    """A person cannot be drawn. One line that names the file and what was expected."""


def frame_numbers(headings: NDArray[np.int64], steps: NDArray[np.int64], zoom: int) -> list[int]:
    """One number for all that chooses among a sheet's frames, for many at once."""
    numbers: list[int] = (headings * _HEADING + steps * _STEP + zoom).tolist()
    return numbers


@dataclass(slots=True, eq=False)
class PersonSheet:
    """All frames of one look. Headings: 0 down, 1 left, 2 right, 3 up. Steps: 0 stands, 1 to 3 walk, then `Pose`."""

    pixels: Pixels
    _scaled: dict[int, pygame.Surface] = field(default_factory=dict)

    def frame(self, heading: int, step: int, zoom: int) -> pygame.Surface:
        """The picture, 16 by 24 times *zoom*; made on the first call and the same surface ever after."""
        return self.numbered(heading * _HEADING + step * _STEP + zoom)

    def numbered(self, number: int) -> pygame.Surface:
        """`frame` by what `frame_numbers` gives."""
        surface = self._scaled.get(number)
        if surface is None:
            heading, step, zoom = number // _HEADING, number % _HEADING // _STEP, number % _STEP
            picture = self._picture(heading, step)
            shaded = picture if step in _SHADOWLESS else _over_shadow(picture)
            surface = self._scaled[number] = _surface(shaded, zoom)
        return surface

    def _picture(self, heading: int, step: int) -> Pixels:
        drawn = heading * FRAMES + (step if step < FRAMES else 0)
        return self.pixels[drawn] if step < FRAMES else posed(self.pixels[drawn], Pose(step))


@dataclass(frozen=True, slots=True, eq=False)
class SpriteLibrary:
    """Everything people are made of, and the sheets of those made so far."""

    index_file: Path
    ramps_file: Path
    layers: Mapping[str, Mapping[str, Cells]]
    ramps: Mapping[str, Mapping[str, Shades]]
    _made: dict[Appearance, PersonSheet] = field(default_factory=dict)

    def person(self, look: Appearance) -> PersonSheet:
        """The sheet of a look: composed on the first call, the same object ever after."""
        sheet = self._made.get(look)
        if sheet is None:
            sheet = self._made[look] = PersonSheet(_dyed(self._composed(look), self._shades(look)))
        return sheet

    def _composed(self, look: Appearance) -> Cells:
        hat = self._part("hat", look.hat)
        hair = under_hat(self._part("hair", look.hair), hat, look.hat)
        layers = {
            "body": self._part("body", look.body),
            "clothes": fit_clothes(self._part("clothes", look.clothes), look.body),
            "beard": fit_head(self._part("beard", look.beard), look.body),
            "hair": fit_head(hair, look.body),
            "hat": fit_head(hat, look.body),
            "tool": self._part("tool", look.tool),
        }
        return stacked(layers, look.tool)

    def _part(self, layer: str, name: str) -> Cells:
        if name == "none":
            return _NOTHING
        drawn = self.layers[layer]
        if name not in drawn:
            raise SpriteError(f"{self.index_file}: {layer}: {name!r} is not drawn{nearest(name, drawn)}")
        return drawn[name]

    def _shades(self, look: Appearance) -> Shades:
        """The shade of each key, in the order of the key ramps; key 0 is no key."""
        wanted = (
            ("skin", look.skin),
            ("hair", look.hair_color),
            ("cloth", look.cloth_color),
            ("cloth", look.trim_color),
        )
        no_key = np.zeros((1, 4), dtype=np.uint8)
        return np.concatenate([no_key, *(self._ramp(kind, name) for kind, name in wanted)])

    def _ramp(self, kind: str, name: str) -> Shades:
        ramps = self.ramps[kind]
        if name not in ramps:
            raise SpriteError(f"{self.ramps_file}: [{kind}]: {name!r} has no shades{nearest(name, ramps)}")
        return ramps[name]


def _dyed(cells: Cells, shades: Shades) -> Pixels:
    pixels, keys = cells[..., :4].copy(), cells[..., 4]
    dyed = keys > 0
    pixels[dyed] = shades[keys[dyed]]
    return pixels


def _over_shadow(picture: Pixels) -> Pixels:
    """A figure and the shadow at its feet, as one: half the pictures to draw in a frame."""
    shaded = picture.copy()
    bare = SHADOW_SHAPE & (picture[..., 3] == 0)
    shaded[bare] = tuple(SHADOW)
    return shaded


def _shadow_shape() -> npt.NDArray[np.bool_]:
    """Where the shadow of somebody who stands falls: an ellipse round the feet."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    (left, top), (width, height) = _SHADOW_CORNER, _SHADOW_SIZE
    across, down = (x + 0.5 - left) / width * 2 - 1, (y + 0.5 - top) / height * 2 - 1
    inside: npt.NDArray[np.bool_] = across * across + down * down <= 1.0
    return inside


SHADOW_SHAPE: Final = _shadow_shape()


def _surface(picture: Pixels, zoom: int) -> pygame.Surface:
    scaled = np.ascontiguousarray(picture.repeat(zoom, axis=0).repeat(zoom, axis=1))
    surface = pygame.image.frombuffer(scaled.tobytes(), (_WIDTH * zoom, _HEIGHT * zoom), "RGBA")
    if not pygame.display.get_surface():
        return surface
    converted = surface.convert_alpha()
    converted.set_alpha(255, pygame.RLEACCEL)  # half of it is nothing
    return converted


# --- loading ---------------------------------------------------------------------------------------------


def load_sprites(assets: Path) -> SpriteLibrary:
    """Read the compiled layers and the ramps under *assets*; needs no display."""
    sheets, ramps_file = assets / "sheets", assets / "art" / "ramps.toml"
    index_file = sheets / "people.json"
    index = _read_index(index_file)
    keys = _key_colours(assets / "art" / "palette.txt")
    layers = {layer: _read_layer(sheets / f"people_{layer}.png", index[layer], keys) for layer in LAYERS}
    return SpriteLibrary(index_file, ramps_file, layers, _read_ramps(ramps_file))


def _read_index(path: Path) -> dict[str, list[str]]:
    try:
        index: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SpriteError(
            f"{path}: expected the index of the people's sheets (`make art`): {error}"
        ) from error
    for layer in LAYERS:
        if layer not in index:
            raise SpriteError(f"{path}: layer {layer!r} is missing (`make art`){nearest(layer, index)}")
    return index


def _key_colours(path: Path) -> Shades:
    try:
        palette = read_palette(path)
    except (OSError, ArtError) as error:
        raise SpriteError(str(error)) from error
    chars = "".join(KEY_RAMPS)
    missing = sorted(set(chars) - set(palette))
    if missing:
        raise SpriteError(f"{path}: expected lines for the key colours {' '.join(missing)}")
    return np.array([palette[char] for char in chars], dtype=np.uint8)


def _read_layer(path: Path, names: Sequence[str], keys: Shades) -> dict[str, Cells]:
    try:
        picture = pygame.image.load(str(path))
    except (OSError, pygame.error) as error:
        raise SpriteError(f"{path}: expected a picture that can be read (`make art`): {error}") from error
    size = _SHEET_FRAMES * _WIDTH, len(names) * _HEIGHT
    if picture.get_size() != size:
        raise SpriteError(
            f"{path}: expected {size[0]}x{size[1]} pixels, a row for each of {len(names)} names"
        )
    flat = np.frombuffer(pygame.image.tobytes(picture, "RGBA"), dtype=np.uint8)
    people = flat.reshape(len(names), _HEIGHT, _SHEET_FRAMES, _WIDTH, 4).swapaxes(1, 2)
    return {name: _with_keys(pixels, keys) for name, pixels in zip(names, people, strict=True)}


def _with_keys(pixels: Pixels, keys: Shades) -> Cells:
    drawn = np.ascontiguousarray(pixels).view(np.uint32)[..., 0]  # a whole colour as one number
    found = np.zeros((*drawn.shape, 1), dtype=np.uint8)
    for at, key in enumerate(keys.view(np.uint32)[:, 0], start=1):
        found[drawn == key] = at
    return np.concatenate([pixels, found], axis=-1)


def _read_ramps(path: Path) -> dict[str, dict[str, Shades]]:
    table = read_table(path, SpriteError)
    return {kind: _read_section(path, table, kind) for kind in ("skin", "hair", "cloth")}


def _read_section(path: Path, table: Mapping[str, Any], kind: str) -> dict[str, Shades]:
    section = table.get(kind)
    if not isinstance(section, dict):
        raise SpriteError(f"{path}: expected a section [{kind}]{nearest(kind, table)}")
    return {name: _three_shades(path, f"[{kind}] {name}", written) for name, written in section.items()}


def _three_shades(path: Path, key: str, written: Any) -> Shades:
    try:
        rows = [(*bytes.fromhex(shade.removeprefix("#")), 255) for shade in written]
        return np.array(rows, dtype=np.uint8).reshape(3, 4)
    except (AttributeError, TypeError, ValueError):
        raise SpriteError(f"{path}: {key}: expected three colours '#rrggbb', got {written!r}") from None
