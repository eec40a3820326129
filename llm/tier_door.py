"""What the background thread asks of a tier: which backends to use now, what they cost, and somebody to keep them well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from llm.budget import BudgetFacts
from llm.errors import ModelError
from llm.protocol import Backend
from llm.settings import LlmSettings
from llm.types import Request, Tier, TierState, TierStatus, Usage


class SlottedBackend(Backend, Protocol):
    """A backend that says how many requests it works on at once."""

    @property
    def in_flight(self) -> int:
        """Requests it may have at once."""


class Payment(Protocol):
    """Money set aside for one request, as a context: left without a word, all of it counts as spent."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_how: object) -> None: ...

    def settle_usage(self, usage: Usage) -> float:
        """What it really cost, in US dollars."""

    def release(self) -> None:
        """Nothing was sent, so nothing is owed."""


class TierDoor(Protocol):
    """A tier on the background loop."""

    def backends(self) -> Sequence[SlottedBackend]:
        """Those that can be used now; a line goes to one of them."""

    def pay_for(self, request: Request) -> Payment | None:
        """Set aside what a request may cost; None where the budget does not allow it."""

    async def tend(self) -> None:
        """Find, start, watch and restart what serves the tier, until cancelled."""

    async def check(self) -> None:
        """Ask every server now whether it is well, and publish what it says."""

    def reconfigure(self) -> None:
        """The settings have changed: look at them again."""

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
    publish: Callable[[Tier, TierStatus], None]
    publish_money: Callable[[BudgetFacts], None]
    on_retry: Callable[[], None]


Tiers = Mapping[Tier, TierDoor]
TiersFactory = Callable[[TierContext], Tiers]


def as_it_is(backend: SlottedBackend) -> SlottedBackend:
    """What asks a backend where nobody listens in."""
    return backend


class _Free:
    """What costs nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        pass

    def settle_usage(self, usage: Usage) -> float:  # noqa: ARG002 - whatever was used
        """Nothing."""
        return 0.0

    def release(self) -> None:
        """There was nothing."""


FREE: Final[Payment] = _Free()


class FixedTier:
    """A tier that is one backend, always ready, and free."""

    def __init__(self, context: TierContext, backend: SlottedBackend) -> None:
        self._context = context
        self._backend = backend

    def backends(self) -> Sequence[SlottedBackend]:
        """The backend."""
        return (self._backend,)

    def pay_for(self, request: Request) -> Payment | None:  # noqa: ARG002 - the door has it
        """It is free."""
        return FREE

    async def tend(self) -> None:
        """Say that it is there."""
        await self.check()

    async def check(self) -> None:
        """It is well."""
        status = TierStatus(TierState.READY, self._backend.name, self._backend.model)
        self._context.publish(self._backend.tier, status)

    def reconfigure(self) -> None:
        """Nothing of it is configured."""

    def failed(self, backend: Backend, error: ModelError) -> None:
        """It is used again all the same."""

    async def close(self) -> None:
        """Close the backend."""
        await self._backend.close()

    def kill(self) -> None:
        """It has no process."""


def fixed(*backends: SlottedBackend) -> TiersFactory:
    """Tiers of one backend each, whatever the settings say: for tests, and for lines that are written down."""
    return lambda context: {backend.tier: FixedTier(context, backend) for backend in backends}
