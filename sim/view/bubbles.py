"""Speech bubbles: typed out from what has streamed in, kept for a readable time, faded away.

A line of text is rendered when it changes and never otherwise; an unchanged bubble is one blit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from llm.types import Tier
from sim.bubbles import Bubble, BubbleBoard
from sim.view.camera import HEAD_PX, Camera
from sim.view.placing import Wanted, offset_of, place
from sim.view.text import Line, TextCache, wrap
from sim.view.ui import FADED_INK, GOLD, INK, PAPER, PAPER_SHADE, TIER_COLOURS, Ui

_WIDTH: Final = 230  # of the text, in interface pixels
_BAR: Final = 40  # the height of the instruments at the top, which no bubble covers
_PADDING: Final = 10
_TAIL: Final = 7
_LEAST_HOLD_S: Final = 2.5
_READ_A_SECOND: Final = 15.0  # characters
_FADE_S: Final = 0.4
_DOT_S: Final = 0.35


@dataclass(slots=True)
class _Shown:
    """One bubble on its way from the first character to the last."""

    bubble: Bubble
    seen_at_s: float
    whispered: bool = False
    revealed: float = 0.0
    whole_at_s: float | None = None  # since when all of an ended text can be read
    picture: pygame.Surface | None = None
    drawn_for: tuple[int, int] = (-1, -1)  # characters revealed and arrived when the picture was made
    lines: tuple[Line, ...] = field(default_factory=tuple)
    wrapped: int = 0  # characters of the text from which they were made

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
        self._cache = TextCache()
        self._shown: dict[int, _Shown] = {}
        self._offsets: dict[int, tuple[int, int]] = {}
        self._dots = [_dots(ui, lit) for lit in range(3)]
        self._last_s: float | None = None
        self.pictures_made = 0

    @property
    def renders(self) -> int:
        """How often the font was asked."""
        return self._cache.renders

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
        wanted, pictures = [], {}
        for row in [*self._shown, *np.flatnonzero(thinking).tolist()]:
            picture = self._picture(row, now_s)
            head = camera.to_screen((heads[row, 0], heads[row, 1] - HEAD_PX))
            if row not in pictures and _near(target, head):
                pictures[row] = picture
                wanted.append(Wanted(row, picture.get_size(), (head[0], head[1] - self._ui.px(_TAIL))))
        room = target.get_rect()
        room.top, room.height = self._ui.px(_BAR), room.height - self._ui.px(_BAR)
        faces = [_face(bubble, camera.zoom) for bubble in wanted]
        placed = place(wanted, room, self._offsets, faces)
        self._offsets = {bubble.key: offset_of(bubble, placed[bubble.key]) for bubble in wanted}
        for bubble in wanted:  # all tails first: none may lie over another's words
            if self._opacity(bubble.key, now_s) == 1:
                _draw_tail(target, placed[bubble.key], _face(bubble, camera.zoom), self._ui)
        for bubble in wanted:
            picture, opacity = pictures[bubble.key], self._opacity(bubble.key, now_s)
            if opacity < 1:
                picture.set_alpha(int(255 * opacity))
            target.blit(picture, placed[bubble.key])
        return placed

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

    def _picture(self, row: int, now_s: float) -> pygame.Surface:
        shown = self._shown.get(row)
        if shown is None or shown.revealed < 1:
            return self._dots[int(now_s / _DOT_S) % 3]
        state = int(shown.revealed), len(shown.bubble.text)
        if shown.picture is None or state != shown.drawn_for:
            shown.picture, shown.drawn_for = self._paint(shown), state
            self.pictures_made += 1
        return shown.picture

    def _paint(self, shown: _Shown) -> pygame.Surface:
        """The bubble with the characters revealed so far; each line's run comes from the cache."""
        font = self._ui.quiet if shown.whispered else self._ui.body
        ink, padding = FADED_INK if shown.whispered else INK, self._ui.px(_PADDING)
        revealed = int(shown.revealed)
        if len(shown.bubble.text) != shown.wrapped:
            grew = len(shown.bubble.text) > shown.wrapped
            known = shown.lines if grew else ()
            shown.lines = wrap(shown.bubble.text, self._ui.px(_WIDTH), lambda text: font.size(text)[0], known)
            shown.wrapped = len(shown.bubble.text)
        lines = [line for line in shown.lines if line.start < revealed]
        widths = [font.size(line.text[: revealed - line.start])[0] for line in lines]
        size = max(widths, default=0) + 2 * padding, len(lines) * font.get_linesize() + 2 * padding
        picture = _panel(size, self._ui.unit, shown.bubble.tier, lit=shown.bubble.lit)
        for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
            run = self._cache.run(font, line.text, ink)
            picture.blit(
                run, (padding, padding + number * font.get_linesize()), (0, 0, width, run.get_height())
            )
        return picture


def _face(bubble: Wanted, zoom: int) -> pygame.Rect:
    """Who speaks or thinks is to be seen: from just under the hat down to the feet."""
    face = pygame.Rect(0, 0, 12 * zoom, 18 * zoom)
    face.midtop = bubble.head[0], bubble.head[1] + 4 * zoom
    return face


def _near(target: pygame.Surface, head: tuple[int, int]) -> bool:
    """Whether a speaker can be seen: a voice from beyond the edge would only confuse."""
    return bool(target.get_rect().inflate(16, 16).collidepoint(head))


def _panel(size: tuple[int, int], unit: int, tier: Tier | None, *, lit: bool = False) -> pygame.Surface:
    """Paper with an outline; a mark in the colour of the tier that speaks, and a golden one in the spotlight."""
    picture = pygame.Surface(size, pygame.SRCALPHA)
    whole, radius = picture.get_rect(), 4 * unit
    pygame.draw.rect(picture, INK, whole, border_radius=radius)
    pygame.draw.rect(picture, PAPER_SHADE, whole.inflate(-unit * 2, -unit * 2), border_radius=radius - unit)
    inner = whole.inflate(-unit * 2, -unit * 2)
    inner.height -= unit
    pygame.draw.rect(picture, PAPER, inner, border_radius=radius - unit)
    if tier is not None:
        pygame.draw.circle(
            picture, TIER_COLOURS[tier], (whole.right - 4 * unit, whole.top + 4 * unit), int(1.5 * unit)
        )
    if lit:
        _draw_spark(picture, (whole.right - 10 * unit, whole.top + 4 * unit), 3 * unit)
    return picture


def _draw_spark(target: pygame.Surface, middle: tuple[int, int], reach: int) -> None:
    """A star of four points."""
    x, y = middle
    waist = max(1, reach // 3)
    points = [
        (x, y - reach), (x + waist, y - waist), (x + reach, y), (x + waist, y + waist),
        (x, y + reach), (x - waist, y + waist), (x - reach, y), (x - waist, y - waist),
    ]  # fmt: skip
    pygame.draw.polygon(target, GOLD, points)


def _draw_tail(target: pygame.Surface, rect: pygame.Rect, face: pygame.Rect, ui: Ui) -> None:
    """From the edge of the bubble that is nearest to the speaker, to over their head or under their feet."""
    half = ui.px(_TAIL)
    tip = (face.centerx, face.bottom + half) if rect.centery > face.centery else (face.centerx, face.top)
    x = min(max(tip[0], rect.left + 2 * half), rect.right - 2 * half)
    y = rect.bottom - ui.unit if tip[1] > rect.centery else rect.top + ui.unit
    pygame.draw.polygon(target, INK, [(x - half, y), (x + half, y), tip])
    toward = ui.unit * (1 if tip[1] > y else -1)
    inset = half - ui.unit
    pygame.draw.polygon(
        target, PAPER_SHADE, [(x - inset, y - toward), (x + inset, y - toward), (tip[0], tip[1] - 2 * toward)]
    )


def _dots(ui: Ui, lit: int) -> pygame.Surface:
    """Three dots, one of them dark: somebody thinks."""
    step = ui.px(9)
    picture = _panel((step * 4, step * 2 + ui.unit), ui.unit, None)
    for dot in range(3):
        colour = INK if dot == lit else PAPER_SHADE
        pygame.draw.circle(picture, colour, (step * (dot + 1), step), max(2, ui.px(3)))
    return picture
