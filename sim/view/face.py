"""A font with others behind it: what the first lacks the next may have, and what none has is left out rather than drawn as a box."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import pygame

_BEHIND: Final = (  # for scripts and signs that the plain fonts lack, as systems name them
    "notosanscjksc", "notosanscjkjp", "droidsansfallback", "microsoftyahei", "hiraginosans", "notosansarabic",
    "notosansdevanagari", "notosanssymbols2", "notosanssymbols", "symbola", "segoeuisymbol", "applesymbols", "unifont",
)  # fmt: skip
_NOBODYS: Final = "\u0378"  # no font has it: what it is drawn as is what a lacking glyph looks like
_UNKNOWN: Final = "\u00b7"  # stands for a letter that no font has
_KEPT: Final = 20_000  # characters of which it is known who has them
_NOWHERE: Final = -1


class Face:
    """As much of `pygame.font.Font` as the screen needs."""

    def __init__(self, first: pygame.font.Font, behind: Sequence[pygame.font.Font] = ()) -> None:
        self._fonts = (first, *behind)
        self._lacking = [_drawn(font, _NOBODYS) for font in self._fonts]
        self._holders: dict[str, int] = {}

    def get_linesize(self) -> int:
        """Pixels from one line to the next: the first font's."""
        return self._fonts[0].get_linesize()

    def size(self, text: str) -> tuple[int, int]:
        """How large a text is drawn."""
        if text.isascii():
            return self._fonts[0].size(text)
        sizes = [font.size(part) for font, part in self._parts(text)]
        return sum(width for width, _ in sizes), max((height for _, height in sizes), default=0)

    def render(self, text: str, antialias: bool, colour: pygame.Color) -> pygame.Surface:  # noqa: FBT001 - as pygame has it
        """A text on nothing."""
        if text.isascii():
            return self._fonts[0].render(text, antialias, colour)
        runs = [font.render(part, antialias, colour) for font, part in self._parts(text)]
        height = max((run.get_height() for run in runs), default=self.get_linesize())
        whole = pygame.Surface((sum(run.get_width() for run in runs), height), pygame.SRCALPHA)
        x = 0
        for run in runs:
            whole.blit(run, (x, (height - run.get_height()) // 2))
            x += run.get_width()
        return whole

    def _parts(self, text: str) -> Iterator[tuple[pygame.font.Font, str]]:
        """Each with the font that draws it; what nobody draws is left out, or a letter's stand-in."""
        held = ((self._holder(character), character) for character in text)
        known = (
            (0, _stand_in(character)) if font == _NOWHERE else (font, character) for font, character in held
        )
        for font, group in groupby(known, key=lambda pair: pair[0]):
            part = "".join(character for _, character in group)
            if part:
                yield self._fonts[font], part

    def _holder(self, character: str) -> int:
        found = self._holders.get(character)
        if found is None:
            has = (number for number in range(len(self._fonts)) if self._has(number, character))
            found = next(has, _NOWHERE)
            if len(self._holders) < _KEPT:
                self._holders[character] = found
        return found

    def _has(self, number: int, character: str) -> bool:
        return (
            character.isspace()
            or character.isascii()
            or _drawn(self._fonts[number], character) != self._lacking[number]
        )


def fonts_behind(size: int) -> tuple[pygame.font.Font, ...]:
    """Those of this machine, at a size in pixels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pygame warns where the system has no list of fonts
        paths = [path for name in _BEHIND if (path := pygame.font.match_font(name)) is not None]
    return tuple(pygame.font.Font(path, size) for path in dict.fromkeys(map(str, paths)))


def _drawn(font: pygame.font.Font, character: str) -> bytes:
    try:
        picture = font.render(character, False, (255, 255, 255))
    except (pygame.error, UnicodeError):
        return b""
    return (
        bytes(picture.get_size()) + pygame.image.tobytes(picture, "RGB")
        if max(picture.get_size()) < 256
        else b""
    )


def _stand_in(character: str) -> str:
    """A dot for a letter; nothing for a picture or a mark."""
    return _UNKNOWN if unicodedata.category(character).startswith("L") else ""
