"""Which models a run has: real ones behind the client, or answers and templates that count ticks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from llm.backends.cassette import Recorded
from llm.backends.http_door import Address, on_ipv4
from llm.backends.moderated import Moderated
from llm.canned import CannedSource
from llm.cassette import CassetteWriter
from llm.client import HybridLLMClient
from llm.cloud_key import find_key
from llm.performance import Performance
from llm.persona_cache import PersonaCache
from llm.protocol import GateFactory, Models
from llm.right_of_way import RightOfWay
from llm.settings import NONE
from llm.tick_models import TickModels
from llm.tier_door import SlottedBackend
from llm.types import Tier, TierState
from sim.app import build
from sim.app.lockstep import Lockstep
from sim.app.settings import Settings
from sim.app.tick_desk import TickDesk
from sim.app.where_from import WhereFrom
from sim.console.llm_commands import ModelsDesk

Wrapping = Callable[[SlottedBackend], SlottedBackend]

_IMPORT_S: Final = 3.0  # the cloud's SDK takes a second to load, and no frame should have to share it


@dataclass(frozen=True, slots=True)
class TownModels:
    """What the world asks, and what the console asks; the same thing seen from two sides."""

    door: Models
    desk: ModelsDesk
    right_of_way: RightOfWay | None = None  # of the thread that models run in, if they do

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
    in_front: Sequence[Wrapping] = ()  # of each backend
    spoil: Callable[[CannedSource], CannedSource] = lambda source: source  # what is written down beforehand


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
    way = client.bridge.right_of_way if wanted.settings.runtime.frames_first else None
    return TownModels(Lockstep(client) if wanted.where_from.lockstep else client, client, way)


def _that_count_ticks(wanted: Wanted) -> TickModels:
    canned = wanted.where_from.canned
    source = build.canned_source(canned, wanted.seed) if canned else None
    return TickModels(wanted.gate, source and wanted.spoil(source))


def _client(wanted: Wanted, closing: ExitStack) -> HybridLLMClient:
    bridge: dict[str, object] = {"allow_download": wanted.download, "notice": wanted.notice}
    if in_front := [*wanted.in_front, *_moderation(wanted.settings), *_recording(wanted, closing)]:
        bridge["listen_in"] = partial(_behind, in_front)
    return HybridLLMClient(wanted.settings.llm, wanted.gate, personas=wanted.personas, **bridge)


def _behind(in_front: Sequence[Wrapping], backend: SlottedBackend) -> SlottedBackend:
    """A backend with all these in front of it, the last outermost."""
    for wrap in in_front:
        backend = wrap(backend)
    return backend


def _moderation(settings: Settings) -> Iterator[Wrapping]:
    """Whoever must let each sentence pass."""
    publish, cloud = settings.publish, settings.llm.cloud
    if publish.moderation == NONE:
        return
    given = publish.moderation_key
    same = urlsplit(publish.moderation).hostname == urlsplit(cloud.base_url).hostname
    key = given.get_secret_value().strip() if given else find_key(cloud) if same else ""
    endpoint = Address(on_ipv4(publish.moderation.rstrip("/")), key)
    yield lambda backend: Moderated(backend, endpoint)


def _recording(wanted: Wanted, closing: ExitStack) -> Iterator[Wrapping]:
    """Whoever writes down what backends say."""
    if wanted.where_from.record is not None:
        writer = CassetteWriter(wanted.where_from.record, {"seed": wanted.seed})
        closing.callback(writer.close)
        yield lambda backend: Recorded(backend, writer)


def _wait_for_sdk(client: HybridLLMClient) -> None:
    """Before the first frame, while nobody watches."""
    until_s = time.monotonic() + _IMPORT_S
    while client.status_of(Tier.CLOUD).state is TierState.STARTING and time.monotonic() < until_s:
        time.sleep(0.01)  # noqa: TID251 - no frame has begun
