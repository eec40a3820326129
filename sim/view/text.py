"""Text becomes pixels once: a cache of rendered runs, and whole-word wrapping.

`renders` counts the calls that reached the font, so that a test can say "nothing was drawn twice".
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pygame

from sim.view.face import Face

_KEPT: Final = 512  # runs; a screen shows well under a hundred
_WORD: Final = re.compile(r"\S+")
_BLANKS: Final = {ord(blank): " " for blank in "\t\n\r\v\f\u00a0\u2028\u2029"} | {0: " "}


@dataclass(frozen=True, slots=True)
class Line:
    """A slice of the wrapped text: `text` is what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def wrap(
    text: str, width: int, measure: Callable[[str], int], known: Sequence[Line] = ()
) -> tuple[Line, ...]:
    """Break at blanks so that each line measures at most `width`; only a word wider than that is cut.

    Greedy, so words that arrive later never move the lines before them: `known`, the lines of the same text when it was
    shorter, need not be measured again, but for the last.
    """
    flat = text.translate(_BLANKS)
    lines = list(known[:-1])
    start = end = -1
    for word in _WORD.finditer(flat, known[-1].start if known else 0):
        if start >= 0 and measure(flat[start : word.end()]) <= width:
            end = word.end()
            continue
        if start >= 0:
            lines.append(Line(start, end, flat[start:end]))
        start, end = word.span()
        while measure(flat[start:end]) > width and end - start > 1:
            cut = _fit(flat, start, end, width, measure)
            lines.append(Line(start, cut, flat[start:cut]))
            start = cut
    if start >= 0:
        lines.append(Line(start, end, flat[start:end]))
    return tuple(lines)


def _fit(text: str, start: int, end: int, width: int, measure: Callable[[str], int]) -> int:
    """The furthest place to cut an overlong word."""
    cut = start + 1
    while cut < end and measure(text[start : cut + 1]) <= width:
        cut += 1
    return cut


class TextCache:
    """Rendered runs by font, text and colour; the least recently used leave first."""

    def __init__(self) -> None:
        self._runs: OrderedDict[tuple[object, ...], pygame.Surface] = OrderedDict()
        self.renders = 0

    def run(self, font: Face, text: str, colour: pygame.Color) -> pygame.Surface:
        """A line of text on nothing."""
        return self._cached((id(font), text, tuple(colour)), lambda: font.render(text, True, colour))

    def tag(self, font: Face, text: str, colour: pygame.Color, outline: pygame.Color) -> pygame.Surface:
        """A line of text with an outline one pixel wide, readable on any ground."""
        key = (id(font), text, tuple(colour), tuple(outline))
        return self._cached(key, lambda: _outlined(font, text, colour, outline))

    def _cached(self, key: tuple[object, ...], make: Callable[[], pygame.Surface]) -> pygame.Surface:
        found = self._runs.get(key)
        if found is not None:
            self._runs.move_to_end(key)
            return found
        self.renders += 1
        made = self._runs[key] = make()
        if len(self._runs) > _KEPT:
            self._runs.popitem(last=False)
        return made


def _outlined(font: Face, text: str, colour: pygame.Color, outline: pygame.Color) -> pygame.Surface:
    rim, face = font.render(text, True, outline), font.render(text, True, colour)
    made = pygame.Surface((face.get_width() + 2, face.get_height() + 2), pygame.SRCALPHA)
    for x, y in ((0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2), (2, 2)):
        made.blit(rim, (x, y))
    made.blit(face, (1, 1))
    return made
