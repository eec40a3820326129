"""Which models a run has: real ones behind the client, or answers and templates that count ticks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from llm.backends.cassette import Recorded
from llm.cassette import CassetteWriter
from llm.client import HybridLLMClient
from llm.performance import Performance
from llm.persona_cache import PersonaCache
from llm.protocol import GateFactory, Models
from llm.tick_models import TickModels
from llm.tier_door import SlottedBackend
from llm.types import Tier, TierState
from sim.app import build
from sim.app.lockstep import Lockstep
from sim.app.settings import Settings
from sim.app.tick_desk import TickDesk
from sim.app.where_from import WhereFrom
from sim.console.llm_commands import ModelsDesk

_IMPORT_S: Final = 3.0  # the cloud's SDK takes a second to load, and no frame should have to share it


@dataclass(frozen=True, slots=True)
class TownModels:
    """What the world asks, and what the console asks; the same thing seen from two sides."""

    door: Models
    desk: ModelsDesk

    @property
    def performance(self) -> Performance:
        """The counters."""
        return self.desk.performance


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the models of a run are made from."""

    settings: Settings
    where_from: WhereFrom
    gate: GateFactory
    personas: PersonaCache
    notice: Callable[[str], None]
    seed: int
    fast: bool
    download: bool


def open_models(wanted: Wanted, closing: ExitStack) -> TownModels:
    """Made, and closed with `closing`. Raises ModelFileError."""
    asks_models = build.has_model(wanted.settings) and (not wanted.fast or wanted.where_from.lockstep)
    if wanted.where_from.canned is not None or not asks_models:
        models = _that_count_ticks(wanted)
        closing.callback(models.close)
        return TownModels(models, TickDesk(models))
    client = _client(wanted, closing)
    closing.callback(client.close)
    _wait_for_sdk(client)
    return TownModels(Lockstep(client) if wanted.where_from.lockstep else client, client)


def _that_count_ticks(wanted: Wanted) -> TickModels:
    canned = wanted.where_from.canned
    return TickModels(wanted.gate, build.canned_source(canned, wanted.seed) if canned else None)


def _client(wanted: Wanted, closing: ExitStack) -> HybridLLMClient:
    bridge: dict[str, object] = {"allow_download": wanted.download, "notice": wanted.notice}
    if wanted.where_from.record is not None:
        writer = CassetteWriter(wanted.where_from.record, {"seed": wanted.seed})
        closing.callback(writer.close)

        def listen_in(backend: SlottedBackend) -> SlottedBackend:
            return Recorded(backend, writer)

        bridge["listen_in"] = listen_in
    return HybridLLMClient(wanted.settings.llm, wanted.gate, personas=wanted.personas, **bridge)


def _wait_for_sdk(client: HybridLLMClient) -> None:
    """Before the first frame, while nobody watches."""
    until_s = time.monotonic() + _IMPORT_S
    while client.status_of(Tier.CLOUD).state is TierState.STARTING and time.monotonic() < until_s:
        time.sleep(0.01)  # noqa: TID251 - no frame has begun
