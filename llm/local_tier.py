"""The local tier: the server the settings name, or LM Studio if it answers, or else the embedded server.

A server that is down is probed again and used again when it answers; meanwhile the embedded one, where it is
allowed, takes its place. What the tier is just now is published as one frozen value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from llm.backends.embedded_process import COMMAND
from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.embedded_watch import EmbeddedWatch
from llm.errors import ModelError, NoModel, Refused, Unreachable
from llm.protocol import Backend
from llm.server_watch import ServerWatch
from llm.settings import AUTO, NONE, LocalSettings
from llm.tier_door import SlottedBackend, TierContext
from llm.types import TierState, TierStatus, Why

LM_STUDIO_URL: Final = "http://127.0.0.1:1234/v1"
_LM_STUDIO_CONNECT_S: Final = 0.3  # it is on this machine or it is not
_TEMPLATES_SPEAK: Final = "people speak template lines"
_OFF: Final = TierStatus(TierState.OFF, detail="none is set up")


class LocalTier:
    """`llm.tier_door.TierDoor`; made, used and closed on the background loop."""

    def __init__(self, context: TierContext, command: Sequence[str] = COMMAND) -> None:
        self._context = context
        self._told: tuple[TierState, str] | None = None
        self._server = self._make_server(context.settings.local)
        self._embedded = self._make_embedded(command)

    def current(self) -> SlottedBackend | None:
        """The server while it is up, else the embedded one while it is ready."""
        if self._server is not None and self._server.up:
            return self._server.backend
        return self._embedded.backend if self._embedded is not None else None

    async def tend(self) -> None:
        """Watch over both, until cancelled."""
        self._changed()
        async with asyncio.TaskGroup() as group:
            for watch in (self._server, self._embedded):
                if watch is not None:
                    group.create_task(watch.run())

    def failed(self, backend: Backend, error: ModelError) -> None:
        """Probe a server that could not be reached or had no model; a slow one is only slow."""
        lost = isinstance(error, Unreachable | NoModel | Refused) or error.why is Why.CONNECT
        if lost and self._server is not None and backend is self._server.backend:
            self._server.doubt()

    async def close(self) -> None:
        """Give back connections and the process."""
        if self._server is not None:
            await self._server.backend.close()
        if self._embedded is not None:
            await self._embedded.close()

    def kill(self) -> None:
        """End the process from any thread."""
        if self._embedded is not None:
            self._embedded.kill()

    def _make_server(self, local: LocalSettings) -> ServerWatch | None:
        if local.base_url == NONE:
            return None
        is_auto = local.base_url == AUTO
        timeouts = self._context.settings.timeouts
        options = ServerOptions(
            base_url=LM_STUDIO_URL if is_auto else local.urls[0],
            model=local.model,
            key=local.api_key.get_secret_value() if local.api_key else "",
            max_concurrency=None if local.max_concurrency == AUTO else local.max_concurrency,
            extra_body=local.extra_body,
            connect_s=_LM_STUDIO_CONNECT_S if is_auto else timeouts.connect,
            only="lm_studio" if is_auto else "",
        )
        return ServerWatch(OpenAiCompatible(options, self._context.on_retry), self._changed)

    def _make_embedded(self, command: Sequence[str]) -> EmbeddedWatch | None:
        enabled = self._context.settings.embedded.enabled
        if enabled is False or (enabled == AUTO and self._context.settings.local.base_url != AUTO):
            return None
        watch = EmbeddedWatch(self._context, self._changed, command)
        if self._server is None:
            watch.want()
        return watch

    def _changed(self) -> None:
        """Publish what the tier is now, and tell people when that is news."""
        server, embedded = self._server, self._embedded
        if embedded is not None and server is not None and server.known and not server.up:
            embedded.want()
        status = self._status()
        self._context.publish(status)
        news = status.state, status.backend
        if news != self._told:
            self._told = news
            line = _news(status)
            if line:
                self._context.notice(line)

    def _status(self) -> TierStatus:
        server, embedded = self._server, self._embedded
        backend = self.current()
        if backend is not None:
            return TierStatus(TierState.READY, backend.name, backend.model)
        if embedded is not None and embedded.wanted:
            return TierStatus(
                embedded.state, "embedded", self._context.settings.embedded.model, embedded.detail
            )
        if server is None:
            return _OFF
        if not server.known:
            return TierStatus(TierState.STARTING, detail="looking for a model server")
        return TierStatus(TierState.DOWN, server.backend.name, server.backend.model, server.detail)


def _news(status: TierStatus) -> str:
    """One line for people; a state that is over in a moment is none."""
    match status.state:
        case TierState.READY:
            return f"local model ready: {status.backend} {status.model}"
        case TierState.DOWN | TierState.OFF:
            return f"no local model: {status.detail}; {_TEMPLATES_SPEAK}"
        case TierState.FETCHING | TierState.STARTING:
            return ""
