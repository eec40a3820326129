"""The instruments: the town's clock and the program's health in one bar, help and frame times a key away."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

import pygame

from sim.calendar import Moment
from sim.hud import HudFacts
from sim.view.keys import KEYS, MOUSE
from sim.view.text import TextCache
from sim.view.ui import BLUE, CORAL, CREAM, GOLD, LEAF, MUTED, NIGHT, NIGHT_EDGE, Ui

_FRAMES: Final = 240
_BUDGET_MS: Final = 16.0
_GRAPH_MS: Final = 24.0  # the height of the graph
_HINT: Final = "F1 help"
_PANELS: Final = 12  # that are kept
_NOTICE_S: Final = 12.0


class Hud:
    """Drawn over everything, in screen pixels."""

    def __init__(self, ui: Ui) -> None:
        self._ui = ui
        self._cache = TextCache()
        self._panels: OrderedDict[tuple[object, ...], pygame.Surface] = OrderedDict()
        self._work: deque[float] = deque(maxlen=_FRAMES)
        self._intervals: deque[float] = deque(maxlen=_FRAMES)
        self._notice = ""
        self._notice_since_s = 0.0
        self.help = False
        self.debug = False

    def toggle_help(self) -> None:
        """Keys and mouse, told on the screen."""
        self.help = not self.help

    def toggle_debug(self) -> None:
        """Frame times."""
        self.debug = not self.debug

    def draw(self, target: pygame.Surface, moment: Moment, facts: HudFacts, now_s: float) -> None:
        """One frame's instruments."""
        self._work.append(facts.work_ms)
        self._intervals.append(facts.interval_ms)
        self._bar(target, moment, facts)
        self._tell(target, facts.notice, now_s)
        if self.debug:
            self._graph(target, facts)
        if self.help:
            self._help(target)

    def _bar(self, target: pygame.Surface, moment: Moment, facts: HudFacts) -> None:
        speed = "paused" if facts.paused else f"{facts.speed:g}x"
        if facts.shed:
            speed += f"   busy: {facts.shed.words}"
        text = f"Day {moment.day}, {moment.season}   {moment.time}   {facts.weather}   {speed}"
        x = self._panel(target, [text], (self._ui.px(8), self._ui.px(8)), CREAM)
        colour = LEAF if facts.tier_badge.startswith(("local", "cloud")) else GOLD
        self._panel(target, [facts.tier_badge], (x + self._ui.px(6), self._ui.px(8)), colour)
        hint = self._ui.body.size(_HINT)[0] + 2 * self._ui.px(8)
        self._panel(target, [_HINT], (target.get_width() - hint - self._ui.px(8), self._ui.px(8)), MUTED)

    def _tell(self, target: pygame.Surface, notice: str, now_s: float) -> None:
        if notice != self._notice:
            self._notice, self._notice_since_s = notice, now_s
        if notice and now_s - self._notice_since_s < _NOTICE_S:
            self._panel(target, [notice], (self._ui.px(8), self._ui.px(46)), GOLD)

    def _panel(
        self, target: pygame.Surface, lines: list[str], corner: tuple[int, int], colour: pygame.Color
    ) -> int:
        """Lines of text on a dark panel; the x where it ends. Painted when it tells something else."""
        told = tuple(line for line in lines if line)
        if not told:
            return corner[0]
        key = told, tuple(colour)
        panel = self._panels.get(key)
        if panel is None:
            panel = self._panels[key] = self._painted(told, colour)
            if len(self._panels) > _PANELS:
                self._panels.popitem(last=False)
        target.blit(panel, corner)
        return corner[0] + panel.get_width()

    def _painted(self, lines: Sequence[str], colour: pygame.Color) -> pygame.Surface:
        runs = [self._cache.run(self._ui.body, line, colour) for line in lines]
        padding, step = self._ui.px(8), self._ui.body.get_linesize()
        size = max(run.get_width() for run in runs) + 2 * padding, self._height(lines)
        panel = pygame.Surface(size, pygame.SRCALPHA)
        rect, radius = panel.get_rect(), self._ui.px(6)
        pygame.draw.rect(panel, NIGHT, rect, border_radius=radius)
        pygame.draw.rect(panel, NIGHT_EDGE, rect, width=max(1, self._ui.unit // 2), border_radius=radius)
        for number, run in enumerate(runs):
            panel.blit(run, (padding, padding // 2 + number * step))
        return panel

    def _height(self, lines: Sequence[str]) -> int:
        return sum(bool(line) for line in lines) * self._ui.body.get_linesize() + self._ui.px(8)

    def _graph(self, target: pygame.Surface, facts: HudFacts) -> None:
        """The work of the last frames as bars, the time from frame to frame as dots, and the line that no work should cross."""
        width, height = _FRAMES, self._ui.px(72)
        left, bottom = self._ui.px(16), target.get_height() - self._ui.px(16)
        pygame.draw.rect(target, NIGHT, (left - 4, bottom - height - 4, width + 8, height + 8))
        for x, (work_ms, interval_ms) in enumerate(zip(self._work, self._intervals, strict=True)):
            top = bottom - min(height, int(work_ms / _GRAPH_MS * height))
            colour = LEAF if work_ms <= _BUDGET_MS else CORAL
            pygame.draw.line(target, colour, (left + x, bottom), (left + x, top))
            target.set_at((left + x, bottom - min(height, int(interval_ms / _GRAPH_MS * height))), BLUE)
        budget = bottom - int(_BUDGET_MS / _GRAPH_MS * height)
        pygame.draw.line(target, GOLD, (left, budget), (left + width, budget))
        lines = [facts.route, *facts.instruments, self._times(facts)]
        self._panel(target, lines, (left - 4, bottom - height - self._ui.px(12) - self._height(lines)), CREAM)

    def _times(self, facts: HudFacts) -> str:
        """Of the frames in the graph; the one in a hundred that took longest, as frames a second."""
        work, interval = sorted(self._work), sorted(self._intervals)
        slowest = interval[len(interval) * 99 // 100] if interval else 0.0
        low = 1000 / slowest if slowest else 0.0
        return (
            f"{facts.fps:3.0f} fps, 1 % low {low:3.0f}   work {work[len(work) // 2]:4.1f} ms, "
            f"p99 {work[len(work) * 99 // 100]:4.1f}   given up {facts.dilated_s:.1f} s"
        )

    def _help(self, target: pygame.Surface) -> None:
        rows = [*MOUSE, *((binding.label, binding.what) for binding in KEYS if binding.label)]
        font, step, padding = self._ui.body, self._ui.body.get_linesize(), self._ui.px(16)
        column = max(font.size(label)[0] for label, _ in rows) + self._ui.px(20)
        width = column + max(font.size(what)[0] for _, what in rows) + 2 * padding
        rect = pygame.Rect(0, 0, width, step * (len(rows) + 3) + 2 * padding)
        rect.center = target.get_rect().center
        pygame.draw.rect(target, NIGHT, rect, border_radius=self._ui.px(8))
        pygame.draw.rect(target, GOLD, rect, width=self._ui.unit, border_radius=self._ui.px(8))
        title = self._cache.run(self._ui.title, "What one can do here", GOLD)
        target.blit(title, (rect.left + padding, rect.top + padding - step // 4))
        closes = self._cache.run(font, "Esc closes this, F1 shows it again.", MUTED)
        target.blit(closes, (rect.left + padding, rect.bottom - padding - step))
        for number, (label, what) in enumerate(rows, start=1):
            y = rect.top + padding + number * step + step // 2
            target.blit(self._cache.run(font, label, GOLD), (rect.left + padding, y))
            target.blit(self._cache.run(font, what, CREAM), (rect.left + padding + column, y))
