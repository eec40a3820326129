"""Poses that nobody drew, made from the frame of somebody who stands: breathing, blinking, sitting, asleep in bed.

Pure pixels; a frame is (24, 16, RGBA).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

STEPS: Final = 4  # drawn frames: 0 stands, 1 to 3 walk
_CHEST: Final = 16  # the last row that rises with a breath
_HIPS: Final = 18  # the last row over the legs
_SITS_LOWER: Final = 3  # rows
_BACK: Final = 17  # the first row that the back of a chair hides
_CHIN: Final = 13  # the last row of a head
_EYE: Final = np.array((36, 26, 44, 255), dtype=np.uint8)  # the palette's `eye`
_WHITE: Final = np.array((253, 247, 232, 255), dtype=np.uint8)  # and its `white`


class Pose(IntEnum):
    """The steps beyond those that are drawn."""

    BREATHES = STEPS
    BLINKS = STEPS + 1
    SITS = STEPS + 2
    SITS_BEHIND = STEPS + 3  # with the back of the chair towards us
    SLEEPS = STEPS + 4  # in bed: the head alone, the rest is under the blanket


def posed(standing: Picture, pose: Pose) -> Picture:
    """Somebody who stands, in a pose."""
    match pose:
        case Pose.BREATHES:
            return _lowered(standing, _CHEST, 1)
        case Pose.BLINKS:
            return _with_closed_eyes(standing)
        case Pose.SITS:
            return _lowered(standing, _HIPS, _SITS_LOWER)
        case Pose.SITS_BEHIND:
            sitting = _lowered(standing, _HIPS, _SITS_LOWER)
            sitting[_BACK:] = 0
            return sitting
        case Pose.SLEEPS:
            head = _with_closed_eyes(standing)
            head[_CHIN + 1 :] = 0
            return head


def _lowered(standing: Picture, last: int, rows: int) -> Picture:
    """Everything down to a row moved down over the rows below it."""
    lower = standing.copy()
    lower[rows : last + rows + 1] = standing[: last + 1]
    lower[:rows] = 0
    return lower


def _with_closed_eyes(standing: Picture) -> Picture:
    """The upper row of the eyes is lid, the lower one a line."""
    closed = standing.copy()
    eyes = (standing == _EYE).all(axis=2)
    eyes[_CHIN + 1 :] = False
    rows = np.flatnonzero(eyes.any(axis=1))
    if rows.size > 1:
        upper = int(rows[0])
        closed[upper][eyes[upper]] = standing[upper - 1][eyes[upper]]
        white = (standing[upper + 1] == _WHITE).all(axis=1)
        closed[upper + 1][white] = _EYE
    return closed
