"""Where the screen lies on the map. Pure arithmetic on a frozen value; pygame is not needed to understand it.

Map pixels become screen pixels by `zoom`, and the origin is rounded once, so that ground, people and
bubbles all move by the same whole pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

ZOOMS: Final = (1, 4)  # smallest and largest
HEAD_PX: Final = 22  # from somebody's feet up to over their head, in map pixels
Size = tuple[int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Camera:
    """The screen's top left corner on the map, in map pixels, and how many screen pixels one of those gets."""

    left: float
    top: float
    zoom: int
    screen: Size
    town: Size  # map pixels

    @classmethod
    def over(cls, town: Size, screen: Size, zoom: int, district: Size | None = None) -> Camera:
        """A camera that looks at the middle of the map; of a town of several districts, of the first of them."""
        width, height = district or town
        return cls(0.0, 0.0, zoom, screen, town).centred((width / 2, height / 2))

    @property
    def origin(self) -> tuple[int, int]:
        """The map's own (0, 0) lies at minus this on the screen."""
        return round(self.left * self.zoom), round(self.top * self.zoom)

    @property
    def centre(self) -> Point:
        """The map pixel in the middle of the screen."""
        return self.left + self.screen[0] / self.zoom / 2, self.top + self.screen[1] / self.zoom / 2

    def to_screen(self, point: Point) -> tuple[int, int]:
        """Where a point of the map is drawn."""
        x, y = self.origin
        return round(point[0] * self.zoom) - x, round(point[1] * self.zoom) - y

    def to_screen_many(self, points: NDArray[np.float64]) -> list[list[int]]:
        """`to_screen` of many, from (n, 2)."""
        seen: list[list[int]] = (np.rint(points * self.zoom).astype(np.int64) - self.origin).tolist()
        return seen

    def to_map(self, pixel: Point) -> Point:
        """Which point of the map lies under a pixel of the screen."""
        x, y = self.origin
        return (pixel[0] + x) / self.zoom, (pixel[1] + y) / self.zoom

    def panned(self, pixels: Point) -> Camera:
        """Moved by screen pixels."""
        return self.at(self.left + pixels[0] / self.zoom, self.top + pixels[1] / self.zoom)

    def zoomed(self, steps: int, cursor: Point) -> Camera:
        """Nearer or farther, with the point under the cursor held where it is."""
        held = self.to_map(cursor)
        zoom = min(max(self.zoom + steps, ZOOMS[0]), ZOOMS[1])
        return replace(self, zoom=zoom).at(held[0] - cursor[0] / zoom, held[1] - cursor[1] / zoom)

    def centred(self, point: Point) -> Camera:
        """Looking straight at a point of the map."""
        return self.at(point[0] - self.screen[0] / self.zoom / 2, point[1] - self.screen[1] / self.zoom / 2)

    def toward(self, point: Point, share: float) -> Camera:
        """Moved by a share of the way to looking straight at a point: what following looks like."""
        x, y = self.centre
        return self.centred((x + (point[0] - x) * share, y + (point[1] - y) * share))

    def resized(self, screen: Size) -> Camera:
        """The same middle on another size of screen."""
        return replace(self, screen=screen).centred(self.centre)

    def at(self, left: float, top: float) -> Camera:
        """With this corner of the map at the screen's own, as far as the edges allow."""
        return replace(
            self,
            left=_held(left, self.town[0], self.screen[0] / self.zoom),
            top=_held(top, self.town[1], self.screen[1] / self.zoom),
        )


def _held(start: float, town: float, seen: float) -> float:
    """Never past the map's edge; a map smaller than the screen lies in the middle."""
    if seen >= town:
        return (town - seen) / 2
    return min(max(start, 0.0), town - seen)
