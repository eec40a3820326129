"""Character cards made by code, good and forged. For tests only."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from agents.card_persona import persona_from_card
from agents.card_png import SIGNATURE, plain_picture, with_texts
from agents.cards import card_of
from agents.persona import Persona, load_personas

PERSONAS = Path(__file__).parents[2] / "assets" / "personas"
EVERYBODY = load_personas(PERSONAS)
KNOWN = {persona.id for persona in EVERYBODY}

DESCRIPTION = (
    "{{char}} mends nets and *talks* to gulls. She has never left the harbour, and {{USER}} knows why."
)
SCRIPT = """<START>
{{user}}: Who are you?
{{char}}: *looks up* "Somebody who has nets to mend today." *she smiles*
<start>
Wilma: The gulls told me that you would come, sit down.
You: Thanks.
never mind this line of mine, it is not hers
"""


def told(**changed: object) -> dict[str, Any]:
    """What every version tells."""
    return {
        "name": "Wilma",
        "description": DESCRIPTION,
        "personality": "stubborn, kind",
        "scenario": "A harbour.",
        "first_mes": "Good day.",
        "mes_example": SCRIPT,
    } | changed


def v2(**changed: object) -> dict[str, Any]:
    """A V2 card with everything a reader may meet."""
    data = told(
        creator_notes="NOTES",
        system_prompt="SYSTEM",
        post_history_instructions="AFTER",
        alternate_greetings=["Oh."],
        tags=["TAG"],
        creator="CREATOR",
        character_version="7",
        character_book={"entries": []},
        extensions={"somebody/else": {"deep": [1, None, {"x": 2.5}]}},
        unheard_of=True,
    )
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data | changed, "beside": 1}


def v3(**changed: object) -> dict[str, Any]:
    """The same as V3."""
    more = {"nickname": "Will", "assets": [{"type": "icon"}], "group_only_greetings": [], "source": ["x"]}
    return v2(**more, **changed) | {"spec": "chara_card_v3", "spec_version": "3.0"}


def coded(card: dict[str, Any]) -> bytes:
    """As JSON."""
    return json.dumps(card).encode()


def pictured(**texts: bytes) -> bytes:
    """A picture with texts."""
    return with_texts(plain_picture(), texts, instead_of=())


def zipped(name: str, content: bytes, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def persona(card: dict[str, Any]) -> Persona:
    """Who a card is in town."""
    return persona_from_card(card_of(coded(card)), KNOWN)


def chunk(kind: bytes, body: bytes, length: int | None = None, crc: int | None = None) -> bytes:
    """A chunk as somebody may forge it."""
    sum_ = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body) if length is None else length) + kind + body + struct.pack(">I", sum_)


HEADER = SIGNATURE + chunk(b"IHDR", bytes(13))
END = chunk(b"IEND", b"")
GOOD = pictured(chara=base64.b64encode(coded(v2())))
