"""Where a fuzzer begins: one good input or two of each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

_EVENT: Final = json.dumps(
    {"choices": [{"delta": {"content": "Good morrow."}, "finish_reason": None}]}
).encode()
_STOP: Final = json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}).encode()
_CARD: Final = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Ada Finch",
        "description": "She mends clocks.",
        "personality": "dry",
        "first_mes": "Tick.",
    },
}

SEEDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "stream": (
        b"data: " + _EVENT + b"\n\ndata: " + _STOP + b"\n\ndata: [DONE]\n\n",
        b": ping\r\n\r\nevent: x\rdata:" + _EVENT + b"\r\r",
        b'data: {"error": {"message": "out of memory", "code": 500}}\n\n',
    ),
    "gate": (
        b"<think>plan</think> Mira: Good *very* morning, (smiles) Tomas.",
        "Tea \u2615 \u202ewith\u202c \x1b[31mfriends\x1b[0m.".encode(),
    ),
    "save": (
        b'[1, 60, [[1, 7, "SpotlightTurned", [3]]], [[60, "00ff"]]]',
        b"SQLite format 3\x00",
    ),
    "settings": (
        b"[world]\nnpcs = 25\nseed = 7\n[llm.timeouts]\nlocal = 1.5\n",
        b'[llm.local]\nbase_url = ["http://127.0.0.1:1/v1"]\n',
    ),
    "card": (json.dumps(_CARD).encode(),),
}
