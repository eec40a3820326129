"""Pictures of the town as files, which tell where they come from: PNG with text chunks (W3C, Portable Network Graphics).

pygame's own writer holds the interpreter for all of the forty milliseconds that a screen takes, whichever thread calls
it; zlib lets the frames go on while it compresses.
"""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pygame

log = logging.getLogger(__name__)

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR: Final = bytes(
    (8, 2, 0, 0, 0)
)  # bits a sample, red green blue, and the only methods that there are
_LEVEL: Final = 6  # of compression


class PictureSaver:
    """Saves pictures in threads of their own: to compress one takes longer than a frame."""

    def __init__(self) -> None:
        self._saving: list[threading.Thread] = []

    def save(self, picture: pygame.Surface, path: Path, facts: Mapping[str, str]) -> None:
        """Soon; what goes wrong is logged."""
        saving = threading.Thread(target=_save, args=(picture.copy(), path, facts), name="screenshot")
        saving.start()
        self._saving = [*(thread for thread in self._saving if thread.is_alive()), saving]

    def close(self) -> None:
        """Wait until all are written."""
        for thread in self._saving:
            thread.join()


def _save(picture: pygame.Surface, path: Path, facts: Mapping[str, str]) -> None:
    try:
        save_picture(picture, path, facts)
    except OSError as error:
        log.error("screenshot.not_saved", extra={"path": str(path), "reason": str(error)})  # noqa: TRY400 - a full disk needs no traceback


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
