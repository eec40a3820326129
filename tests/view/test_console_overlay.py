"""The console over the town: what is typed, what is told, and what is completed."""

from __future__ import annotations

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.console_feed import ConsoleFeed
from sim.view.console_overlay import ConsoleOverlay
from sim.view.line_editor import LineEditor
from sim.view.ui import load_ui

NAMES = ("llm status", "llm performance", "world pause", "why")


def named(typed: str) -> list[str]:
    """The names that begin so."""
    return [name for name in NAMES if name.startswith(typed)]


@pytest.fixture
def screen() -> pygame.Surface:
    """A screen that nobody sees."""
    pygame.display.init()
    pygame.font.init()
    return pygame.display.set_mode((800, 500))


def press(overlay: ConsoleOverlay, key: int) -> bool:
    """A key goes down."""
    return overlay.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))


def letters(overlay: ConsoleOverlay, text: str) -> None:
    """Somebody types."""
    for letter in text:
        assert overlay.handle(pygame.event.Event(pygame.TEXTINPUT, text=letter))


def test_closed_it_takes_nothing_and_open_it_takes_every_key() -> None:
    """The letter of the key that opens it is not typed."""
    pygame.font.init()
    overlay = ConsoleOverlay(load_ui(1.0), ConsoleFeed(named))
    assert not press(overlay, pygame.K_SPACE)
    overlay.toggle()
    letters(overlay, "`why mira")
    assert overlay.editor.text == "why mira"
    assert press(overlay, pygame.K_SPACE)
    assert not press(overlay, pygame.K_F12)
    press(overlay, pygame.K_ESCAPE)
    assert not overlay.is_open


def test_a_line_is_handed_on_once_and_can_be_recalled() -> None:
    """With Return; an empty one is nothing."""
    pygame.font.init()
    feed = ConsoleFeed(named)
    overlay = ConsoleOverlay(load_ui(1.0), feed)
    overlay.toggle()
    letters(overlay, "`status")
    press(overlay, pygame.K_RETURN)
    press(overlay, pygame.K_RETURN)
    assert feed.take() == ["status"]
    assert feed.take() == []
    press(overlay, pygame.K_UP)
    assert overlay.editor.text == "status"


def test_what_is_told_is_seen_and_painted_once(screen: pygame.Surface) -> None:
    """However many frames it stays."""
    feed = ConsoleFeed(named)
    overlay = ConsoleOverlay(load_ui(1.0), feed)
    overlay.toggle()
    overlay.draw(screen)
    before = pygame.image.tobytes(screen, "RGB")
    feed.tell("status", "day 1\n25 people")
    overlay.draw(screen)
    after = pygame.image.tobytes(screen, "RGB")
    assert after != before
    picture = overlay._picture
    for _ in range(50):
        overlay.draw(screen)
    assert overlay._picture is picture


def test_completion_goes_as_far_as_it_is_plain() -> None:
    """One name whole, several as far as they agree, none not at all."""
    for typed, text, several in (
        ("wo", "world pause ", []),
        ("l", "llm ", ["llm status", "llm performance"]),
        ("nothing", "nothing", []),
    ):
        editor = LineEditor()
        editor.insert(typed)
        assert editor.complete(named) == several
        assert editor.text == text


_ACTS = st.sampled_from(
    ["insert", "backspace", "delete", "left", "right", "up", "down", "enter", "complete", "clear"]
)


@given(st.lists(st.tuples(_ACTS, st.text(max_size=5)), max_size=60))
def test_whatever_is_pressed_the_cursor_stays_in_the_line(acts: list[tuple[str, str]]) -> None:
    """And nothing that cannot be shown gets into it."""
    editor = LineEditor()
    for act, text in acts:
        match act:
            case "insert":
                editor.insert(text)
            case "left" | "right":
                editor.move(-1 if act == "left" else 1)
            case "up" | "down":
                editor.recall(-1 if act == "up" else 1)
            case "complete":
                editor.complete(named)
            case _:
                getattr(editor, act)()
        assert 0 <= editor.cursor <= len(editor.text) <= 400
        assert editor.text.isprintable()
