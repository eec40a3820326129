"""An event loop whose clock jumps to whatever is due next: an hour of waiting takes no time, and the same seed takes the same way."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class StandsStillError(Exception):
    """Nothing is due, and nothing ever will be: somebody waits for what never comes."""


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type,unused-ignore] # differs by system
    """Does not wait: what the loop would wait for, the clock is put forward by."""

    def __init__(self, jump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        ready = super().select(0)
        if not ready:
            self._jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`asyncio` without the wall's clock, and with a network made of functions."""

    def __init__(self, connect: Callable[[asyncio.Protocol], asyncio.Transport]) -> None:
        self.now_s = 1000.0
        self._connect = connect
        super().__init__(_JumpingSelector(self._jump))

    def time(self) -> float:
        """Seconds."""
        return self.now_s

    async def create_connection(  # type: ignore[override]  # of all its ways to ask, one is used
        self, factory: Any, *_where: Any, **_how: Any
    ) -> Any:
        """To the one server there is, wherever it was asked for. Raises OSError as that server likes."""
        await asyncio.sleep(0.001)
        protocol = factory()
        transport = self._connect(protocol)
        protocol.connection_made(transport)
        return transport, protocol

    def _jump(self, seconds: float | None) -> None:
        if seconds is None:
            raise StandsStillError
        self.now_s += max(0.0, seconds)
