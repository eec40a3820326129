"""Text that grows letter by letter: the font draws each letter once for all, and each is put down once where it is said.

Letters stand apart as the font kerns each pair, so a line that grew looks like one that was drawn whole. Scripts whose
letters change beside each other are drawn by the line instead, each time that the line has grown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pygame

from sim.view.face import Face
from sim.view.text import Line, TextCache

_KEPT: Final = 2_000  # letters; a screen shows a hundred different ones
_WIDTHS_KEPT: Final = 4_000  # beginnings of lines
_WIDENS: Final = 16  # pixels, which are 64 bytes: lines of whole steps are copied five times as fast
_ALONE: Final = (  # characters that never change beside others: Latin, Greek, Cyrillic, dashes and quotes, Chinese, Japanese, Korean
    (0x20, 0x2FF), (0x370, 0x52F), (0x2010, 0x2027), (0x2E80, 0xA4CF), (0xAC00, 0xD7A3), (0xFF01, 0xFF60),
)  # fmt: skip


class Glyphs:
    """Letters of one font in one colour."""

    def __init__(self, font: Face, colour: pygame.Color) -> None:
        self.font, self.colour = font, colour
        self.runs = TextCache()
        self._kept: OrderedDict[str, pygame.Surface] = OrderedDict()
        self._steps: dict[tuple[str, str], int] = {}
        self._widths: dict[str, int] = {}
        self.asked = self.rendered = 0

    def of(self, character: str) -> pygame.Surface:
        """A letter's picture."""
        self.asked += 1
        found = self._kept.get(character)
        if found is None:
            self.rendered += 1
            found = self._kept[character] = self.font.render(character, True, self.colour)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def run(self, text: str) -> pygame.Surface:
        """A whole line's picture."""
        self.asked += 1
        before = self.runs.renders
        found = self.runs.run(self.font, text, self.colour)
        self.rendered += self.runs.renders - before
        return found

    def width(self, text: str) -> int:
        """How wide a text is drawn. Lines are measured word by word: what is known of the words before is not added up again."""
        known = self._widths.get(text)
        if known is None:
            if len(self._widths) >= _WIDTHS_KEPT:
                self._widths.clear()
            known = self._widths[text] = self._measured(text)
        return known

    def _measured(self, text: str) -> int:
        if not stands_alone(text):
            return self.font.size(text)[0]
        last = max(text.rfind(" "), 0)  # where the last word begins, with the blank before it
        before = ("", *text)[last : len(text)]
        added = sum(map(self.step, before, text[last:]))
        return added + self.width(text[:last]) if last else added

    def step(self, before: str, character: str) -> int:
        """How far a letter takes the line, behind another or at its beginning."""
        found = self._steps.get((before, character))
        if found is None:
            found = self.font.size(before + character)[0] - self.font.size(before)[0]
            self._steps[before, character] = found
        return found


def stands_alone(text: str) -> bool:
    """Whether a text may be put together from single letters."""
    return text.isascii() or all(_is_alone(ord(character)) for character in text)


def _is_alone(code: int) -> bool:
    return any(first <= code <= last for first, last in _ALONE)


@dataclass(slots=True)
class _Row:
    """A line as far as it has been put down."""

    start: int
    text: str = ""
    width: int = 0


Sheet = Callable[[tuple[int, int]], pygame.Surface]  # an empty sheet of a size, which is not to be written on


@dataclass(slots=True)
class Written:
    """A text on its way from the first letter to the last, on a sheet that is exchanged for a larger one when it is full."""

    glyphs: Glyphs
    sheet: Sheet
    margin: int  # pixels, on all sides
    picture: pygame.Surface = field(default_factory=lambda: pygame.Surface((0, 0)))
    _rows: list[_Row] = field(default_factory=list)
    _lines: Sequence[Line] = ()
    _revealed: int = 0
    _room: tuple[int, int] = (0, 0)

    @property
    def _step(self) -> int:
        return self.glyphs.font.get_linesize()

    def write(self, lines: Sequence[Line], revealed: int) -> None:
        """Go on to so many characters of the text; anew, where lines have become others."""
        is_further = lines is self._lines and revealed >= self._revealed
        first = max(0, len(self._rows) - 1) if is_further else 0  # those before it are whole
        shown = [
            (line.start, line.text[: revealed - line.start])
            for line in lines[first:]
            if line.start < revealed
        ]
        is_same = not self._are_others(shown, first)
        if not is_same:
            self._rows = []
        self._rows += [_Row(start) for start, _ in shown[len(self._rows) - first :]]
        if lines is not self._lines:
            self._room = self._room_for(lines)
        self._lines, self._revealed = lines, revealed
        self._take_sheet(keep=is_same)
        for number, (_, text) in enumerate(shown, start=first):
            if len(text) > len(self._rows[number].text):
                self._put(number, text)

    def _are_others(self, shown: Sequence[tuple[int, str]], first: int) -> bool:
        """Whether what has been put down is not the beginning of what is to be shown."""
        return len(self._rows) > first + len(shown) or any(
            row.start != start or not text.startswith(row.text)
            for row, (start, text) in zip(self._rows[first:], shown, strict=False)
        )

    def _room_for(self, lines: Sequence[Line]) -> tuple[int, int]:
        """A sheet's size: for all that has come, said or not, so that it need not be exchanged with every letter."""
        widest = max((self.glyphs.width(line.text) for line in lines), default=0) + 2 * self.margin
        return -(-widest // _WIDENS) * _WIDENS, len(lines) * self._step + 2 * self.margin

    def _take_sheet(self, *, keep: bool) -> None:
        if keep and self.picture.get_size() == self._room:
            return
        old, self.picture = self.picture, self.sheet(self._room).copy()
        if keep:
            inner = old.get_rect().inflate(-2 * self.margin, -2 * self.margin)
            self.picture.blit(old, inner, inner)

    def _put(self, number: int, text: str) -> None:
        row, y = self._rows[number], self.margin + number * self._step
        if not stands_alone(text):
            row.text, row.width = text, self.glyphs.width(text)
            line = (self.margin, y, self.picture.get_width() - 2 * self.margin, self._step)
            self.picture.blit(self.sheet(self.picture.get_size()), line, line)
            self._lay(self.glyphs.run(text), self.margin, y)
            return
        for character in text[len(row.text) :]:
            step = self.glyphs.step(row.text[-1:], character)
            if character != " ":
                letter = self.glyphs.of(character)
                self._lay(letter, self.margin + row.width + step - letter.get_width(), y)
            row.text, row.width = row.text + character, row.width + step

    def _lay(self, picture: pygame.Surface, x: int, y: int) -> None:
        """On the middle of its line, and never beyond it: other fonts may draw higher than ours."""
        beyond = (picture.get_height() - self._step) // 2
        area = (0, max(0, beyond), picture.get_width(), self._step)
        self.picture.blit(picture, (x, y - min(0, beyond)), area)
