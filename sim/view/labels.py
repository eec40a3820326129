"""Names on the map: of the chosen one, of whoever is under the cursor with what they do, or of everybody; and who is in a house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pygame

from agents.persona import Persona
from sim.activity import Activity
from sim.snapshot import Snapshot
from sim.town import Place, Town
from sim.view.camera import Camera, Point
from sim.view.people import People
from sim.view.text import TextCache
from sim.view.ui import CREAM, GOLD, INK, Ui

_MOST_NAMES: Final = 12  # of those in a house


class Labels:
    """Drawn over the town, in screen pixels."""

    def __init__(self, ui: Ui, people: People, who: Callable[[int], Persona]) -> None:
        self._ui = ui
        self._people = people
        self._who = who
        self._tags = TextCache()

    def draw(self, target: pygame.Surface, camera: Camera, current: Snapshot, rows: dict[int, bool]) -> None:
        """The names of these, under their feet; of those marked true also what they do."""
        for row, is_told in rows.items():
            x, y = camera.to_screen(tuple(self._people.position[row].tolist()))
            lines = [self._who(row).first_name]
            if is_told:
                lines.append(Activity(int(current.activity[row])).words)
            self._lay(target, (x, y + 2 * camera.zoom), lines, CREAM)

    def name(self, target: pygame.Surface, camera: Camera, row: int) -> None:
        """Of the chosen one."""
        x, y = camera.to_screen(tuple(self._people.position[row].tolist()))
        self._lay(target, (x, y + 2 * camera.zoom), [self._who(row).first_name], GOLD)

    def house(
        self, target: pygame.Surface, camera: Camera, town: Town, current: Snapshot, point: Point
    ) -> None:
        """The place at a point of the map, and who is in it."""
        place, origin = place_at(town, point)
        if place is None:
            return
        names = [self._who(row).first_name for row in self._inside(town, place, origin, current)]
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        told = f"{', '.join(names[:_MOST_NAMES])}{more}" if names else "nobody is here"
        side = town.tile_px
        corner = origin[0] + (place.left + place.width / 2) * side, origin[1] + place.top * side
        x, y = camera.to_screen(corner)
        self._lay(
            target,
            (x, max(y - 2 * self._ui.small.get_linesize(), self._ui.px(44))),
            [place.title, told],
            GOLD,
        )

    def _inside(self, town: Town, place: Place, origin: Point, current: Snapshot) -> list[int]:
        tiles = ((current.position - np.array(origin)) // town.tile_px).astype(np.int64)
        inside = (tiles[:, 0] >= place.left) & (tiles[:, 0] < place.left + place.width)
        inside &= (tiles[:, 1] >= place.top) & (tiles[:, 1] < place.top + place.height)
        rows: list[int] = np.flatnonzero(inside & current.present).tolist()
        return rows

    def _lay(
        self, target: pygame.Surface, top: tuple[int, int], lines: list[str], colour: pygame.Color
    ) -> None:
        for number, line in enumerate(lines):
            tag = self._tags.tag(self._ui.small, line, colour if number == 0 else CREAM, INK)
            target.blit(tag, (top[0] - tag.get_width() // 2, top[1] + number * self._ui.small.get_linesize()))


def place_at(town: Town, point: Point) -> tuple[Place | None, Point]:
    """The place under a point of the map, and where its district begins, in map pixels."""
    width, height = town.width * town.tile_px, town.height * town.tile_px
    right, down = int(point[0] // width), int(point[1] // height)
    if not town.has_district(right, down):
        return None, (0.0, 0.0)
    x, y = int(point[0] % width) // town.tile_px, int(point[1] % height) // town.tile_px
    return town.place_at(x, y), (float(right * width), float(down * height))
