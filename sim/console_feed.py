"""What passes between a console on the screen and the desk that runs commands: lines typed one way, lines told the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

_KEPT: Final = 400  # lines that were told


@dataclass(slots=True)
class ConsoleFeed:
    """Used on the main thread alone."""

    complete: Callable[[str], Sequence[str]] = lambda _typed: ()  # what a line may become, as whole lines
    told: deque[tuple[str, bool]] = field(
        default_factory=lambda: deque(maxlen=_KEPT)
    )  # a line; whether it was typed
    version: int = 0  # goes up when there is more to be seen
    _typed: list[str] = field(default_factory=list)

    def type(self, line: str) -> None:
        """Somebody typed this."""
        self._typed.append(line)

    def take(self) -> list[str]:
        """What was typed since the last call."""
        typed, self._typed = self._typed, []
        return typed

    def clear(self) -> None:
        """Nothing was told."""
        self.told.clear()
        self.version += 1

    def tell(self, line: str, reply: str) -> None:
        """What came of a command, wherever it was typed."""
        self.told.append((f"> {line}", True))
        self.told.extend((part, False) for part in reply.splitlines())
        self.version += 1
