"""Watches over one model server: asked now and then whether it is well, and at once when a line fails there.

A server that is down is asked again after ever longer pauses; one that loads its model is waited for; one that does
not accept our key is left alone until the settings change, for asking would not help.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from llm.backends.openai_compatible import OpenAiCompatible
from llm.errors import BadKey, Loading, ModelError
from llm.types import TierState, TierStatus

log = logging.getLogger(__name__)

PROBE_PAUSE_S: Final = 2.0
_LOADING_PAUSE_S: Final = 2.0
_WELL_PAUSE_S: Final = 10.0  # one that is up is asked so often too: it may have lost its model without a word
_LONGEST_PAUSE_S: Final = 10.0
_PAUSE_GROWTH: Final = 1.5


class ServerWatch:
    """On the background loop."""

    def __init__(
        self, backend: OpenAiCompatible, changed: Callable[[], None], pause_s: float = PROBE_PAUSE_S
    ) -> None:
        self.backend = backend
        self.state = TierState.STARTING
        self.known = False  # asked at least once
        self.detail = "looking for a model server"
        self._changed = changed
        self._first_pause_s = self._pause_s = pause_s
        self._leave_alone = False
        self._doubted = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether it can answer."""
        return self.state is TierState.READY

    @property
    def status(self) -> TierStatus:
        """As people may know it."""
        return TierStatus(self.state, self.backend.name, self.backend.model, self.detail)

    def doubt(self) -> None:
        """A line came to nothing there: ask it."""
        if not self._leave_alone:
            self._doubted.set()

    def lock_out(self, error: BadKey) -> None:
        """A line was refused for its key, though the server may well show its models to everybody."""
        self._leave_alone = True
        self._set(TierState.DOWN, str(error))

    def reconsider(self) -> None:
        """The settings have changed: ask it, whatever was before."""
        self._leave_alone = False
        self._doubted.set()

    async def run(self) -> None:
        """Ask, for ever."""
        while True:
            self._doubted.clear()
            if not self._leave_alone:
                await self.look()
            await self._pause()

    async def look(self) -> None:
        """Ask it once."""
        was_left_alone, self._leave_alone = self._leave_alone, False
        try:
            await self.backend.check()
        except Loading as error:
            self._set(TierState.STARTING, str(error))
        except ModelError as error:
            self._leave_alone = isinstance(error, BadKey)
            self._set(TierState.DOWN, str(error))
        else:
            self._set(TierState.READY, "")
        if was_left_alone and not self._leave_alone:
            self._doubted.set()  # somebody else asked, and it is worth watching again

    async def _pause(self) -> None:
        """Until it is time to ask again, or somebody doubts; a server that is down is doubted already."""
        if self._leave_alone:
            await self._doubted.wait()
            return
        pauses = {TierState.READY: _WELL_PAUSE_S, TierState.STARTING: _LOADING_PAUSE_S}
        pause_s = pauses.get(self.state, self._pause_s)
        if self.state is TierState.DOWN:
            self._pause_s = min(pause_s * _PAUSE_GROWTH, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)
            return
        self._pause_s = self._first_pause_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._doubted.wait()

    def _set(self, state: TierState, detail: str) -> None:
        if state is not self.state or not self.known:
            log.info(
                "server.probed",
                extra={"backend": self.backend.name, "state": state.value, "detail": detail},
            )
        self.known, self.state, self.detail = True, state, detail
        self._changed()
