"""The local tier: the servers the settings name, or LM Studio if it answers, or else the embedded server.

A server that is down is asked again and used again when it answers; meanwhile another of them, or the embedded one
where it is allowed, takes its place. What the tier is just now is published as one frozen value.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from llm.backends.embedded_process import COMMAND
from llm.backends.openai_compatible import OpenAiCompatible, ServerOptions
from llm.embedded_watch import EmbeddedWatch
from llm.errors import BadKey, Loading, ModelError, NoModel, ServerFault, Unreachable
from llm.protocol import Backend
from llm.server_watch import ServerWatch
from llm.settings import AUTO, LocalSettings
from llm.steady import Steady
from llm.tier_door import FREE, Payment, SlottedBackend, TierContext
from llm.types import Request, Tier, TierState, TierStatus, Why

LM_STUDIO_URL: Final = "http://127.0.0.1:1234/v1"
_LM_STUDIO_CONNECT_S: Final = 0.3  # it is on this machine or it is not
_TEMPLATES_SPEAK: Final = "people speak template lines"
_OFF: Final = TierStatus(TierState.OFF, detail="none is set up")
_BEST_FIRST: Final = (TierState.READY, TierState.STARTING, TierState.DOWN, TierState.OFF)
_SUSPICIOUS: Final = (Unreachable, NoModel, Loading, ServerFault)


class LocalTier:
    """`llm.tier_door.TierDoor`; made, used and closed on the background loop."""

    def __init__(self, context: TierContext, command: Sequence[str] = COMMAND) -> None:
        self._context = context
        self._told: Steady[tuple[TierState, str] | None] = Steady(None)
        self._servers = self._make_servers(context.settings.local)
        self._embedded = self._make_embedded(command)

    def backends(self) -> Sequence[SlottedBackend]:
        """The servers that are up, else the embedded one while it is ready."""
        up = [server.backend for server in self._servers if server.up]
        embedded = self._embedded.backend if self._embedded is not None else None
        return up or ([embedded] if embedded is not None else [])

    def pay_for(self, request: Request) -> Payment | None:  # noqa: ARG002 - whatever it is
        """What runs on this machine is free."""
        return FREE

    async def tend(self) -> None:
        """Watch over all of them, until cancelled."""
        self._changed()
        async with asyncio.TaskGroup() as group:
            for server in self._servers:
                group.create_task(server.run())
            if self._embedded is not None:
                group.create_task(self._embedded.run())

    async def check(self) -> None:
        """Ask every server now."""
        await asyncio.gather(*(server.look() for server in self._servers))

    def reconfigure(self) -> None:
        """A key may have changed: ask everywhere."""
        for server in self._servers:
            server.reconsider()

    def failed(self, backend: Backend, error: ModelError) -> None:
        """Ask a server that could not be reached or had no model whether it is well; a slow one is only slow."""
        for server in self._servers:
            if server.backend is not backend:
                continue
            if isinstance(error, BadKey):
                server.lock_out(error)
            elif isinstance(error, _SUSPICIOUS) or error.why is Why.CONNECT:
                server.doubt()

    async def close(self) -> None:
        """Give back connections and the process."""
        for server in self._servers:
            await server.backend.close()
        if self._embedded is not None:
            await self._embedded.close()

    def kill(self) -> None:
        """End the process from any thread."""
        if self._embedded is not None:
            self._embedded.kill()

    def _make_servers(self, local: LocalSettings) -> list[ServerWatch]:
        is_auto = local.base_url == AUTO
        urls = (LM_STUDIO_URL,) if is_auto else local.urls
        return [self._make_server(local, url, is_auto=is_auto) for url in urls]

    def _make_server(self, local: LocalSettings, url: str, *, is_auto: bool) -> ServerWatch:
        options = ServerOptions(
            base_url=url,
            model=local.model,
            key=local.api_key.get_secret_value() if local.api_key else "",
            max_concurrency=None if local.max_concurrency == AUTO else local.max_concurrency,
            extra_body=local.extra_body,
            structured=local.structured,
            connect_s=_LM_STUDIO_CONNECT_S if is_auto else self._context.settings.timeouts.connect,
            only="lm_studio" if is_auto else "",
        )
        return ServerWatch(OpenAiCompatible(options, self._context.on_retry), self._changed)

    def _make_embedded(self, command: Sequence[str]) -> EmbeddedWatch | None:
        enabled = self._context.settings.embedded.enabled
        if enabled is False or (enabled == AUTO and self._context.settings.local.base_url != AUTO):
            return None
        watch = EmbeddedWatch(self._context, self._changed, command)
        if not self._servers:
            watch.want()
        return watch

    def _changed(self) -> None:
        """Publish what the tier is now, and tell people when that is news."""
        servers, embedded = self._servers, self._embedded
        if embedded is not None and servers and all(one.known and not one.up for one in servers):
            embedded.want()
        status = self._status()
        self._context.publish(Tier.LOCAL, status)
        news, is_last = (status.state, status.backend), status.state is TierState.OFF
        if self._told.says(news, time.monotonic(), must=is_last) and (line := _news(status)):
            self._context.notice(line)

    def _status(self) -> TierStatus:
        embedded, used = self._embedded, self.backends()
        if used:
            models = dict.fromkeys(backend.model for backend in used)
            return TierStatus(TierState.READY, used[0].name, ", ".join(models), _count(used, self._servers))
        if embedded is not None and embedded.wanted:
            model = self._context.settings.embedded.model
            return TierStatus(embedded.state, "embedded", model, embedded.detail)
        if not self._servers:
            return _OFF
        return min((one.status for one in self._servers), key=lambda status: _BEST_FIRST.index(status.state))


def _count(used: Sequence[SlottedBackend], servers: Sequence[ServerWatch]) -> str:
    """How many of several servers are up."""
    return f"{len(used)} of {len(servers)} servers" if len(servers) > 1 else ""


def _news(status: TierStatus) -> str:
    """One line for people; a state that is over in a moment is none."""
    match status.state:
        case TierState.READY:
            return f"local model ready: {status.backend} {status.model}"
        case TierState.DOWN | TierState.OFF:
            return f"no local model: {status.detail}; {_TEMPLATES_SPEAK}"
        case TierState.FETCHING | TierState.STARTING:
            return ""
