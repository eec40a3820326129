"""Where one looks, and at whom: the camera, who was chosen, whether they are followed, and the director of unattended hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.snapshot import Talk
from sim.view.camera import HEAD_PX, Camera, Point
from sim.view.director import Director

_FOLLOW_SHARE: Final = 0.12  # of the way to whom we follow, each frame
_DIRECT_SHARE: Final = 0.03  # of the way to what the director shows, each frame


class Lookout:
    """Whoever moves the camera by hand has it: following and directing end with that."""

    def __init__(self, camera: Camera, *, directed: bool = False) -> None:
        self.camera = camera
        self.chosen: int | None = None
        self.place: Point | None = None  # that was clicked where nobody stands
        self._follows = False
        self._director = Director() if directed else None

    @property
    def followed(self) -> int | None:
        """Whom the camera follows."""
        return self.chosen if self._follows else None

    @property
    def is_directed(self) -> bool:
        """Whether the camera finds its own way."""
        return self._director is not None

    def zoom(self, steps: int, at: Point) -> None:
        """Nearer, or farther."""
        self.camera = self.camera.zoomed(steps, at)

    def pan(self, pixels: Point) -> None:
        """By hand."""
        self._follows, self._director = False, None
        self.camera = self.camera.panned(pixels)

    def resize(self, size: tuple[int, int]) -> None:
        """The window has another size."""
        self.camera = self.camera.resized(size)

    def choose(self, row: int | None, point: Point | None = None) -> None:
        """Somebody; or nobody, and a point of the map."""
        self.chosen, self.place = row, point if row is None else None
        self._follows = self._follows and row is not None

    def follow(self, row: int) -> None:
        """Somebody, whoever had the camera before."""
        self.choose(row)
        self._follows, self._director = True, None

    def toggle_follow(self) -> None:
        """Follow the chosen one, or stop."""
        self._follows = self.chosen is not None and not self._follows

    def toggle_director(self) -> None:
        """Let the camera find its own way, or not."""
        self._director = None if self._director else Director()

    def back(self) -> None:
        """One step back: from following, then from having chosen."""
        if self._follows:
            self._follows = False
        else:
            self.chosen = self.place = None

    def advance(self, positions: NDArray[np.float64], talks: Sequence[Talk], now_s: float) -> None:
        """One frame further towards what is looked at, from where people are drawn, (n, 2) in map pixels."""
        if self.followed is not None:
            x, y = positions[self.followed].tolist()
            self._approach((x, y), _FOLLOW_SHARE)
        elif self._director is not None:
            point = self._director.look(talks, positions, self.camera.centre, now_s)
            if point is not None:
                self._approach(point, _DIRECT_SHARE)

    def _approach(self, feet: Point, share: float) -> None:
        self.camera = self.camera.toward((feet[0], feet[1] - HEAD_PX / 2), share)
