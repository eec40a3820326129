"""`doctor`: what this machine has, line by line, and what to do about what it lacks. Changes nothing."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from agents.mods import ModError
from llm.models import find, is_whole, models_dir
from llm.settings import AUTO, NONE
from sim.app.options import assignments_of
from sim.app.settings import Settings, assets_of
from sim.app.settings_sources import load_settings
from sim.pacer import FramePacer

_LM_STUDIO: Final = "http://127.0.0.1:1234/v1"
_FRAMES: Final = 60
_LATE_MS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    good: bool
    says: str
    advice: str = ""


def doctor(parsed: argparse.Namespace) -> int:
    """Look at everything; 0, because a lack is not an error: the world runs with template lines anywhere."""
    settings = load_settings(assignments_of(parsed), parsed.config).settings
    console = Console()
    for finding in _findings(settings):
        mark = Text("ok   " if finding.good else "look ", style="green" if finding.good else "yellow")
        console.print(mark.append(f"{finding.name:<10} {finding.says}", style="default"), soft_wrap=True)
        if finding.advice:
            console.print(Text(f"{'':<16}{finding.advice}", style="bright_black"), soft_wrap=True)
    return 0


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding(
        "python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} on {platform.platform(terse=True)}, {os.cpu_count()} cores",
    )
    yield _display()
    yield from _servers(settings)
    yield _model(settings)
    yield _mods(settings)
    yield _timer()


def _display() -> Finding:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from sim.view.display import (  # a headless machine may lack what a window needs
        ViewError,
        probe_window,
    )

    try:
        driver = probe_window()
    except ViewError as error:
        return Finding(
            "display", False, str(error), "the world runs without one: python run_world.py --headless"
        )
    return Finding("display", True, f"a window can be opened ({driver})")


def _servers(settings: Settings) -> Iterator[Finding]:
    local = settings.llm.local
    if local.base_url == NONE:
        yield Finding("server", True, "none wanted (llm.local.base_url = none)")
    for url in local.urls:
        yield _server(url, local.api_key, auto=False)
    if local.base_url == AUTO:
        yield _server(_LM_STUDIO, local.api_key, auto=True)


def _server(url: str, key: SecretStr | None, *, auto: bool) -> Finding:
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        answer = httpx.get(f"{url.rstrip('/')}/models", headers=headers, timeout=1.0, trust_env=False)
        models = [str(model["id"]) for model in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return _no_server(url, auto=auto)
    return Finding("server", bool(models), f"{url} answers; models: {', '.join(models[:5]) or 'none'}")


def _no_server(url: str, *, auto: bool) -> Finding:
    if auto:
        return Finding("server", True, "no LM Studio on 127.0.0.1:1234; the embedded model is used")
    return Finding(
        "server",
        False,
        f"nothing that speaks the OpenAI protocol answers at {url}",
        "start it, or correct llm.local.base_url",
    )


def _model(settings: Settings) -> Finding:
    own = settings.llm.embedded.model_path
    if own is not None:
        return Finding(
            "model", own.is_file(), str(own), "" if own.is_file() else "llm.embedded.model_path names no file"
        )
    entry = find(settings.llm.embedded.model)
    path = models_dir() / entry.file
    if is_whole(entry, path):
        return Finding("model", True, f"{entry.name} at {path}")
    return Finding(
        "model",
        False,
        f"{entry.name} is not fetched yet",
        f"the first run fetches it, or: python run_world.py models pull {entry.name}",
    )


def _mods(settings: Settings) -> Finding:
    """What lies over the bundled files."""
    try:
        overlaid = [f"{mod}/{name}" for mod, name in assets_of(settings).overlaid()]
    except ModError as error:
        return Finding("mods", False, str(error), "correct mods.enabled")
    return Finding("mods", True, f"over the bundled files: {', '.join(overlaid) or 'nothing'}")


def _timer() -> Finding:
    """How late the pacer wakes, over one second of frames."""
    pacer = FramePacer(time.perf_counter_ns)
    late = [pacer.wait() / 1e6 for _ in range(_FRAMES)]
    worst = max(late)
    says = f"frames wake {statistics.median(late):.3f} ms late (median), {worst:.2f} ms at worst"
    return Finding(
        "timer",
        worst < _LATE_MS,
        says,
        "" if worst < _LATE_MS else "the machine is busy: expect an uneven picture",
    )
