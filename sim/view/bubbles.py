"""Speech bubbles: typed out from what has streamed in, kept for a readable time, faded away.

A letter is put down once, on a picture that stays; an unchanged bubble is one blit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from sim.bubbles import Bubble, BubbleBoard
from sim.view.bubble_paper import Paper, Piece, whole
from sim.view.camera import HEAD_PX, Camera
from sim.view.glyphs import Glyphs, Written
from sim.view.placing import Placer, Wanted
from sim.view.text import Line, wrap
from sim.view.ui import FADED_INK, INK, Ui

_WIDTH: Final = 230  # of the text, in interface pixels
_BAR: Final = 40  # the height of the instruments at the top, which no bubble covers
_PADDING: Final = 10
_LEAST_HOLD_S: Final = 2.5
_READ_A_SECOND: Final = 15.0  # characters
_FADE_S: Final = 0.4
_FRAMES_A_LETTER: Final = 2  # words are put down in every second frame, each bubble's in its own
_COARSE: Final = 8  # or in every eighth, while frames come near their budget
_DOT_S: Final = 0.35


@dataclass(slots=True)
class _Shown:
    """One bubble on its way from the first character to the last."""

    bubble: Bubble
    seen_at_s: float
    whispered: bool = False
    revealed: float = 0.0
    whole_at_s: float | None = None  # since when all of an ended text can be read
    drawn_for: tuple[int, int] = (-1, -1)  # characters revealed and arrived when it was last written on
    lines: tuple[Line, ...] = field(default_factory=tuple)
    wrapped: int = 0  # characters of the text from which they were made
    written: Written | None = None

    def age(self, now_s: float, step_s: float, speed: float) -> None:
        """Reveal more of what has arrived."""
        self.revealed = min(self.revealed + step_s * speed, len(self.bubble.text))
        if self.whole_at_s is None and self.bubble.ended and self.revealed >= len(self.bubble.text):
            self.whole_at_s = now_s

    def opacity(self, now_s: float) -> float:
        """1 while it is to be read, then down to 0."""
        if self.whole_at_s is None:
            return 1.0
        hold = max(_LEAST_HOLD_S, len(self.bubble.text) / _READ_A_SECOND)
        return 1.0 - min(max((now_s - self.whole_at_s - hold) / _FADE_S, 0.0), 1.0)


class Bubbles:
    """All bubbles of the screen."""

    def __init__(self, board: BubbleBoard, ui: Ui, text_speed: float) -> None:
        self._board = board
        self._ui = ui
        self._speed = text_speed
        self._spoken, self._whispered = Glyphs(ui.body, INK), Glyphs(ui.quiet, FADED_INK)
        self._shown: dict[int, _Shown] = {}
        self._placer = Placer()
        self._paper = Paper(ui)
        self._padding, self._width = ui.px(_PADDING), ui.px(_WIDTH)
        self._dots = [self._paper.dots(lit) for lit in range(3)]
        self._last_s: float | None = None
        self.pictures_made = 0
        self.is_coarse = False
        self._frames = 0
        self.drawn = 0  # bubbles, in the last frame

    @property
    def renders(self) -> int:
        """How often the font was asked."""
        return self._spoken.rendered + self._whispered.rendered

    @property
    def asked(self) -> int:
        """How many letters, and lines of joined-up scripts, were put down."""
        return self._spoken.asked + self._whispered.asked

    def draw(
        self,
        target: pygame.Surface,
        camera: Camera,
        heads: NDArray[np.float64],
        thinking: NDArray[np.bool_],
        now_s: float,
        whispering: Collection[int] = (),
    ) -> dict[int, pygame.Rect]:
        """Everything that is said and thought; where each bubble lies, by row."""
        self._age(now_s, whispering)
        self._frames += 1
        wanted = self._wanted(target, camera, heads, thinking)
        room = target.get_rect()
        room.top, room.height = self._ui.px(_BAR), room.height - self._ui.px(_BAR)
        faces = [_face(bubble, camera.zoom) for bubble in wanted]
        placed = self._placer.place(wanted, room, faces)
        for bubble, face in zip(
            wanted, faces, strict=True
        ):  # all tails first: none may lie over another's words
            if self._opacity(bubble.key, now_s) == 1:
                self._paper.draw_tail(target, placed[bubble.key], face)
        pieces = [piece for row, rect in placed.items() for piece in self._pieces(row, rect, now_s)]
        target.blits(pieces, doreturn=False)
        self.drawn = len(placed)
        return placed

    def _wanted(
        self,
        target: pygame.Surface,
        camera: Camera,
        heads: NDArray[np.float64],
        thinking: NDArray[np.bool_],
    ) -> list[Wanted]:
        """The bubbles of those whom one can see: a voice from beyond the edge would only confuse."""
        speaking = list(self._shown)
        rows = [*speaking, *(row for row in np.flatnonzero(thinking).tolist() if row not in self._shown)]
        points = camera.to_screen_many(heads[rows] - (0.0, HEAD_PX)) if rows else []
        near, tail = target.get_rect().inflate(16, 16), self._paper.tail
        return [
            Wanted(row, self._size(row), (x, y - tail))
            for row, (x, y) in zip(rows, points, strict=True)
            if near.collidepoint(x, y)
        ]

    def _size(self, row: int) -> tuple[int, int]:
        shown = self._shown.get(row)
        if shown is None or shown.revealed < 1:
            return self._dots[0].get_size()
        return self._write(shown).picture.get_size()

    def _write(self, shown: _Shown) -> Written:
        """The words that are revealed so far, on their paper; those that were stay where they are."""
        glyphs, bubble = self._whispered if shown.whispered else self._spoken, shown.bubble
        if shown.written is None:
            shown.written = Written(glyphs, self._paper.sheet, self._padding)
        written, text = shown.written, bubble.text
        state = int(shown.revealed), len(text)
        frames_a_step = _COARSE if self.is_coarse else _FRAMES_A_LETTER
        is_turn = shown.whole_at_s is not None or (self._frames + bubble.npc) % frames_a_step == 0
        if state != shown.drawn_for and (is_turn or shown.drawn_for[0] < 1):
            if len(text) != shown.wrapped:
                known = shown.lines if len(text) > shown.wrapped else ()
                shown.lines, shown.wrapped = wrap(text, self._width, glyphs.width, known), len(text)
            written.write(shown.lines, state[0])
            shown.drawn_for = state
            self.pictures_made += 1
        return written

    def _pieces(self, row: int, rect: pygame.Rect, now_s: float) -> list[Piece]:
        """What one of them is put together from, lowest first."""
        shown = self._shown.get(row)
        if shown is None or shown.written is None or shown.revealed < 1:
            return [whole(self._dots[int(now_s / _DOT_S) % 3], rect)]
        words, opacity = shown.written.picture, shown.opacity(now_s)
        if opacity < 1:
            return [whole(self._paper.fading(shown.bubble, words, opacity), rect)]
        return self._paper.pieces(rect, words, shown.bubble)

    def _opacity(self, row: int, now_s: float) -> float:
        shown = self._shown.get(row)
        return 1.0 if shown is None else shown.opacity(now_s)

    def _age(self, now_s: float, whispering: Collection[int]) -> None:
        step_s = 0.0 if self._last_s is None else max(0.0, now_s - self._last_s)
        self._last_s = now_s
        for bubble in self._board.showing():
            shown = self._shown.get(bubble.npc)
            if shown is None or shown.bubble is not bubble:
                self._shown[bubble.npc] = _Shown(bubble, now_s, whispered=bubble.npc in whispering)
        for row, shown in list(self._shown.items()):
            shown.age(now_s, step_s, self._speed)
            if shown.opacity(now_s) <= 0 or self._board.of(row) is None:
                del self._shown[row]
                self._board.remove(row)


def _face(bubble: Wanted, zoom: int) -> pygame.Rect:
    """Who speaks or thinks is to be seen: from just under the hat down to the feet."""
    face = pygame.Rect(0, 0, 12 * zoom, 18 * zoom)
    face.midtop = bubble.head[0], bubble.head[1] + 4 * zoom
    return face
