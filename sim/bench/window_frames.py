"""Frames of a full square in a window that nobody sees: everybody in sight, many of them speaking; for a process of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from llm.null_models import NullModels
from llm.types import Outcome, RequestId, Tier
from sim.app import build
from sim.app.settings import ASSETS
from sim.app.settings_sources import load_settings
from sim.bench.trace import Frame, FrameTrace, TracedPacer
from sim.bubbles import BubbleBoard
from sim.hud import HudFacts
from sim.inspecting import inspect
from sim.loop import Loop
from sim.snapshot import Snapshot
from sim.view.camera import HEAD_PX
from sim.view_protocol import Control, Quit, View

if TYPE_CHECKING:
    from sim.view.pygame_view import Drawn, PygameView

PEOPLE: Final = 200
BUBBLES: Final = 30
SIZE: Final = (1280, 720)
OTHER_SIZE: Final = (1600, 900)
_SEED: Final = 7
_WARM_UP_FRAMES: Final = 240
_FRAMES_A_WORD: Final = 8  # seven words a second, as a quick model speaks
_WORDS_A_LINE: Final = 24
_FRAMES_BETWEEN_LINES: Final = 60
_FRAMES_A_TURN: Final = 20  # of the wheel
_FRAMES_A_SIZE: Final = 90  # of the window
_WORDS: Final = [
    "Well,",
    "the",
    "mill",
    "was",
    "slow",
    "today",
    "and",
    "nobody",
    "knows",
    "why",
    "but",
    "the",
    "miller,",
    "who",
    "will",
    "not",
    "say;",
    "so",
    "we",
    "baked",
    "two",
    "loaves",
    "fewer,",
    "sold",
    "them",
    "dearer,",
    "and",
    "Tomas",
    "swears",
    "by",
    "his",
    "beard",
    "that",
    "it",
    "was",
    "the",
    "weather.",
    "Was",
    "it?",
    "I",
    "asked",
    "Agnes.",
]


@dataclass(slots=True)
class Frames:
    """What one run gave."""

    traced: list[Frame] = field(default_factory=list)
    people: int = PEOPLE  # drawn, in the frame that had fewest
    bubbles: int = BUBBLES  # likewise
    letters: int = 0  # put down
    rendered: int = 0  # of them by the font, the others as kept


def run_frames(seconds: float, *, turns: bool) -> Frames:
    """So many seconds at 60 frames a second; with `turns` the wheel and the window's size change all the while."""
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    from sim.view.pygame_view import open_view  # the screen is chosen when pygame is loaded
    from sim.view.stage import Stage

    settings = load_settings([f"world.npcs={PEOPLE}", "view.zoom=1", "view.auto_camera=false"], None).settings
    scenery = build.gather(settings, _SEED)
    world = build.build_world(settings, scenery, _SEED)
    board = BubbleBoard()
    stage = Stage(scenery.town, scenery.roster.persona, partial(inspect, world), board, ASSETS)
    view = open_view(stage, settings.view, HudFacts)
    town = scenery.town
    gathered = _Gathered(view, (town.width * town.tile_px, town.height * town.tile_px))
    loop = build.build_loop(world, NullModels(), board, gathered, fast=False)
    frames = Frames()
    loop.after_frame.append(_Typists(board))
    if turns:
        loop.after_frame.append(_Hands())
    trace = FrameTrace(lambda: world.tick)
    loop.statistics, loop.pacer = trace, TracedPacer(loop.pacer, trace)
    loop.in_slack.append(_Notes(loop, trace, view, frames, int(seconds * 60)))
    build.settle_interpreter(settings)
    with closing(trace):
        loop.run()
    view.close()
    return frames


class _Gathered:
    """A view that shows everybody: the map is a little higher than the window, so people stand a little closer."""

    def __init__(self, view: View, map_size: tuple[int, int]) -> None:
        self._view = view
        over_heads = np.array((0, HEAD_PX))
        self._share = np.minimum((np.array(SIZE) - 2 * over_heads) / map_size, 1.0)
        self._corner = (
            np.maximum((np.array(map_size) - SIZE) / 2, 0.0) + over_heads
        )  # the camera sees the middle

    def poll(self) -> Sequence[Control]:
        """As the view has it, but for its wish to leave: a resized pretended window may say that it was closed."""
        return [control for control in self._view.poll() if not isinstance(control, Quit)]

    def draw(self, previous: Snapshot, current: Snapshot, alpha: float) -> None:
        """Both pictures, drawn together."""
        self._view.draw(self._closer(previous), self._closer(current), alpha)

    def _closer(self, snapshot: Snapshot) -> Snapshot:
        nobody = np.zeros_like(
            snapshot.thinking
        )  # no model answers here, and all who wait would have their dots
        return replace(snapshot, position=snapshot.position * self._share + self._corner, thinking=nobody)

    def present(self) -> None:
        """Show it."""
        self._view.present()

    def screenshot(self, path: Path) -> None:
        """As the view does."""
        self._view.screenshot(path)

    def look_at(self, row: int) -> None:
        """As the view does."""
        self._view.look_at(row)

    def press(self, key: str) -> bool:
        """As the view does."""
        return self._view.press(key)

    def type(self, text: str) -> None:
        """As the view does."""
        self._view.type(text)

    def close(self) -> None:
        """As the view does."""
        self._view.close()


class _Typists:
    """Thirty people who always speak: words arrive, a line ends, another one begins elsewhere."""

    def __init__(self, board: BubbleBoard) -> None:
        self._board = board
        self._ids = map(RequestId, count(1))
        self._tiers = cycle((Tier.LOCAL, Tier.CLOUD, Tier.TEMPLATE))
        self._speaking = [(row, RequestId(0), -row) for row in range(BUBBLES)]

    def __call__(self) -> None:
        """One frame's words."""
        self._speaking = [self._spoken(*speaking) for speaking in self._speaking]

    def _spoken(self, row: int, request: RequestId, age: int) -> tuple[int, RequestId, int]:
        """What becomes of one speaker: who speaks in their place, with which line, and for how many frames so far."""
        whole = _WORDS_A_LINE * _FRAMES_A_WORD
        if request == 0 or age >= whole + _FRAMES_BETWEEN_LINES:
            self._board.remove(row)
            row = (row + BUBBLES) % PEOPLE if request else row
            request, age = next(self._ids), 0
            self._board.begin(row, request, next(self._tiers))
        elif age == whole:
            self._board.settle(row, request, Outcome.COMPLETE)
        if age < whole and age % _FRAMES_A_WORD == 0:
            self._board.append(row, request, f"{_WORDS[(age // _FRAMES_A_WORD + row) % len(_WORDS)]} ")
        return row, request, age + 1


class _Hands:
    """Somebody who turns the wheel up and down, and cannot leave the window's edge alone."""

    def __init__(self) -> None:
        self._frames = count(1)
        self._steps = cycle((1, 1, 1, -1, -1, -1))
        self._sizes = cycle((OTHER_SIZE, SIZE))

    def __call__(self) -> None:
        """One frame."""
        from sim.view.hands import resize, turn_wheel  # as the view itself

        frame = next(self._frames)
        if frame % _FRAMES_A_TURN == 0:
            turn_wheel(next(self._steps))
        if frame % _FRAMES_A_SIZE == 0:
            resize(next(self._sizes))


@dataclass(slots=True)
class _Notes:
    """Takes down each frame's work when it is over, and ends the run."""

    loop: Loop
    trace: FrameTrace
    view: PygameView
    frames: Frames
    wanted: int
    _warm: Drawn | None = None  # what had been drawn when measuring began

    def __call__(self) -> None:
        """After a frame."""
        frames, drawn = self.frames, self.view.drawn
        if self.loop.statistics.count <= _WARM_UP_FRAMES:
            self._warm = drawn
            return
        frames.traced.append(self.trace.frames[-1])
        frames.people = min(frames.people, drawn.people)
        frames.bubbles = min(frames.bubbles, drawn.bubbles)
        if self._warm is not None:
            frames.letters = drawn.letters - self._warm.letters
            frames.rendered = drawn.rendered - self._warm.rendered
        self.loop.stopped = len(frames.traced) >= self.wanted
