"""Whether somebody opens the window for the first time: then the keys are told, once."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from llm.spend_file import spend_path

_MARK: Final = "keys-were-shown"


def is_first_time(folder: Path | None = None) -> bool:
    """True once for each user of this machine; where nothing can be written, never, for it would be always."""
    mark = (folder or spend_path().parent) / _MARK
    if mark.exists():
        return False
    with contextlib.suppress(OSError):
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        return True
    return False
