"""Pictures of the town as files, which tell where they come from: PNG with text chunks (W3C, Portable Network Graphics, 11.3.3)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pygame

_SIGNATURE: Final = 8  # bytes of a PNG's beginning
_HEADER: Final = 25  # and of the chunk that must come first


def save_picture(picture: pygame.Surface, path: Path, facts: Mapping[str, str]) -> None:
    """Write it, compressed, with a text chunk for each fact. Raises OSError and pygame.error."""
    plain = io.BytesIO()
    pygame.image.save(picture, plain, "picture.png")
    data, begin = plain.getvalue(), _SIGNATURE + _HEADER
    chunks = b"".join(_text_chunk(key, value) for key, value in facts.items())
    path.write_bytes(data[:begin] + chunks + data[begin:])


def _text_chunk(key: str, value: str) -> bytes:
    """A length, a name, its data and their checksum; Latin-1, as the format has it."""
    data = b"tEXt" + key.encode("latin-1", "replace") + b"\0" + value.encode("latin-1", "replace")
    return (len(data) - 4).to_bytes(4, "big") + data + zlib.crc32(data).to_bytes(4, "big")
