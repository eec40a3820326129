"""Pictures of the town as files, which tell where they come from: PNG with text chunks (W3C, Portable Network Graphics).

pygame's own writer holds the interpreter for all of the forty milliseconds that a screen takes, whichever thread calls
it; zlib lets the frames go on while it compresses.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pygame

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR: Final = bytes(
    (8, 2, 0, 0, 0)
)  # bits a sample, red green blue, and the only methods that there are
_LEVEL: Final = 6  # of compression


def save_picture(picture: pygame.Surface, path: Path, facts: Mapping[str, str]) -> None:
    """Write it, compressed, with a text chunk for each fact. Raises OSError."""
    width, height = picture.get_size()
    pixels = np.frombuffer(pygame.image.tobytes(picture, "RGB"), dtype=np.uint8).reshape(height, width * 3)
    lines = np.insert(pixels, 0, 0, axis=1)  # before each line its filter: none
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    chunks = (
        _chunk(b"IHDR", size + _TRUE_COLOUR),
        *(_chunk(b"tEXt", _latin(key) + b"\0" + _latin(value)) for key, value in facts.items()),
        _chunk(b"IDAT", zlib.compress(lines.tobytes(), _LEVEL)),
        _chunk(b"IEND", b""),
    )
    path.write_bytes(_SIGNATURE + b"".join(chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    """A length, a name, its data and their checksum."""
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")
