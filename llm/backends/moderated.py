"""A backend whose words are shown to a moderation endpoint before anybody else sees them, a sentence at a time.

The endpoint is OpenAI's, or one that speaks as it does: `POST /moderations` with `input`, answered with `flagged`. What it
flags is not said, and neither is anything that it does not answer for in time: a template speaks instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

from llm.backends.http_door import Address, HttpDoor
from llm.backends.wrapped import Wrapped
from llm.errors import Flagged, ModelError
from llm.sentences import last_end
from llm.tier_door import SlottedBackend
from llm.types import BackendEvent, Delta, End, Request

_PATIENCE_S: Final = 1.5
_AT_WORK: Final = Delta("")  # tells the clocks that words come, though nobody sees them yet


class Moderated(Wrapped):
    """Thoughts are let through: nobody sees them. The endpoint has one connection a line."""

    def __init__(self, backend: SlottedBackend, endpoint: Address) -> None:
        super().__init__(backend)
        self._endpoint = endpoint

    def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """The backend's answer in whole sentences, as far as they may be said. Raises Flagged."""
        answer = self._backend.stream(request)
        return answer if request.kind.is_thought else self._by_sentences(answer)

    async def _by_sentences(
        self, answer: AsyncGenerator[BackendEvent, None]
    ) -> AsyncGenerator[BackendEvent, None]:
        passed, held = "", ""
        async with _door_to(self._endpoint) as door, aclosing(answer) as events:
            async for event in events:
                held += event.text if isinstance(event, Delta) else ""
                end = len(held) if isinstance(event, End) else last_end(held)
                if held[:end].strip():
                    await _ask(door, passed + held[:end])
                    yield Delta(held[:end])
                    passed, held = passed + held[:end], held[end:]
                yield event if isinstance(event, End) else _AT_WORK


@asynccontextmanager
async def _door_to(endpoint: Address) -> AsyncIterator[HttpDoor]:
    door = HttpDoor(endpoint, lambda: None)
    try:
        yield door
    finally:
        await door.close()


async def _ask(door: HttpDoor, text: str) -> None:
    """Raises Flagged unless the endpoint says in time that this may be said."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            answer = await door.post_json("/moderations", {"input": text})
    except (ModelError, TimeoutError) as error:
        raise Flagged("the moderation endpoint does not answer") from error
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not results or not all(map(_is_fit, results)):
        raise Flagged("the moderation endpoint does not let this be said")


def _is_fit(result: object) -> bool:
    """What is not plainly let through is not."""
    return isinstance(result, dict) and result.get("flagged") is False
