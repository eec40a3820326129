"""One utterance as a picture that grows: a line is rendered when it changes, a letter is one small blit.

The panel is sized by the lines that have begun to appear, so it grows line by line, not letter by letter.
"""

from __future__ import annotations

from typing import Final

import pygame

from sim.bubbles import Bubble
from sim.view import ui
from sim.view.bubble_art import BubbleArt, paper
from sim.view.bubble_life import Life
from sim.view.text import Line, TextCache, wrap

_WIDEST: Final = 224  # half units of text
_LINES: Final = 6  # shown at once; earlier ones scroll away
_SIDE: Final = 9  # half units between edge and text
_OVER: Final = 6
_UNDER: Final = 8


class Panel:
    """A bubble's picture and how far it is."""

    def __init__(self, bubble: Bubble, name: str, art: BubbleArt, texts: TextCache, now_ns: int) -> None:
        self.bubble = bubble
        self.life = Life(now_ns)
        self.picture: pygame.Surface | None = None  # none until the first letter
        self.strength = 1.0  # below 1 when somebody has answered
        self.answered = False
        self._art = art
        self._texts = texts
        self._title = texts.run(art.look.small, name, ui.TIER_COLOURS[bubble.tier])
        self._lines: tuple[Line, ...] = ()
        self._wrapped = 0  # characters of the text that `_lines` covers
        self._window = (0, 0)  # first line on the picture, and one past the last
        self._inked: dict[int, int] = {}  # line -> pixels of it that are on the picture
        self._drawn = 0  # characters on the picture

    def update(self, now_ns: int, rate: float, *, held: bool) -> None:
        """Bring the picture up to now; nothing is drawn when no letter is due."""
        text = self.bubble.text
        self.life.advance(now_ns, len(text), rate, ended=self.bubble.ended, held=held)
        changed = len(text) != self._wrapped
        if changed:
            self._lines = wrap(text, self._art.look.px(_WIDEST), lambda run: self._art.look.body.size(run)[0])
            self._wrapped = len(text)
        if not self.life.shown or (self.life.shown == self._drawn and not changed):
            return
        begun = sum(line.start < self.life.shown for line in self._lines)
        window = (max(0, begun - _LINES), begun)
        if changed or window != self._window:
            self._window = window
            self._compose()
        self._ink()
        self._drawn = self.life.shown

    def _run(self, line: int) -> pygame.Surface:
        return self._texts.run(self._art.look.body, self._lines[line].text, ui.INK)

    def _compose(self) -> None:
        """Lay out fresh paper for the lines in the window; keep the old sheet when its size still fits."""
        look, badge = self._art.look, self._art.badges[self.bubble.tier]
        side, gap = look.px(_SIDE), 3 * look.unit
        widths = [self._run(line).get_width() for line in range(*self._window)]
        header = self._title.get_width() + gap + badge.get_width()
        width = max(header, *widths, 0) + 2 * side
        rows = self._window[1] - self._window[0]
        height = look.px(_OVER) + self._head_px + rows * self._line_px + look.px(_UNDER)
        self.picture = paper((width, height), look.unit)
        self.picture.blit(self._title, (side, look.px(_OVER)))
        drop = (self._title.get_height() - badge.get_height()) // 2
        self.picture.blit(badge, (width - side - badge.get_width(), look.px(_OVER) + drop))
        self._inked.clear()

    def _ink(self) -> None:
        """Add the letters that are due and not yet there."""
        picture, look = self.picture, self._art.look
        if picture is None:
            return
        for row, line in enumerate(range(*self._window)):
            run, done = self._run(line), self._inked.get(line, 0)
            due = self._due_px(self._lines[line], run)
            if due > done:
                y = look.px(_OVER) + self._head_px + row * self._line_px
                picture.blit(run, (look.px(_SIDE) + done, y), (done, 0, due - done, run.get_height()))
                self._inked[line] = due

    def _due_px(self, line: Line, run: pygame.Surface) -> int:
        letters = self.life.shown - line.start
        if letters >= len(line.text):
            return run.get_width()
        return int(self._art.look.body.size(line.text[:letters])[0])

    @property
    def _head_px(self) -> int:
        return self._title.get_height() + self._art.look.unit

    @property
    def _line_px(self) -> int:
        return self._art.look.body.get_linesize()
