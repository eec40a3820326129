"""Money for the cloud on the background loop: set aside before a request, settled after it, written to a file.

What cannot be written is kept and written later; nothing is sent that the caps do not cover.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from sqlite3 import Error as DatabaseError
from typing import Final, Self

from llm.backends.openai_cloud import REASONING_HEADROOM_TOKENS
from llm.backends.shaping import SHAPE_TOKENS
from llm.budget import Budget, BudgetFacts, Reservation
from llm.prices import Price
from llm.prompt_forms import estimated_tokens
from llm.settings import BudgetSettings
from llm.spend_file import SpendFile
from llm.types import Request, Usage

log = logging.getLogger(__name__)

_SAFE: Final = 1.5  # a prompt may have so many times the tokens that we estimate
_ASKING_TOKENS: Final = 60  # of our own words round the prompt, in chat form
_CHARACTERS_A_TOKEN: Final = 2  # of a schema, at least
_DAY_MINUTES: Final = 24 * 60


class PaymentAtPrice:
    """`llm.tier_door.Payment` for one request."""

    def __init__(self, reservation: Reservation, price: Price, estimate_usd: float) -> None:
        self._reservation = reservation
        self._price = price
        self._estimate_usd = estimate_usd

    def __enter__(self) -> Self:
        self._reservation.__enter__()
        return self

    def __exit__(self, *how: object) -> None:
        self._reservation.__exit__(*how)

    def settle_usage(self, usage: Usage) -> float:
        """What the service's own counts cost; where it gave none, all that was set aside."""
        cost_usd = self._price.cost_usd(usage, self._estimate_usd)
        self._reservation.settle(cost_usd)
        return cost_usd

    def release(self) -> None:
        """Nothing was sent, so nothing is owed."""
        self._reservation.release()


class Purse:
    """The budget, the price of the model in use, and the file."""

    def __init__(self, settings: BudgetSettings, path: Path) -> None:
        # The wall's clock: caps hold from one run of the program to the next. The world never sees it.
        self._now_s = time.time  # noqa: TID251
        self._budget = Budget(settings, self._now_s)
        self._path = path
        self._file: SpendFile | None = None

    async def open(self) -> str:
        """Learn what was spent before; one line for people if the file had to be put aside."""
        try:
            file = self._file if self._file is not None else await asyncio.to_thread(SpendFile, self._path)
        except OSError as error:
            return f"what the cloud costs cannot be written down, so caps hold for this run only: {error}"
        self._file = file
        await self.save()
        return file.put_aside

    def pay_for(self, request: Request, price: Price) -> PaymentAtPrice | None:
        """Set aside the most that a request may cost; None where the caps do not allow it."""
        tokens = int(estimated_tokens(request.prompt) * _SAFE) + _ASKING_TOKENS
        most_tokens = request.limits.most_tokens
        if request.shape is not None:
            tokens += len(request.shape.schema + request.shape.guide) // _CHARACTERS_A_TOKEN
            most_tokens += SHAPE_TOKENS
        thinks = price.reasoning_effort not in {"", "none"}
        most_tokens += thinks * REASONING_HEADROOM_TOKENS
        estimate_usd = price.most_usd(tokens, most_tokens)
        reservation = self._budget.reserve(estimate_usd)
        return None if reservation is None else PaymentAtPrice(reservation, price, estimate_usd)

    def facts(self) -> BudgetFacts:
        """What was spent, and what is left."""
        return self._budget.facts()

    async def save(self) -> None:
        """Write what was spent since, and read what other programs spent; who is cancelled still waits for that."""
        if self._file is None:
            return
        unsaved = self._budget.take_unsaved()
        since = int(self._now_s() // 60) - _DAY_MINUTES
        writing = asyncio.ensure_future(asyncio.to_thread(self._file.add_and_read, unsaved, since))
        writing.add_done_callback(lambda done: self._note(done, unsaved))
        try:
            await asyncio.wait([writing])
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # two at once on one file would lose what one of them writes
            raise

    def _note(self, writing: asyncio.Future[dict[int, float]], unsaved: dict[int, float]) -> None:
        """Learn from a file that was written; what could not be is for another time."""
        try:
            self._budget.learn(writing.result())
        except (OSError, DatabaseError) as error:
            self._budget.put_back(unsaved)
            log.warning("budget.not_saved", extra={"reason": str(error)})

    def close(self) -> None:
        """Write the rest; a few milliseconds."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.add_and_read(self._budget.take_unsaved(), int(self._now_s() // 60) - _DAY_MINUTES)
        except (OSError, DatabaseError) as error:
            log.warning("budget.not_saved", extra={"reason": str(error)})
        finally:
            file.close()
