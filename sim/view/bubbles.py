"""All bubbles of a frame: brought up to date, laid out, drawn, and taken off the board when they have been read.

Screen space only, so words are as crisp at any zoom; the board is the one thing here that outlives a frame
and is not the view's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pygame

from sim.bubbles import BubbleBoard
from sim.snapshot import Snapshot
from sim.view.bubble_art import BubbleArt
from sim.view.bubble_layout import Wish, arrange, held
from sim.view.bubble_panel import Panel
from sim.view.people import Scene
from sim.view.text import TextCache

_RISE: Final = 6  # UI pixels between a head and the bubble over it
_MOVE_S: Final = 0.12  # in which a bubble goes two thirds of its way to a new place
_ANSWERED: Final = 0.62  # strength of a line that has been answered
_DIM_A_S: Final = 2.5
_DOT_NS: Final = 320_000_000
_CORNER: Final = 6  # UI pixels at a panel's end where no tail begins


@dataclass(frozen=True, slots=True)
class Pace:
    """The moment and how fast words go in it."""

    now_ns: int
    elapsed_s: float
    characters_a_s: float
    held: bool  # paused: what stands stays


class BubbleLayer:
    """Every head's bubble, from one frame to the next."""

    def __init__(self, board: BubbleBoard, names: Sequence[str], art: BubbleArt, texts: TextCache) -> None:
        self.panels: dict[int, Panel] = {}
        self.places: dict[int, pygame.Rect] = {}  # of the last frame, by row: for tests and the curious
        self._board = board
        self._names = names
        self._art = art
        self._texts = texts
        self._shifts: dict[int, tuple[int, int]] = {}  # where they go
        self._eased: dict[int, tuple[float, float]] = {}  # where they are on the way

    def update(self, current: Snapshot, pace: Pace) -> None:
        """Follow the board: new bubbles appear, all grow, those read long enough leave."""
        for bubble in self._board.showing():
            panel = self.panels.get(bubble.npc)
            if panel is None or panel.bubble is not bubble:
                self.panels.pop(bubble.npc, None)  # so that the newest stands last
                panel = Panel(bubble, self._names[bubble.npc], self._art, self._texts, pace.now_ns)
                self.panels[bubble.npc] = panel
                self._forget(bubble.npc)
            panel.update(pace.now_ns, pace.characters_a_s, held=pace.held)
            if panel.life.gone:
                self._board.remove(bubble.npc)
        for row in [row for row, panel in self.panels.items() if self._board.of(row) is not panel.bubble]:
            del self.panels[row]
            self._forget(row)
        self._dim_answered(current, pace.elapsed_s)

    def draw(self, target: pygame.Surface, scene: Scene, area: pygame.Rect, pace: Pace) -> None:
        """Draw the bubbles of everybody in sight inside an area of the screen."""
        wishes = self._wishes(scene)
        self._shifts.update(arrange(wishes, area, self._shifts))
        share = min(1.0, pace.elapsed_s / _MOVE_S)
        self.places = {wish.key: self._moved(wish, area, share) for wish in wishes}
        for wish in wishes:
            self._show(target, wish)

    def draw_thinking(self, target: pygame.Surface, scene: Scene, current: Snapshot, now_ns: int) -> None:
        """Three dots beside the head of everybody who waits for a line."""
        picture = self._art.dots[now_ns // _DOT_NS % len(self._art.dots)]
        width, height = picture.get_size()
        for row in scene.rows:
            panel, head = self.panels.get(row), scene.head(row)
            speaks = panel is not None and panel.picture is not None and not panel.bubble.ended
            if current.thinking[row] and head is not None and not speaks:
                over = panel is None or panel.picture is None
                x = head[0] - width // 2 if over else head[0] + 5 * scene.zoom
                target.blit(picture, (x, head[1] - height - 2 if over else head[1] - height // 2))

    def _forget(self, row: int) -> None:
        self._shifts.pop(row, None)
        self._eased.pop(row, None)

    def _dim_answered(self, current: Snapshot, elapsed_s: float) -> None:
        """A line steps back when another of the same talk has begun after it."""
        newest: dict[int, int] = {}
        for row, panel in self.panels.items():
            if panel.picture is not None and current.talk[row] >= 0:
                newest[int(current.talk[row])] = row
        for row, panel in self.panels.items():
            panel.answered = panel.answered or newest.get(int(current.talk[row]), row) != row
            if panel.answered:
                panel.strength = max(_ANSWERED, panel.strength - _DIM_A_S * elapsed_s)

    def _wishes(self, scene: Scene) -> list[Wish]:
        wishes = []
        for row, panel in self.panels.items():
            head = scene.head(row)
            if head is not None and panel.picture is not None:
                wishes.append(Wish(row, head, panel.picture.get_size(), _RISE * self._art.look.unit))
        return wishes

    def _moved(self, wish: Wish, area: pygame.Rect, share: float) -> pygame.Rect:
        """A share of the way from where it was towards its place; a new one is there at once."""
        goal = self._shifts[wish.key]
        x, y = self._eased.get(wish.key, goal)
        x, y = self._eased[wish.key] = (x + (goal[0] - x) * share, y + (goal[1] - y) * share)
        return held(wish.home().move(round(x), round(y)), area)

    def _show(self, target: pygame.Surface, wish: Wish) -> None:
        panel, rect = self.panels[wish.key], self.places[wish.key]
        if panel.picture is None:
            return
        alpha = round(255 * panel.strength * panel.life.opacity)
        panel.picture.set_alpha(alpha)
        target.blit(panel.picture, rect)
        unit = self._art.look.unit
        start, upright = _tail_start(rect, wish.head, _CORNER * unit, unit)
        way = ((wish.head[0] - start[0]) // unit * unit, (wish.head[1] - unit - start[1]) // unit * unit)
        if abs(way[1] if upright else way[0]) >= 2 * unit:
            tail, base = self._art.tail(way, upright=upright)
            tail.set_alpha(alpha)
            target.blit(tail, (start[0] - base[0], start[1] - base[1]))


def _tail_start(
    rect: pygame.Rect, head: tuple[int, int], corner: int, unit: int
) -> tuple[tuple[int, int], bool]:
    """Where on the panel's edge its tail begins, and whether that edge is level."""
    x = max(rect.left + corner, min(head[0], rect.right - corner))
    if head[1] >= rect.bottom - unit:
        return (x, rect.bottom - 2 * unit), True  # the shadow is the lowest UI pixel, the outline above it
    if head[1] < rect.top:
        return (x, rect.top + unit), True
    y = max(rect.top + corner, min(head[1], rect.bottom - corner))
    return (rect.right - unit if head[0] >= rect.centerx else rect.left + unit, y), False
