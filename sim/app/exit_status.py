"""What the program's exit status says, where it is neither done (0) nor ended by a signal."""

from __future__ import annotations

from typing import Final

USAGE: Final = 2  # the command line or the settings are wrong
BROKEN_PROMISE: Final = 3  # of a soak, a benchmark, a recording
