"""How the layers of a person fit one another: clothes on each body, hair under a hat, what lies on what.

Cells are what is drawn at a pixel: red, green, blue, alpha, and the key ramp's shade (0 none, else 1 to 12).
Everything here takes and gives the cells of all sixteen frames, in the order of the sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.view.art import DIRS, FRAMES

Cells = npt.NDArray[np.uint8]  # frames, rows, columns, (r, g, b, a, key)
_CELL: Final = np.dtype("V5")

FACES: Final = {direction: slice(at * FRAMES, (at + 1) * FRAMES) for at, direction in enumerate(DIRS)}

# Clothes are drawn for an adult; the drawn column that each column shows on the other bodies, from front and side.
_STOUT: Final = (
    (1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12, 13, 14),
    (1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14),
)
_SLIGHT: Final = (
    (0, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 15),
    (0, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15),
)
_SHORT: Final = {"slight", "elder"}  # a row shorter: the row _WAIST of the trunk is left out
_WAIST: Final = 16
_HIPS: Final = 19  # the last row that is narrower on the slight

_OPEN_HATS: Final = {"flowers"}  # all the hair shows
_CROWN: Final = 4  # above this row no hair is seen with any other hat
_ON_BACK: Final = {"fishing_rod", "lute"}
_WORN: Final = {"satchel"}  # on top from every side


def fit_clothes(cells: Cells, body: str) -> Cells:
    """Clothes or trunk as wide and as high as *body*."""
    fitted = cells.copy()
    for direction, face in FACES.items():
        if body == "stout":
            fitted[face] = cells[face][:, :, _columns(_STOUT, direction)]
        elif body == "slight":
            fitted[face, : _HIPS + 1] = cells[face, : _HIPS + 1][:, :, _columns(_SLIGHT, direction)]
    return _sunk(fitted, _WAIST) if body in _SHORT else fitted


def fit_head(cells: Cells, body: str) -> Cells:
    """Hair, beard or hat at the height of the head of *body*."""
    return _sunk(cells, cells.shape[1] - 1) if body in _SHORT else cells


def under_hat(hair: Cells, hat: Cells, name: str) -> Cells:
    """The hair that still shows: none above the hat's widest row beyond the hat's own outline."""
    if name == "none" or name in _OPEN_HATS:
        return hair
    drawn = hat[..., 3] > 0
    widths = drawn.sum(axis=2)
    rows = np.arange(hat.shape[1])
    lowest = rows.size - 1 - widths[:, ::-1].argmax(axis=1)  # the last of the widest rows
    from_left = np.logical_or.accumulate(drawn, axis=2)
    from_right = np.logical_or.accumulate(drawn[..., ::-1], axis=2)[..., ::-1]
    beside = ~(from_left & from_right) & (rows <= lowest[:, None])[..., None]
    hidden = beside | (rows < _CROWN)[:, None]
    return np.where(hidden[..., None], np.uint8(0), hair)


def stacked(layers: Mapping[str, Cells], tool: str) -> Cells:
    """All layers as one: what is drawn hides what is below it."""
    over, held = _tool_on_top(tool), layers["tool"]
    picture = np.zeros_like(held)
    _lay(picture, held, ~over)
    for name in ("body", "clothes", "beard", "hair", "hat"):
        _lay(picture, layers[name])
    _lay(picture, held, over)
    return picture


def _lay(picture: Cells, layer: Cells, frames: npt.NDArray[np.bool_] | None = None) -> None:
    """What is drawn of a layer over a picture, in all frames or in some; cells as wholes, not byte by byte."""
    drawn = layer[..., 3] > 0
    if frames is not None:
        drawn &= frames[:, None, None]
    np.copyto(picture.view(_CELL), layer.view(_CELL), where=drawn[..., None])


def _tool_on_top(tool: str) -> npt.NDArray[np.bool_]:
    """For each frame: what is in the hand hides the body except from behind, what is on the back only there."""
    up = np.repeat([direction == "up" for direction in DIRS], FRAMES)
    over = up if tool in _ON_BACK else ~up
    return over | (tool in _WORN)


def _columns(table: tuple[tuple[int, ...], tuple[int, ...]], direction: str) -> npt.NDArray[np.intp]:
    front, side = (np.array(columns, dtype=np.intp) for columns in table)
    match direction:
        case "left":
            return side
        case "right":
            return side.size - 1 - side[::-1]
        case _:
            return front


def _sunk(cells: Cells, last: int) -> Cells:
    """Everything down to the row before *last* moved down by one, over that row."""
    moved = cells.copy()
    moved[:, 1 : last + 1] = cells[:, :last]
    moved[:, 0] = 0
    return moved
