"""The commands that reach into the window: they press, type and look as a person would, and say when there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pygame
import pytest

from sim.bubbles import BubbleBoard
from sim.console.commands import row_of
from sim.console.registry import Registry
from sim.console.view_commands import ViewCommands
from sim.loop import Loop
from tests.app.test_view_touches_nothing import built
from tests.support.running import running


def registry_of(loop: Loop) -> Registry:
    """The commands alone."""
    return Registry(ViewCommands(loop, lambda name: row_of(loop.world, name)).commands())


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loop]:
    """The town in a window that nobody sees, drawn once."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    loop, window = built(BubbleBoard())
    loop.view, loop.looks, loop.last_tick = window(), True, None
    loop.frame_of_one_tick()
    yield loop
    loop.view.close()
    pygame.quit()


@pytest.mark.slow
def test_keys_letters_and_looks_arrive_as_a_persons_would(loop: Loop) -> None:
    """A key pauses; an open console takes letters and runs the line; the camera follows."""
    registry = registry_of(loop)
    assert registry.run("view press space") == "pressed space"
    loop.frame_of_one_tick()
    assert loop.clock.paused
    assert registry.run("view look mira") == "looking at Mira"
    loop.frame_of_one_tick()
    spotlit = loop.inbox.take(1)
    assert [one.what.npc for one in spotlit if hasattr(one.what, "npc")] == [row_of(loop.world, "mira")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("view press", "expected keys"),
        ("view press f3 flap", "no key is called 'flap'"),
        ("view type", "expected some text"),
        ("view look", "expected one name"),
        ("view look mirra", "did you mean 'mira'"),
    ],
)
def test_a_mistake_is_told_in_one_line(loop: Loop, line: str, says: str) -> None:
    """And nothing is pressed."""
    assert says in str(registry_of(loop).run(line))


@pytest.mark.parametrize("line", ["view press f3", "view type why mira", "view look mira"])
def test_without_a_window_it_is_said(line: str) -> None:
    """A headless run has no keys."""
    assert "no window" in str(registry_of(running()).run(line))
