"""What the background thread asks of a tier: which backend to use now, and somebody to keep it well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from llm.errors import ModelError
from llm.protocol import Backend
from llm.settings import LlmSettings
from llm.types import TierState, TierStatus


class SlottedBackend(Backend, Protocol):
    """A backend that says how many requests it works on at once."""

    @property
    def in_flight(self) -> int:
        """Requests it may have at once."""


class TierDoor(Protocol):
    """A tier on the background loop."""

    def current(self) -> SlottedBackend | None:
        """The backend to use now; None when there is none."""

    async def tend(self) -> None:
        """Find, start, watch and restart what serves the tier, until cancelled."""

    def failed(self, backend: Backend, error: ModelError) -> None:
        """A line came to nothing there: look after it."""

    async def close(self) -> None:
        """Give back every connection and process, within a second."""

    def kill(self) -> None:
        """End every process from any thread, when the loop is gone."""


@dataclass(frozen=True, slots=True)
class TierContext:
    """What a tier is made from."""

    settings: LlmSettings
    models_dir: Path
    allow_download: bool
    notice: Callable[[str], None]
    publish: Callable[[TierStatus], None]
    on_retry: Callable[[], None]


TierFactory = Callable[[TierContext], TierDoor]


class FixedTier:
    """A tier that is one backend, always ready."""

    def __init__(self, context: TierContext, backend: SlottedBackend) -> None:
        self._context = context
        self._backend = backend

    def current(self) -> SlottedBackend | None:
        """The backend."""
        return self._backend

    async def tend(self) -> None:
        """Say that it is there."""
        self._context.publish(TierStatus(TierState.READY, self._backend.name, self._backend.model))

    def failed(self, backend: Backend, error: ModelError) -> None:
        """It is used again all the same."""

    async def close(self) -> None:
        """Close the backend."""
        await self._backend.close()

    def kill(self) -> None:
        """It has no process."""
