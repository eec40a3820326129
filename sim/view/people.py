"""Everybody on the screen: between two finished ticks, those farther up the map drawn first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from agents.persona import Persona
from sim.snapshot import Snapshot
from sim.view.camera import HEAD_PX, Camera
from sim.view.furniture import Furniture, Piece
from sim.view.poses import Pose
from sim.view.sprites import PersonSheet, SpriteLibrary, frame_numbers

_PORTRAIT_ZOOM: Final = 3
_WALK: Final = np.array((1, 2, 3, 2))  # left foot, passing, right foot, passing
_TICKS_A_STEP: Final = 9
_FEET: Final = np.array((8.0, 21.0))  # where the feet's centre lies in a sprite of 16 by 24
_MARGIN_PX: Final = 24  # so far past the edge somebody is still partly seen
_REACH_PX: Final = 11.0  # how near a click must be
_BREATH_TICKS: Final = 42  # in, and as many out
_BLINK_EVERY_TICKS, _BLINK_TICKS = 230, 7
_APART: Final = 53  # ticks between two neighbours' breaths
_TICKS_A_LOOK: Final = 30  # until it is seen that somebody has become another
_DRESSED_A_FRAME: Final = 6  # of those who come into sight at once; half a millisecond each
_DRESSED_AHEAD: Final = 400  # people, one a frame, so that turning the wheel costs no long frame


class People:
    """Sprites of the whole cast."""

    def __init__(self, library: SpriteLibrary, who: Callable[[int], Persona], furniture: Furniture) -> None:
        self._library = library
        self._who = who
        self._furniture = furniture
        self._sheets: dict[int, tuple[Persona, PersonSheet]] = {}
        self._all_dressed_of = 0  # how many there were when all of them had been dressed
        self.drawn = 0  # people, in the last frame
        self.is_still = False  # who stands neither breathes nor blinks
        self._is_first = True  # the picture that nobody waits for
        self._present: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self.position: NDArray[np.float64] = np.zeros((0, 2))  # as last drawn, map pixels

    def draw(
        self, target: pygame.Surface, camera: Camera, previous: Snapshot, current: Snapshot, alpha: float
    ) -> None:
        """All who can be seen, in one call, sorted by how far down they stand."""
        self.position, self._present = _between(previous.position, current.position, alpha), current.present
        rows = self._dressed(self._visible(camera), current.tick)
        resting = self._furniture.settle(self.position, current, rows)
        rows = [rows[at] for at in np.argsort(self.position[rows, 1], kind="stable").tolist()]
        self.drawn = len(rows)
        sheets, numbers = (
            self._sheets,
            frame_numbers(*_poses(current, rows, resting, still=self.is_still), camera.zoom),
        )
        sprites = [sheets[row][1].numbered(number) for row, number in zip(rows, numbers, strict=True)]
        corners = camera.to_screen_many(self.position[rows] - _FEET)
        target.blits(list(zip(sprites, corners, strict=True)), doreturn=False)

    def at(self, point: tuple[float, float]) -> int | None:
        """Who stands at a point of the map: the row, or None."""
        body = self.position - np.array((0.0, HEAD_PX / 2))
        distance = np.where(self._present, np.abs(body - np.array(point)).max(axis=1), np.inf)
        nearest = int(distance.argmin()) if distance.size else 0
        return nearest if distance.size and distance[nearest] <= _REACH_PX else None

    def portrait(self, row: int) -> pygame.Surface:
        """Somebody's face, large."""
        return self._sheet(row).frame(0, 0, _PORTRAIT_ZOOM)

    def face(self, row: int) -> pygame.Surface:
        """A square around somebody's head."""
        portrait = self.portrait(row)
        return portrait.subsurface((0, 0, portrait.get_width(), portrait.get_width()))

    @property
    def feet(self) -> NDArray[np.float64]:
        """Where those stand who are in town, as last drawn: (k, 2), map pixels."""
        return self.position[self._present]

    def present(self) -> list[int]:
        """The rows of those who are in town, as last drawn."""
        rows: list[int] = np.flatnonzero(self._present).tolist()
        return rows

    def _dressed(self, rows: list[int], tick: int) -> list[int]:
        """Those of them who can be drawn; who came into sight among too many others is drawn a frame or two later."""
        for row in rows[tick % _TICKS_A_LOOK :: _TICKS_A_LOOK]:
            self._sheet(row)
        new = [row for row in rows if row not in self._sheets]
        for row in new if self._is_first else new[:_DRESSED_A_FRAME]:
            self._sheet(row)
        if not new:
            self._dress_ahead()
        self._is_first = False
        return [row for row in rows if row in self._sheets] if new else rows

    def _dress_ahead(self) -> None:
        """One of those who are not in sight, while there is nobody else to dress."""
        if self._all_dressed_of == len(self.position) or len(self._sheets) >= _DRESSED_AHEAD:
            return
        ahead = next((row for row in self.present() if row not in self._sheets), None)
        if ahead is None:
            self._all_dressed_of = len(self.position)
        else:
            self._sheet(ahead)

    def _sheet(self, row: int) -> PersonSheet:
        """Cut when somebody is first seen, and anew when they have become another."""
        persona = self._who(row)
        known = self._sheets.get(row)
        if known is None or known[0] is not persona:
            known = self._sheets[row] = persona, self._library.person(persona.appearance)
        return known[1]

    def _visible(self, camera: Camera) -> list[int]:
        left, top = camera.to_map((-_MARGIN_PX * camera.zoom, -_MARGIN_PX * camera.zoom))
        right, bottom = (edge + _MARGIN_PX for edge in camera.to_map(camera.screen))
        x, y = self.position[:, 0], self.position[:, 1]
        within = (x > left) & (x < right) & (y > top) & (y < bottom) & self._present
        rows: list[int] = np.flatnonzero(within).tolist()
        return rows


def _between(before: NDArray[np.float64], now: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """Positions between two ticks; who has just come stands where they came."""
    known = min(len(before), len(now))
    position = now.copy()
    position[:known] = before[:known] + (now[:known] - before[:known]) * alpha
    return position


def _poses(
    snapshot: Snapshot, rows: list[int], resting: Mapping[int, Piece], *, still: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Heading and step of each: who walks is not in step with the others, who stands breathes, who rests lies or sits."""
    at, tick = np.array(rows, dtype=np.intp), snapshot.tick
    walking = _WALK[(tick // _TICKS_A_STEP + at) % len(_WALK)]
    breath = np.where((tick + at * _APART) // _BREATH_TICKS % 2 == 0, 0, Pose.BREATHES)
    idle = np.where((tick + at * _APART) % _BLINK_EVERY_TICKS < _BLINK_TICKS, Pose.BLINKS, breath)
    steps = np.where(snapshot.moving[at], walking, 0 if still else idle)
    headings = snapshot.heading[at].astype(np.int64)
    if resting:
        lies = np.zeros(len(snapshot.position), dtype=np.int8)
        faces = snapshot.heading.copy()
        for row, piece in resting.items():
            lies[row] = piece.pose
            if (
                snapshot.talk[row] < 0 or piece.pose is not Pose.SITS
            ):  # who talks looks at whom they talk with
                faces[row] = piece.facing
        steps, headings = np.where(lies[at] > 0, lies[at], steps), faces[at].astype(np.int64)
    return headings, steps.astype(np.int64)
