"""The cloud tier: off without a key, and never a request without money set aside for it.

A key that is not accepted and a model that does not exist are matters of configuration: said once, and not tried
again until the settings change. Everything else is the breaker's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llm.backends.openai_cloud import CloudOptions, OpenAiCloud
from llm.cloud_key import find_key, key_variable
from llm.errors import BadKey, ModelError, NoModel
from llm.prices import Price, PriceList
from llm.protocol import Backend
from llm.purse import Purse
from llm.settings import CloudSettings, PriceSettings
from llm.spend_file import spend_path
from llm.tier_door import Payment, SlottedBackend, TierContext
from llm.types import Request, Tier, TierState, TierStatus

log = logging.getLogger(__name__)

_SAVE_EVERY_S: Final = 1.0
_LOOK_AGAIN_S: Final = 5.0
_CONFIGURATION: Final = (BadKey, NoModel)


class CloudTier:
    """`llm.tier_door.TierDoor`; made, used and closed on the background loop."""

    def __init__(self, context: TierContext) -> None:
        self._context = context
        self._settings = context.settings.cloud
        self._purse = Purse(context.settings.budget, spend_path())
        self._price: Price | None = None
        self._backend: OpenAiCloud | None = None
        self._status = TierStatus(TierState.OFF)
        self._changed = asyncio.Event()
        self._closed_by: ModelError | None = None  # what only the user can mend
        self._look_again_at_s = 0.0

    def backends(self) -> Sequence[SlottedBackend]:
        """The one service, while there is a key that it accepts."""
        ready = self._backend is not None and self._status.state is TierState.READY
        return (self._backend,) if ready and self._backend is not None else ()

    def pay_for(self, request: Request) -> Payment | None:
        """Set aside what it may cost; None where the budget does not allow it."""
        payment = self._purse.pay_for(request, self._price) if self._price is not None else None
        self._publish_money()
        return payment

    async def tend(self) -> None:
        """Open with the key and the settings there are, again when they change; write down what is spent."""
        opened_with = None
        while True:
            self._changed.clear()
            wanted = self._wanted()
            if wanted != opened_with:
                opened_with = wanted
                await self._reopen(wanted[0])
            if self._backend is not None:
                await self._purse.save()
                self._publish_money()
                await self._look_again()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if self._backend is None else _SAVE_EVERY_S):
                    await self._changed.wait()

    async def check(self) -> None:
        """Ask the service for its list of models, which costs nothing."""
        backend = self._backend
        if backend is None:
            return
        status = TierStatus(TierState.READY, backend.name, backend.model)
        try:
            await backend.check()
        except ModelError as error:
            self.failed(backend, error)
            self._look_again_at_s = asyncio.get_running_loop().time() + _LOOK_AGAIN_S
            status = replace(status, state=TierState.DOWN, detail=str(error))
        if backend is not self._backend:  # but another by now
            return
        if status.state is TierState.READY:
            if isinstance(self._closed_by, NoModel):
                return  # it answers, and still has not the model that is wanted
            self._closed_by = None
        self._set(status)

    def reconfigure(self) -> None:
        """There may be another key, model or price."""
        self._changed.set()

    def failed(self, backend: Backend, error: ModelError) -> None:
        """What only the user can mend closes the tier."""
        if isinstance(error, _CONFIGURATION) and backend is self._backend:
            self._closed_by = error
            self._set(TierStatus(TierState.DOWN, backend.name, backend.model, str(error)))
        self._publish_money()

    async def close(self) -> None:
        """Give back every connection, and write down the last of the spending."""
        backend, self._backend = self._backend, None
        if backend is not None:
            await backend.close()
        self._purse.close()

    def kill(self) -> None:
        """It has no process."""

    async def _look_again(self) -> None:
        """A service that was down when it was asked for its models is asked again, unless only the user can help."""
        is_down = self._status.state is TierState.DOWN and self._closed_by is None
        if is_down and asyncio.get_running_loop().time() > self._look_again_at_s:
            await self.check()

    def _wanted(self) -> tuple[str, CloudSettings, PriceSettings]:
        """What it is to be opened with."""
        price = self._context.settings.budget.price
        return find_key(self._settings), self._settings.model_copy(), price.model_copy()

    async def _reopen(self, key: str) -> None:
        backend, self._backend = self._backend, None
        self._closed_by = None
        if backend is not None:
            await backend.close()
        if not key:
            self._set(
                TierStatus(TierState.OFF, detail=f"no key: set {key_variable(self._settings.base_url)}")
            )
            return
        price = PriceList.load().of(self._settings.model, self._context.settings.budget.price)
        if price is None:
            self._set(TierStatus(TierState.DOWN, "openai", self._settings.model, self._unpriced))
            return
        self._set(TierStatus(TierState.STARTING, "openai", self._settings.model))
        put_aside = await self._purse.open()
        if put_aside:
            self._context.notice(put_aside)
        self._price = price
        backend = OpenAiCloud(self._options(key, price), on_retry=self._context.on_retry)
        try:
            await backend.open()
        except ModelError as error:  # a key or an address that cannot be one
            self._set(TierStatus(TierState.DOWN, backend.name, backend.model, str(error)))
            return
        self._backend = backend
        self._set(TierStatus(TierState.READY, backend.name, backend.model))

    def _options(self, key: str, price: Price) -> CloudOptions:
        return CloudOptions(
            base_url=self._settings.base_url,
            model=self._settings.model,
            key=key,
            max_concurrency=self._settings.max_concurrency,
            extra_body=self._settings.extra_body,
            connect_s=self._context.settings.timeouts.connect,
            reasoning_effort=price.reasoning_effort,
            structured=self._settings.structured,
        )

    @property
    def _unpriced(self) -> str:
        return (
            f"no price is known for {self._settings.model}: set llm.budget.price.input and .output, "
            "in dollars per million tokens"
        )

    def _publish_money(self) -> None:
        self._context.publish_money(self._purse.facts())

    def _set(self, status: TierStatus) -> None:
        """Publish it, and tell people when it is news to them."""
        before, self._status = self._status, status
        self._context.publish(Tier.CLOUD, status)
        if (status.state, status.detail) == (before.state, before.detail):
            return
        log.info("cloud.state", extra={"state": status.state.value, "detail": status.detail})
        if status.state is TierState.READY:
            self._context.notice(f"cloud ready: {status.model}, for the spotlight")
        elif status.state is TierState.DOWN:
            self._context.notice(f"no cloud: {status.detail}")
