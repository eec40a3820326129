"""Who lies in bed and who sits: for the picture alone, chosen among what stands in the same house. The world knows nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.activity import Activity
from sim.snapshot import Snapshot
from sim.town import Town
from sim.view.poses import Pose

Point = tuple[float, float]
_REACH_PX: Final = {
    True: 130.0,
    False: 40.0,
}  # to a bed, and to a seat, by streets: no farther does one go for it
_FACING: Final = {"down": 0, "left": 1, "right": 2, "up": 3}
_ON_PILLOW: Final = (
    8,
    21,
)  # from a bed's corner to where somebody's feet would be, whose head lies on the pillow
_ON_SEAT: Final = (8, 13)  # from a seat's corner to the feet of who sits there
_GOES_TICKS: Final = 24  # from where one stands to where one rests
_LOOKS_EVERY_TICKS: Final = 60
_NOTHING, _SEAT, _BED = 0, 1, 2
_SITS: Final = (
    Activity.EATING,
    Activity.RESTING,
    Activity.LEISURE,
    Activity.TALKING,
)  # who talks keeps a seat, but takes none
_WANTS: Final = np.array(
    [_BED if one is Activity.SLEEPING else _SEAT if one in _SITS else _NOTHING for one in Activity],
    dtype=np.int8,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A bed, or a seat."""

    pose: Pose
    at: Point  # feet, in map pixels
    facing: int


@dataclass(slots=True)
class _Rest:
    """Somebody on the way to a piece of furniture, on it, or on the way back."""

    piece: Piece
    share: float = 0.0  # of the way


class Furniture:
    """Which of it is taken, and by whom."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._pieces = _pieces_of(town)
        self._place_of = _places_by_tile(town)
        self._rests: dict[int, _Rest] = {}
        self._taken: set[Point] = set()
        self._looks_at: dict[int, int] = {}  # when those who found nothing look again
        self._tick = -1

    def settle(self, position: NDArray[np.float64], current: Snapshot, rows: list[int]) -> dict[int, Piece]:
        """Move those of `rows` who rest, in `position`, to what they rest on; who has arrived, and where."""
        step = min(max(current.tick - self._tick, 0), _GOES_TICKS) / _GOES_TICKS
        self._tick = current.tick
        arrived: dict[int, Piece] = {}
        wants, talks = _wants(current)[rows].tolist(), (current.talk[rows] >= 0).tolist()
        for row, want, is_talking in zip(rows, wants, talks, strict=True):
            if not want and row not in self._rests:
                continue
            rest = self._kept(row, want, position, step, talks=is_talking)
            if rest is not None:
                if rest.share == 1:
                    position[row] = rest.piece.at
                    arrived[row] = rest.piece
                else:
                    share = rest.share * rest.share * (3 - 2 * rest.share)  # slowly off, slowly there
                    position[row] += (np.array(rest.piece.at) - position[row]) * share
        return arrived

    def _kept(
        self, row: int, want: int, position: NDArray[np.float64], step: float, *, talks: bool
    ) -> _Rest | None:
        """Somebody's rest after another few ticks: begun, gone on with, or given up."""
        rest = self._rests.get(row)
        if rest is None:
            piece = self._found(row, want, position[row]) if want and not talks else None
            if piece is None:
                return None
            self._taken.add(piece.at)
            rest = self._rests[row] = _Rest(piece)
        stays = want == (_BED if rest.piece.pose is Pose.SLEEPS else _SEAT)
        rest.share = min(rest.share + step, 1.0) if stays else rest.share - step
        if rest.share < 0:
            del self._rests[row]
            self._taken.discard(rest.piece.at)
            return None
        return rest

    def _found(self, row: int, want: int, feet: NDArray[np.float64]) -> Piece | None:
        """What is free; who found nothing looks again after a while."""
        if self._looks_at.get(row, 0) > self._tick:
            return None
        piece = self._free_near(want, feet)
        if piece is None:
            self._looks_at[row] = self._tick + _LOOKS_EVERY_TICKS
        return piece

    def _free_near(self, want: int, feet: NDArray[np.float64]) -> Piece | None:
        """The nearest that is free, in the house that one is in."""
        width, height = self._town.width * self._town.tile_px, self._town.height * self._town.tile_px
        corner = feet[0] // width * width, feet[1] // height * height
        x, y = feet[0] - corner[0], feet[1] - corner[1]
        place = int(self._place_of[int(y) // self._town.tile_px, int(x) // self._town.tile_px])
        near = [
            (abs(piece.at[0] - x) + abs(piece.at[1] - y), piece)
            for piece in self._pieces.get((place, want), ())
            if (piece.at[0] + corner[0], piece.at[1] + corner[1]) not in self._taken
        ]
        way, piece = min(near, key=lambda found: found[0], default=(np.inf, None))
        if piece is None or way > _REACH_PX[want == _BED]:
            return None
        return replace(piece, at=(float(piece.at[0] + corner[0]), float(piece.at[1] + corner[1])))


def _wants(current: Snapshot) -> NDArray[np.int8]:
    """What everybody would rest on, by what they do; nobody who walks, or has left."""
    wants = _WANTS[current.activity]
    wants[current.moving | ~current.present] = _NOTHING
    return wants


def _pieces_of(town: Town) -> dict[tuple[int, int], list[Piece]]:
    """All beds and seats, by the number of the place that they are in and by which of the two they are."""
    side, place_of = town.tile_px, _places_by_tile(town)
    found: dict[tuple[int, int], list[Piece]] = {}
    for x, y in town.beds:
        at = float(x * side + _ON_PILLOW[0]), float(y * side + _ON_PILLOW[1])
        found.setdefault((int(place_of[y, x]), _BED), []).append(Piece(Pose.SLEEPS, at, _FACING["down"]))
    for x, y, faces in town.seats:
        at = float(x * side + _ON_SEAT[0]), float(y * side + _ON_SEAT[1])
        pose = Pose.SITS_BEHIND if faces == "up" else Pose.SITS
        found.setdefault((int(place_of[y, x]), _SEAT), []).append(Piece(pose, at, _FACING.get(faces, 0)))
    return found


def _places_by_tile(town: Town) -> NDArray[np.int16]:
    """(height, width): the number of the place that a tile is in, -1 for none."""
    places = np.full((town.height, town.width), -1, dtype=np.int16)
    for number, place in reversed(list(enumerate(town.places))):
        places[place.top : place.top + place.height, place.left : place.left + place.width] = number
    return places
