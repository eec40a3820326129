"""The console on the screen: commands typed over the town, with what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pygame

from sim.console_feed import ConsoleFeed
from sim.view.line_editor import LineEditor
from sim.view.text import TextCache, wrap
from sim.view.ui import CREAM, GOLD, MUTED, NIGHT, NIGHT_EDGE, Ui

_SHARE: Final = 0.5  # of the screen's height
_PADDING: Final = 10
_SCROLL: Final = 8  # lines a press
_MOST_NAMES: Final = 12  # that are shown of those which a line may become


class ConsoleOverlay:
    """Closed until it is asked for; while it is open, keys are letters."""

    def __init__(self, ui: Ui, feed: ConsoleFeed) -> None:
        self._ui = ui
        self._feed = feed
        self._cache = TextCache()
        self._picture: pygame.Surface | None = None
        self._shown: tuple[object, ...] = ()
        self._fitting: list[str] = []
        self._scroll = 0
        self._swallow = False  # the letter of the key that opened it
        self.editor = LineEditor()
        self.is_open = False

    def toggle(self) -> None:
        """Open or close it."""
        self.is_open = not self.is_open
        self._swallow, self._fitting, self._scroll = self.is_open, [], 0

    def handle(self, event: pygame.event.Event) -> bool:
        """Take a key or a letter; False if it is none of the console's."""
        if not self.is_open or event.type not in (pygame.KEYDOWN, pygame.TEXTINPUT):
            return False
        if event.type == pygame.KEYDOWN and _is_for_all(event):
            return False
        if event.type == pygame.TEXTINPUT:
            if not self._swallow:
                self._fitting = []
                self.editor.insert(event.text)
            self._swallow = False
        else:
            self._press(event.key)
        return True

    def _press(self, key: int) -> None:
        self._swallow = key == pygame.K_BACKQUOTE
        act = self._acts().get(key)
        if act is not None:
            act()

    def _acts(self) -> Mapping[int, Callable[[], None]]:
        editor = self.editor
        return {
            pygame.K_BACKQUOTE: self.toggle,
            pygame.K_ESCAPE: self.toggle,
            pygame.K_RETURN: self._enter,
            pygame.K_KP_ENTER: self._enter,
            pygame.K_TAB: self._complete,
            pygame.K_BACKSPACE: editor.backspace,
            pygame.K_DELETE: editor.delete,
            pygame.K_LEFT: lambda: editor.move(-1),
            pygame.K_RIGHT: lambda: editor.move(1),
            pygame.K_HOME: lambda: editor.move(-len(editor.text)),
            pygame.K_END: lambda: editor.move(len(editor.text)),
            pygame.K_UP: lambda: editor.recall(-1),
            pygame.K_DOWN: lambda: editor.recall(1),
            pygame.K_PAGEUP: lambda: self._scroll_by(_SCROLL),
            pygame.K_PAGEDOWN: lambda: self._scroll_by(-_SCROLL),
        }

    def _enter(self) -> None:
        line = self.editor.enter()
        self._scroll, self._fitting = 0, []
        if line:
            self._feed.type(line)

    def _complete(self) -> None:
        lines = self.editor.complete(self._feed.complete)
        kept = self.editor.text.rfind(" ") + 1
        self._fitting = [line[kept:] for line in lines]

    def _scroll_by(self, lines: int) -> None:
        self._scroll = min(max(self._scroll + lines, 0), len(self._feed.told))

    def draw(self, target: pygame.Surface) -> None:
        """Nothing while it is closed; painted anew only when something was typed or told."""
        if not self.is_open:
            return
        editor = self.editor
        shown = (
            self._feed.version,
            editor.text,
            editor.cursor,
            self._scroll,
            tuple(self._fitting),
            target.get_size(),
        )
        if self._picture is None or shown != self._shown:
            self._shown, self._picture = shown, self._paint(target)
        target.blit(self._picture, (0, 0))

    def _paint(self, target: pygame.Surface) -> pygame.Surface:
        font, padding = self._ui.body, self._ui.px(_PADDING)
        picture = pygame.Surface((target.get_width(), int(target.get_height() * _SHARE))).convert(target)
        picture.fill(NIGHT)
        pygame.draw.line(
            picture,
            NIGHT_EDGE,
            (0, picture.get_height() - 1),
            (picture.get_width(), picture.get_height() - 1),
            self._ui.unit,
        )
        y = picture.get_height() - font.get_linesize() - padding
        self._paint_line(picture, (padding, y))
        if self._fitting:
            y -= font.get_linesize()
            names = "   ".join(self._fitting[:_MOST_NAMES])
            more = (
                f"   and {len(self._fitting) - _MOST_NAMES} more" if len(self._fitting) > _MOST_NAMES else ""
            )
            picture.blit(self._cache.run(font, names + more, MUTED), (padding, y))
        self._paint_told(picture, y)
        return picture

    def _paint_line(self, picture: pygame.Surface, corner: tuple[int, int]) -> None:
        font, editor = self._ui.body, self.editor
        picture.blit(self._cache.run(font, f"> {editor.text}", CREAM), corner)
        x = corner[0] + font.size(f"> {editor.text[: editor.cursor]}")[0]
        pygame.draw.line(
            picture, GOLD, (x, corner[1]), (x, corner[1] + font.get_linesize() - 2), max(1, self._ui.unit)
        )

    def _paint_told(self, picture: pygame.Surface, bottom: int) -> None:
        """The newest last; what is wider than the screen is wrapped."""
        font, padding = self._ui.body, self._ui.px(_PADDING)
        told = list(self._feed.told)[: len(self._feed.told) - self._scroll]
        y = bottom - self._ui.px(4)
        for text, was_typed in reversed(told):
            lines = wrap(text, picture.get_width() - 2 * padding, lambda part: font.size(part)[0])
            for line in reversed(lines):
                y -= font.get_linesize()
                if y < 0:
                    return
                picture.blit(self._cache.run(font, line.text, GOLD if was_typed else CREAM), (padding, y))


def _is_for_all(event: pygame.event.Event) -> bool:
    """A key that writes nothing, and means the same whether one types or not: F1 to F12, and with Ctrl."""
    return pygame.K_F1 <= event.key <= pygame.K_F12 or bool(event.mod & pygame.KMOD_CTRL)
