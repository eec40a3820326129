"""The program in a real window, with real mouse and keys: what a person does in the first minute, and no error from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import pygame
import pytest

from sim.app import build
from sim.app.settings_sources import load_settings
from sim.step import step
from sim.view.camera import HEAD_PX, Camera
from sim.view.ui import GOLD, NIGHT
from tests.support import real_window

SIZE: Final = (1000, 640)
LATER: Final = (820, 560)
SEED: Final = 7
TEMPLATES_ONLY: Final = ("--set", "llm.local.base_url=none")
MUST: Final = (
    "TESTS_MUST_HAVE_WINDOW"  # set where a machine without the tools is a fault, not a reason to skip
)


def somebody_in_sight() -> tuple[int, int]:
    """The pixel of one whom the camera sees at the first tick, away from the edges; the same in every run of the seed."""
    settings = load_settings([], None).settings
    scenery = build.gather(settings, SEED)
    world = build.build_world(settings, scenery, SEED)
    step(world, ())
    town = scenery.town
    camera = Camera.over((town.width * town.tile_px, town.height * town.tile_px), SIZE, settings.view.zoom)
    pixels = [camera.to_screen((x, y - HEAD_PX / 2)) for x, y in world.snapshot().position.tolist()]
    return next(pixel for pixel in pixels if 60 < pixel[0] < SIZE[0] - 420 and 100 < pixel[1] < SIZE[1] - 60)


def pictures(folder: Path) -> list[pygame.Surface]:
    """All that were saved by F12, the oldest first."""
    paths = sorted(folder.glob("town-*.png"), key=lambda path: path.stat().st_mtime_ns)
    return [pygame.image.load(str(path)) for path in paths]


def colours_right_of(picture: pygame.Surface, x: int) -> dict[tuple[int, ...], int]:
    """How often each colour is seen on the right of a column."""
    counted: dict[tuple[int, ...], int] = {}
    for at in range(x, picture.get_width(), 3):
        for y in range(60, picture.get_height(), 3):
            colour = tuple(picture.get_at((at, y)))[:3]
            counted[colour] = counted.get(colour, 0) + 1
    return counted


@pytest.mark.slow
def test_the_first_minute_of_a_person_at_the_window(tmp_path: Path) -> None:
    """Help, a click on somebody, the console, pause, another size, and out by Ctrl-Q with nothing gone wrong."""
    if real_window.missing() and not os.environ.get(MUST):
        pytest.skip(f"needs {' and '.join(real_window.missing())}")
    report = tmp_path / "report.json"
    options = (
        *("--seed", str(SEED), "--set", f"view.width={SIZE[0]}", "--set", f"view.height={SIZE[1]}"),
        *(
            "--set",
            "view.auto_camera=false",
            "--exec",
            "world pause",
            "--report",
            str(report),
            *TEMPLATES_ONLY,
        ),
    )
    with (
        real_window.screen((1280, 800)) as display,
        real_window.program(display, tmp_path, *options) as program,
    ):
        program.line_with("paused")
        program.key("F12", "Escape")  # the keys are told at the first start
        program.click(somebody_in_sight())
        program.key("F12", "grave")
        program.type("llm status")
        program.line_with("> llm status")
        program.line_with("local: off")
        program.type("status")
        assert "paused" in program.line_with("tick ")
        program.key("F12", "Escape", "space")
        program.resize(LATER)
        program.key("grave")
        program.type("status")
        assert "paused" not in program.line_with("tick ")
        program.key("Escape", "space", "F12", "ctrl+q")
        assert program.process.wait(60) == 0
    helped, chosen, console, last = pictures(tmp_path)
    assert colours_right_of(helped, 0)[tuple(NIGHT)[:3]] > colours_right_of(chosen, 0)[tuple(NIGHT)[:3]]
    panel = colours_right_of(chosen, SIZE[0] - 300)
    assert panel[tuple(NIGHT)[:3]] > sum(panel.values()) / 4
    assert console.get_at((SIZE[0] // 2, 4))[:3] == tuple(NIGHT)[:3]
    assert tuple(GOLD)[:3] in colours_right_of(console, 0)
    assert last.get_size() == LATER
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["mode"] == "window"
    assert told["errors"] == []
    assert told["ticks"] > 1
