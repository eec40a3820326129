from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES_ONLY = ("--set", "llm.local.base_url=none")


def world(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the program, as a person would start it."""
    return subprocess.run(
        [sys.executable, "run_world.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"SDL_VIDEODRIVER": ""} | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def fast(folder: Path, *arguments: str) -> dict[str, Any]:
    """A fast run; its report."""
    report = folder / "r.json"
    done = world("--headless", "--fast", "--report", str(report), *TEMPLATES_ONLY, *arguments)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return read


@pytest.mark.slow
def test_two_fast_runs_of_one_seed_have_one_history(tmp_path: Path) -> None:
    """Separate processes, so separate hash seeds: the same state, bit for bit."""
    first, second = (fast(tmp_path, "--seed", "7", "--ticks", "1500") for _ in range(2))
    assert first["world"]["state_hash"] == second["world"]["state_hash"]
    assert first["ticks"] == 1500
    assert first["world_s"] == 25
    assert first["frames"]["interval_ms"] is None
    assert first["mode"] == "fast"
    assert first["errors"] == []
    assert first["conversations"]["lines"] > 0


@pytest.mark.slow
def test_a_window_sees_the_same_world_as_headless(tmp_path: Path) -> None:
    """Looking changes nothing: the same hash with the view on SDL's dummy driver, paced, as fast and blind."""
    report = tmp_path / "w.json"
    arguments = ("--seed", "7", "--ticks", "240", *TEMPLATES_ONLY)
    done = world("--report", str(report), *arguments, SDL_VIDEODRIVER="dummy")
    assert done.returncode == 0, done.stderr
    seen = json.loads(report.read_text(encoding="utf-8"))
    assert seen["mode"] == "window"
    assert (
        seen["world"]["state_hash"] == fast(tmp_path, "--seed", "7", "--ticks", "240")["world"]["state_hash"]
    )


@pytest.mark.slow
def test_a_transcript_has_every_line_with_its_fields(tmp_path: Path) -> None:
    """One JSON object a line."""
    transcript = tmp_path / "t.jsonl"
    report = fast(tmp_path, "--seed", "7", "--ticks", "1500", "--transcript", str(transcript))
    lines = [json.loads(line) for line in transcript.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == report["conversations"]["lines"]
    assert set(lines[0]) == {
        "tick", "calendar", "conversation", "speaker", "listeners", "text", "tier", "backend", "outcome", "why",
        "route_reason", "spotlight", "ttfc_ms", "duration_ms", "tokens_out", "request_id",
    }  # fmt: skip
    assert {line["backend"] for line in lines} == {"template"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--set", "world.npc=3"), "did you mean world.npcs?"),
        (("--tick", "5x"), "--tick"),
        (("--ticks", "-5"), "whole number"),
        (("--ticks", "5", "--seconds", "5"), "not allowed with"),
        (("--world", "nowhere.tmj"), "nowhere.tmj: no such map"),
        (("--exec", "@x status"), "@TICK"),
        (("--report", "no/such/folder/r.json"), "folder that exists"),
        (("frob",), "frob"),
        (("models", "pull", "smollm3"), "did you mean 'smollm2-135m-instruct'?"),
        (("--llm", "skynet"), "skynet"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(arguments: tuple[str, ...], says: str) -> None:
    """No traceback for a user's mistake."""
    done = world(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert says in done.stderr


@pytest.mark.slow
def test_commands_come_from_options_and_from_standard_input() -> None:
    """Both are answered; the end of standard input is not quit; a wrong command is answered too."""
    done = world(
        "--headless", "--ticks", "90", "--exec", "llm status", "--exec", "@30 world status", *TEMPLATES_ONLY,
        stdin="agent info mira\nllm stauts\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for part in (
        "> llm status",
        "local: off",
        "> world status",
        "day 1 08:30",
        "Mira Holt",
        "did you mean 'llm status'?",
    ):
        assert part in done.stdout


@pytest.mark.slow
def test_quit_from_standard_input_ends_an_endless_run() -> None:
    """`quit` is a command like any other."""
    assert world("--headless", *TEMPLATES_ONLY, stdin="quit\n").returncode == 0


@pytest.mark.fault(62)
@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_everything_written(
    number: signal.Signals, status: int, tmp_path: Path
) -> None:
    """In under two seconds, with the report on disk."""
    report = tmp_path / "r.json"
    child = subprocess.Popen(
        [sys.executable, "run_world.py", "--headless", "--report", str(report), *TEMPLATES_ONLY],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()  # somebody has spoken: the world runs
    asked = time.monotonic()
    child.send_signal(number)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == status, errors
    assert time.monotonic() - asked < 2
    assert json.loads(report.read_text(encoding="utf-8"))["ticks"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("--help",), ("bench", "--help"), ("models", "list"), ("--version",), ("--print-config",)]
)
def test_what_tells_about_the_program_ends_well(arguments: tuple[str, ...]) -> None:
    """Status 0, something to read, nothing on standard error."""
    done = world(*arguments)
    assert done.returncode == 0
    assert done.stdout
    assert not done.stderr


@pytest.mark.slow
def test_without_a_display_it_says_so_and_runs_headless() -> None:
    """One line, and the talk is printed."""
    environment = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY"), "")
    done = world("--ticks", "120", *TEMPLATES_ONLY, **environment)
    assert done.returncode == 0
    assert "running headless" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("headless", [("--headless",), ()])
def test_a_screenshot_is_taken_without_a_display(headless: tuple[str, ...], tmp_path: Path) -> None:
    """The program sets SDL's dummy driver by itself, whether headless was asked for or is all there is."""
    picture = tmp_path / "town.png"
    done = world(
        *headless,
        "--ticks",
        "40",
        "--screenshot",
        str(picture),
        "--at-tick",
        "30",
        *TEMPLATES_ONLY,
        DISPLAY="",
        WAYLAND_DISPLAY="",
    )
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
