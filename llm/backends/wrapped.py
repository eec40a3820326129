"""A backend in front of another: the same in everything that is not changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from llm.tier_door import SlottedBackend
from llm.types import BackendEvent, Request, Tier


class Wrapped:
    """`llm.tier_door.SlottedBackend` over a backend."""

    def __init__(self, backend: SlottedBackend) -> None:
        self._backend = backend

    @property
    def name(self) -> str:
        """Its backend's."""
        return self._backend.name

    @property
    def tier(self) -> Tier:
        """Its backend's."""
        return self._backend.tier

    @property
    def model(self) -> str:
        """Its backend's."""
        return self._backend.model

    @property
    def in_flight(self) -> int:
        """As many as its backend."""
        return self._backend.in_flight

    def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """Its backend's answer."""
        return self._backend.stream(request)

    def reading_s(self, request: Request) -> float:
        """As long as its backend."""
        return self._backend.reading_s(request)

    async def warm(self, request: Request) -> None:
        """Nothing is said, so nothing is to be done about it."""
        await self._backend.warm(request)

    async def check(self) -> None:
        """As its backend."""
        await self._backend.check()

    async def close(self) -> None:
        """Its backend."""
        await self._backend.close()
