"""The panel about one townsperson: who they are and what they want, whom they know and remember, and what is being said.

Painted anew when what it tells has changed, twice a second at most; a frame only lays the picture on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import pygame

from llm.types import Tier
from sim.inspection import Asked, Gauge, Inspection
from sim.view.face import Face
from sim.view.text import TextCache, wrap
from sim.view.ui import CORAL, CREAM, GOLD, LEAF, MUTED, NIGHT, NIGHT_EDGE, TEAL, TIER_COLOURS, Ui

_WIDTH: Final = 300  # interface pixels
_TOP: Final = 46
_PADDING: Final = 12
_BAR: Final = 8  # high
_BANDS: Final = (LEAF, GOLD, CORAL)
_TRENDS: Final = {1: "▲", 0: "·", -1: "▼"}
_WHY_LINES: Final = 7
_SLOTS: Final = 4  # of the plan, from the present one on


class Page(Enum):
    """What the panel tells."""

    LIFE = "life"
    MIND = "mind"
    TALK = "talk"


@dataclass(slots=True)
class _Column:
    """Things laid one under another on a picture."""

    picture: pygame.Surface
    ui: Ui
    cache: TextCache
    y: int

    @property
    def left(self) -> int:
        """Where a line begins."""
        return self.ui.px(_PADDING)

    @property
    def width(self) -> int:
        """How long it may be."""
        return self.picture.get_width() - 2 * self.left

    def text(self, text: str, colour: pygame.Color = CREAM, font: Face | None = None) -> None:
        """As many lines as it takes."""
        used = font or self.ui.body
        for line in wrap(text, self.width, lambda part: used.size(part)[0]):
            self.picture.blit(self.cache.run(used, line.text, colour), (self.left, self.y))
            self.y += used.get_linesize()

    def heading(self, text: str) -> None:
        """What comes now."""
        self.y += self.ui.px(6)
        self.text(text, GOLD, self.ui.bold)

    def gauge(self, gauge: Gauge) -> None:
        """A name, a bar and its figure, which tells it without colour too."""
        name = self.cache.run(self.ui.small, gauge.name, CREAM)
        figure = self.cache.run(self.ui.small, gauge.figure or f"{round(gauge.share * 100)}", MUTED)
        self.picture.blit(name, (self.left, self.y))
        start, end = self.left + self.width * 2 // 5, self.left + self.width - self.ui.px(24)
        middle = self.y + name.get_height() // 2 - self.ui.px(_BAR) // 2
        whole = pygame.Rect(start, middle, end - start, self.ui.px(_BAR))
        pygame.draw.rect(self.picture, NIGHT_EDGE, whole)
        pygame.draw.rect(
            self.picture, _BANDS[gauge.band], (*whole.topleft, int(whole.width * gauge.share), whole.height)
        )
        self.picture.blit(figure, (end + self.ui.px(6), self.y))
        self.y += max(name.get_height(), self.ui.px(_BAR)) + self.ui.px(2)

    def request(self, asked: Asked, longest_ms: float) -> None:
        """How one line came: what it waited for its first word, and how long words arrived, on one scale."""
        wait_s, rest_s = asked.wait_ms / 1000, (asked.whole_ms - asked.wait_ms) / 1000
        cached = "" if asked.cached is None else f", {asked.cached:.0%} cached"
        ended = "" if asked.outcome == "complete" else f", {asked.outcome}"
        told = f"{asked.time}  {asked.tier} {wait_s:.2f} + {rest_s:.2f} s{cached}{ended}"
        self.text(told, MUTED, self.ui.small)
        per_ms = self.width / max(longest_ms, 1.0)
        first, whole = int(asked.wait_ms * per_ms), int(asked.whole_ms * per_ms)
        bar = pygame.Rect(self.left, self.y, max(whole, self.ui.unit), self.ui.px(_BAR))
        pygame.draw.rect(self.picture, TIER_COLOURS[Tier(asked.tier)], bar)
        pygame.draw.rect(self.picture, NIGHT_EDGE, (*bar.topleft, min(first, bar.width), bar.height))
        self.y += self.ui.px(_BAR) + self.ui.px(4)


class Inspector:
    """Drawn at the right edge, in screen pixels."""

    def __init__(
        self, ui: Ui, tell: Callable[[int], Inspection], portrait: Callable[[int], pygame.Surface]
    ) -> None:
        self._ui = ui
        self._tell = tell
        self._portrait = portrait
        self._cache = TextCache()
        self._shown: tuple[object, ...] = ()
        self._picture: pygame.Surface | None = None
        self.page = Page.LIFE
        self.scroll = 0  # lines of the talk, from its newest back
        self.paints = 0

    def turn_page(self) -> None:
        """To the next of them, and round."""
        pages = list(Page)
        self.page = pages[(pages.index(self.page) + 1) % len(pages)]
        self.scroll = 0

    def scroll_by(self, lines: int) -> None:
        """Back in the talk, or on."""
        self.scroll = max(0, self.scroll + lines)

    def covers(self, target: pygame.Surface, point: tuple[int, int]) -> bool:
        """Whether a point of the screen lies on the panel."""
        return self._rect(target).collidepoint(point)

    def draw(self, target: pygame.Surface, row: int, moment: int) -> None:
        """The panel about somebody; `moment` tells when it is time to look again."""
        shown = row, moment, self.page, self.scroll, target.get_size()
        if shown != self._shown or self._picture is None:
            self._shown, self._picture = shown, self._paint(target, self._tell(row))
        target.blit(self._picture, self._rect(target))

    def _rect(self, target: pygame.Surface) -> pygame.Rect:
        width, top = self._ui.px(_WIDTH) + self._ui.px(_PADDING), self._ui.px(_TOP)
        return pygame.Rect(
            target.get_width() - width, top, self._ui.px(_WIDTH), target.get_height() - top - self._ui.px(8)
        )

    def _paint(self, target: pygame.Surface, told: Inspection) -> pygame.Surface:
        self.paints += 1
        picture = pygame.Surface(self._rect(target).size).convert(target)
        picture.fill(NIGHT)
        pygame.draw.rect(picture, NIGHT_EDGE, picture.get_rect(), width=self._ui.unit)
        column = _Column(picture, self._ui, self._cache, self._ui.px(10))
        self._head(column, told)
        {Page.LIFE: self._life, Page.MIND: self._mind, Page.TALK: self._talk}[self.page](column, told)
        self._foot(picture)
        return picture

    def _head(self, column: _Column, told: Inspection) -> None:
        portrait = self._portrait(told.row)
        box = portrait.get_rect(topright=(column.left + column.width, column.y))
        pygame.draw.rect(column.picture, NIGHT_EDGE, box.inflate(4, 4))
        column.picture.blit(portrait, box)
        bottom = box.bottom
        for text, colour, font in (
            (told.name, GOLD, self._ui.title),
            (told.who, CREAM, self._ui.body),
            (f"feels {told.feels}", MUTED, self._ui.body),
        ):
            column.text(text, colour, font)
        column.y = max(column.y, bottom) + self._ui.px(4)

    def _life(self, column: _Column, told: Inspection) -> None:
        column.heading("Why")
        first = told.name.split(" ", 1)[0]
        for line in told.why[:_WHY_LINES]:
            column.text(line.removeprefix(f"{first} "), CREAM, self._ui.small)
        column.heading("Needs")
        for gauge in told.needs:
            column.gauge(gauge)
        column.heading("Today")
        now = next((number for number, slot in enumerate(told.plan) if slot.is_now), 0)
        for slot in told.plan[now : now + _SLOTS]:
            column.text(f"{slot.time}  {slot.what}", CREAM if slot.is_now else MUTED, self._ui.small)

    def _mind(self, column: _Column, told: Inspection) -> None:
        column.heading("Knows")
        for bond in told.bonds:
            column.text(f"{_TRENDS[bond.trend]}  {bond.name}: {bond.words}", CREAM, self._ui.small)
        column.heading("Remembers" if told.memories else "Remembers nothing yet")
        for memory in told.memories:
            column.text(memory, MUTED, self._ui.small)
            column.y += self._ui.px(3)
        if told.prompt:
            column.heading(f"Last prompt: {sum(tokens for _, tokens in told.prompt)} of {told.budget} tokens")
            for part, tokens in told.prompt:
                column.gauge(Gauge(part, min(1.0, tokens / told.budget), 0, str(tokens)))
        if told.asked:
            column.heading("Last lines: wait + words")
            longest = max(asked.whole_ms for asked in told.asked)
            for asked in told.asked:
                column.request(asked, longest)

    def _talk(self, column: _Column, told: Inspection) -> None:
        """The newest line last, as far as there is room for; what came before by scrolling."""
        column.heading("The talk" if told.talk else "In no talk")
        self.scroll = min(self.scroll, max(0, len(told.talk) - 1))
        lines = told.talk[: len(told.talk) - self.scroll]
        room = column.picture.get_height() - self._ui.px(30)
        first = len(lines)
        height = column.y
        while first > 0:
            said = lines[first - 1]
            wrapped = wrap(
                f"{said.speaker}: {said.text}", column.width, lambda part: self._ui.small.size(part)[0]
            )
            height += len(wrapped) * self._ui.small.get_linesize() + self._ui.px(4)
            if height > room:
                break
            first -= 1
        own = told.name.split(" ", 1)[0]
        for said in lines[first:]:
            column.text(
                f"{said.speaker}: {said.text}", CREAM if said.speaker == own else MUTED, self._ui.small
            )
            column.y += self._ui.px(4)

    def _foot(self, picture: pygame.Surface) -> None:
        """Which page it is, and how to turn it."""
        x = self._ui.px(_PADDING)
        y = picture.get_height() - self._ui.small.get_linesize() - self._ui.px(4)
        pygame.draw.rect(
            picture,
            NIGHT,
            (self._ui.unit, y, picture.get_width() - 2 * self._ui.unit, self._ui.small.get_linesize()),
        )
        for page in Page:
            run = self._cache.run(self._ui.small, page.value, TEAL if page is self.page else MUTED)
            picture.blit(run, (x, y))
            x += run.get_width() + self._ui.px(10)
        hint = self._cache.run(self._ui.small, "Tab", MUTED)
        picture.blit(hint, (picture.get_width() - hint.get_width() - self._ui.px(_PADDING), y))
