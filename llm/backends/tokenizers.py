"""How many tokens a text has, asked of the server that will read it: llama.cpp's `/tokenize`."""

from __future__ import annotations

import asyncio
from typing import Final

from llm.backends.http_door import HttpDoor
from llm.errors import ModelError

_PATIENCE_S: Final = 0.1  # it takes three milliseconds; who takes longer is busy, and the estimate has to do


async def count_tokens(door: HttpDoor, url: str, text: str) -> int | None:
    """The server's count, or None where it has none or does not say so at once: the estimate stands then."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            answer = await door.post_json(url, {"content": text, "add_special": False})
    except (ModelError, TimeoutError):
        return None
    tokens = answer.get("tokens") if isinstance(answer, dict) else None
    return len(tokens) if isinstance(tokens, list) else None
