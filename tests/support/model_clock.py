"""A clock that stands still until a test moves it."""

from __future__ import annotations


class ManualClock:
    """Counts nanoseconds when told to."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def __call__(self) -> int:
        """The time it shows."""
        return self.now_ns

    def advance(self, seconds: float) -> None:
        """Later."""
        self.now_ns += int(seconds * 1e9)
