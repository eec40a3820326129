"""Lines asked for as one JSON object, the words first, where a model is able to; and plain ones where its server will not have it."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from llm.errors import Refused
from llm.types import BackendEvent, Request, Shape
from llm.wire.openai_chunks import OpenAiChunks
from llm.wire.structured_chunks import StructuredChunks

log = logging.getLogger(__name__)

SHAPE_TOKENS: Final = 60  # that the object may take beside its words


class Shaping:
    """Whether one server is asked for more than words. It is found out once that it refuses."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted

    def of(self, request: Request) -> Shape | None:
        """What to ask for; None: plain words."""
        return request.shape if self._wanted else None

    async def answer(
        self, request: Request, ask: Callable[[Shape | None], AsyncGenerator[BackendEvent, None]]
    ) -> AsyncGenerator[BackendEvent, None]:
        """The answer to a request, asked for once more without any shape if the server refuses it with one."""
        shape = self.of(request)
        refused: Refused | None = None
        try:
            async with contextlib.aclosing(ask(shape)) as events:
                async for event in events:
                    yield event
                return
        except Refused as error:
            if shape is None:
                raise
            refused = error
        async with contextlib.aclosing(ask(None)) as events:
            async for event in events:
                if self._wanted:  # it is the shape that it did not like, for without it answers
                    self._wanted = False
                    log.info("backend.no_structure", extra={"reason": str(refused)[:200]})
                yield event


def reader_for(shape: Shape | None) -> OpenAiChunks | StructuredChunks:
    """What reads the answer."""
    return OpenAiChunks() if shape is None else StructuredChunks(shape.spoken)


def body_for(shape: Shape | None) -> dict[str, Any]:
    """What a request says of it: Structured Outputs, as OpenAI, LM Studio, vLLM and llama.cpp take them."""
    if shape is None:
        return {}
    schema = {"name": shape.name, "strict": True, "schema": json.loads(shape.schema)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}
