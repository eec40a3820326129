"""A save as JSON, for people and their tools, and back. Numbers as they are, so that any program can read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.journal import Page, page_of, page_text
from sim.packing import SaveError, pack, unpack
from sim.recording import Recording, RecordingFile

FORMAT: Final = "twitchman save"
_MOST_BYTES: Final = 1 << 30
_KEYS: Final = {"format", "header", "tick", "state", "arrays", "page"}


def export_save(recording: Recording, path: Path) -> None:
    """Write it. Raises SaveError."""
    start = recording.start
    if start is None:
        raise SaveError("it begins with a town's first tick: a recording can be replayed, and is no save")
    inputs = tuple(one for tick in sorted(recording.inputs) for one in recording.inputs[tick])
    told = {
        "format": FORMAT,
        "header": recording.header,
        "tick": start.tick,
        "state": start.state,
        "arrays": [[array.dtype.str, list(array.shape), array.ravel().tolist()] for array in start.arrays],
        "page": json.loads(page_text(Page(start.tick + 1, recording.last, inputs))),
    }
    try:
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise SaveError(f"{path}: cannot be written: {error.strerror}") from error


def import_save(path: Path, into: Path) -> None:
    """Make a save of it. Raises SaveError for what `export_save` would not have written."""
    told = _read(path)
    try:
        arrays = [_array(*one) for one in told["arrays"]]
        page = page_of(json.dumps(told["page"]))
        packed = pack(told["state"], arrays)
        unpack(packed)  # what cannot be read again is no save
        file = RecordingFile(into, told["header"], (int(told["tick"]), packed))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise SaveError(f"{path}: it is no save: {error}") from error
    file.append([page])
    file.close()


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SaveError(f"{path}: it is too large for a save")
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SaveError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SaveError(f"{path}: it is no JSON: {error}") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT or told.keys() != _KEYS:
        raise SaveError(f"{path}: expected an object of format {FORMAT!r} with {', '.join(sorted(_KEYS))}")
    return told


def _array(kind: Any, shape: Any, values: Any) -> NDArray[Any]:
    return np.array(values, dtype=np.dtype(str(kind))).reshape(shape)
