"""Watches over one model server: probed until it answers, trusted while it does, doubted when a line fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from llm.backends.openai_compatible import OpenAiCompatible
from llm.errors import ModelError

log = logging.getLogger(__name__)

PROBE_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 10.0
_PAUSE_GROWTH: Final = 1.5


class ServerWatch:
    """On the background loop."""

    def __init__(
        self, backend: OpenAiCompatible, changed: Callable[[], None], pause_s: float = PROBE_PAUSE_S
    ) -> None:
        self.backend = backend
        self.up = False
        self.known = False  # probed at least once
        self.detail = ""
        self._changed = changed
        self._pause_s = pause_s
        self._doubted = asyncio.Event()

    def doubt(self) -> None:
        """A line came to nothing there: probe it."""
        self._doubted.set()

    async def run(self) -> None:
        """Probe, for ever."""
        pause_s = self._pause_s
        while True:
            self._doubted.clear()
            try:
                await self.backend.check()
            except ModelError as error:
                self._set(up=False, detail=str(error))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * _PAUSE_GROWTH, _LONGEST_PAUSE_S)
            else:
                pause_s = self._pause_s
                self._set(up=True, detail="")
                await self._doubted.wait()

    def _set(self, *, up: bool, detail: str) -> None:
        if up != self.up or not self.known:
            log.info("server.probed", extra={"backend": self.backend.name, "up": up, "detail": detail})
        self.known, self.up, self.detail = True, up, detail
        self._changed()
