"""Rows of the process: signals, limits, clocks that jump, threads that die or stand still, disks that are full."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from llm.types import Tier
from llm.wire import openai_chunks
from sim.app.watchdog import Watchdog, Watched
from sim.slots import Slot
from tests.faults.scripts import WELL
from tests.faults.stand import FALLBACK, PROBE_S, ready, stand_before
from tests.support.model_server import ModelServer
from tests.support.program import ROOT, run_program

pytestmark = pytest.mark.slow
_TEMPLATES: Final = ("--set", "llm.local.base_url=none", "--set", "llm.embedded.enabled=false")


@contextmanager
def living(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A run on the wall's clock, from its first spoken line on; killed if a test forgets it."""
    words = ["--headless", "--report", str(folder / "r.json"), "--set", f"world.saves={folder}", *options]
    with subprocess.Popen(
        [sys.executable, "run_world.py", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline()
            yield child
        finally:
            child.kill()


def report_of(folder: Path) -> dict[str, Any]:
    """What the run wrote at its end."""
    told: dict[str, Any] = json.loads((folder / "r.json").read_text(encoding="utf-8"))
    return told


@pytest.mark.fault(48)
@pytest.mark.parametrize("days", [1, -1])
def test_the_wall_clock_jumps_a_day(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """No burst, no freeze: every clock that matters only goes forward."""
    with ModelServer(WELL) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        stand.speak()
        real = time.time  # noqa: TID251 - the clock that jumps
        monkeypatch.setattr(time, "time", lambda: real() + days * 86_400)
        assert [line.tier for line in stand.speak_all(3)] == [Tier.LOCAL] * 3


@pytest.mark.skipif(os.name != "posix", reason="nobody can suspend a process there")
@pytest.mark.fault(49)
def test_a_suspended_program_goes_on(tmp_path: Path) -> None:
    """The time that was lost is given up and told, not caught up with; and nobody asks everything at once."""
    with living(tmp_path, "--seconds", "6", *_TEMPLATES) as child:
        child.send_signal(signal.SIGSTOP)
        threading.Event().wait(2.0)
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=30)
    told = report_of(tmp_path)
    assert child.returncode == 0
    assert told["ticks"] == 360
    assert 1.0 <= told["dilated_s"] <= 4.0
    assert told["errors"] == [] or all("watchdog" in error["where"] for error in told["errors"])


@pytest.mark.skipif(os.name != "posix", reason="a file has no largest size there")
@pytest.mark.fault(51)
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """The old save is whole, it is said, and the town lives on."""
    assert run_program(tmp_path, "--seed", "7", "--ticks", "60", "--save", "one").returncode == 0
    whole = Slot(tmp_path, "one").files()[0].read_bytes()
    words = ["--headless", "--fast", "--llm", "none", "--load", "one", "--save", "one", "--ticks", "3000"]
    limited = subprocess.run(
        [sys.executable, "run_world.py", *words, "--set", f"world.saves={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192)),
    )
    assert limited.returncode == 0, limited.stderr
    assert "not saved" in limited.stdout
    assert any(path.read_bytes() == whole for path in Slot(tmp_path, "one").files())
    recording, _ = Slot(tmp_path, "one").newest()
    assert recording.last == 60


@pytest.mark.fault(59)
def test_the_background_stands_still(caplog: pytest.LogCaptureFixture) -> None:
    """Bubbles go on, templates speak, the watchdog tells where it hangs."""
    caplog.set_level(logging.WARNING)
    with ModelServer(WELL) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        thread = stand.bridge._supervisor.thread
        assert thread._loop is not None
        watched = Watched(
            "models",
            lambda: stand.bridge.turned_ns,
            100_000_000,
            lambda: stand.bridge.thread_identity,
        )
        dog = Watchdog([watched], time.perf_counter_ns)
        thread._loop.call_soon_threadsafe(time.sleep, 1.5)  # noqa: TID251 - the fault itself
        stand.wait(0.3)
        dog.look()
        line = stand.speak()
        assert (line.tier, line.text) == (Tier.TEMPLATE, FALLBACK)
        assert "models" in {record.__dict__.get("who") for record in caplog.records}
        stand.come_back()


@pytest.mark.fault(63)
def test_no_memory_in_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line falls back; the thread lives."""

    def starve(*_args: object) -> None:
        raise MemoryError

    with ModelServer(WELL) as server, stand_before(f"{server.root}/v1", server) as stand:
        ready(stand)
        with monkeypatch.context() as patch:
            patch.setattr(openai_chunks.OpenAiChunks, "feed", starve)
            line = stand.speak()
            assert (line.tier, line.text) == (Tier.TEMPLATE, FALLBACK)
        stand.come_back()


def _next_descriptor() -> int:
    """The number that the next to be opened would have."""
    number = os.dup(0)
    os.close(number)
    return number


@pytest.mark.skipif(os.name != "posix", reason="descriptors have no limit there")
@pytest.mark.fault(64)
def test_no_descriptor_is_left() -> None:
    """Falls back, and recovers when there are some again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ModelServer(WELL) as server, stand_before(f"{server.root}/v1") as stand:
        ready(stand)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (_next_descriptor(), hard))
            line = stand.speak()
            assert (line.tier, line.text) == (Tier.TEMPLATE, FALLBACK)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        stand.come_back()


@pytest.mark.fault(62)
def test_a_second_signal_ends_it_now(tmp_path: Path) -> None:
    """Whoever is impatient is obeyed; what was saved before is whole."""
    with living(tmp_path, "--save", "one", *_TEMPLATES) as child:
        slot = Slot(tmp_path, "one")
        end_s = time.monotonic() + PROBE_S
        while not slot.files() and time.monotonic() < end_s:
            threading.Event().wait(0.05)
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGTERM)
        asked_s = time.monotonic()
        child.communicate(timeout=10)
        assert time.monotonic() - asked_s < 2.0
    assert child.returncode == 143
    slot.newest()


@pytest.mark.fault(62)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_amid_talk_saves_all(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """Under two seconds, the save complete, the exit status right."""
    with living(tmp_path, "--save", "one", *_TEMPLATES) as child:
        child.send_signal(number)
        asked_s = time.monotonic()
        child.communicate(timeout=10)
        assert time.monotonic() - asked_s < 2.0
    assert child.returncode == status
    recording, told = Slot(tmp_path, "one").newest()
    assert (recording.last, told) == (report_of(tmp_path)["ticks"], [])
