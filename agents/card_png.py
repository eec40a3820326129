"""Text chunks of PNG pictures, in which character cards travel. Knows no pixels and trusts no length.

A picture is taken apart and put together again; what is not text goes through untouched.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_BYTES: Final = 4 << 20  # of a picture
_HEAD_BYTES: Final = 8
_CRC_BYTES: Final = 4
_PLAIN_SIDE: Final = 256  # pixels
_PLAIN_COLOUR: Final = (143, 122, 96)


class CardError(Exception):
    """A character card cannot be used. One line for who has it."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    body: bytes

    def packed(self) -> bytes:
        """As it stands in a file."""
        crc = zlib.crc32(self.kind + self.body)
        return struct.pack(">I", len(self.body)) + self.kind + self.body + struct.pack(">I", crc)


def texts_of(picture: bytes) -> dict[str, bytes]:
    """Its plain texts by keyword in small letters; of two with one keyword the first. Raises CardError."""
    texts: dict[str, bytes] = {}
    for chunk in _chunks(picture):
        keyword, separator, text = chunk.body.partition(b"\0")
        if chunk.kind == b"tEXt" and separator:
            texts.setdefault(keyword.decode("latin-1").lower(), text)
    return texts


def with_texts(picture: bytes, texts: Mapping[str, bytes], instead_of: Collection[str]) -> bytes:
    """The same picture with these texts instead of all that it had under some keywords. Raises CardError."""
    kept = [chunk for chunk in _chunks(picture) if not _is_one_of(chunk, instead_of)]
    added = [_Chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text) for keyword, text in texts.items()]
    return SIGNATURE + b"".join(chunk.packed() for chunk in (*kept[:-1], *added, kept[-1]))


def plain_picture() -> bytes:
    """A picture of one colour, for who has none."""
    header = struct.pack(">IIBBBBB", _PLAIN_SIDE, _PLAIN_SIDE, 8, 2, 0, 0, 0)
    line = b"\0" + bytes(_PLAIN_COLOUR) * _PLAIN_SIDE
    body = zlib.compress(line * _PLAIN_SIDE, 9)
    chunks = (_Chunk(b"IHDR", header), _Chunk(b"IDAT", body), _Chunk(b"IEND", b""))
    return SIGNATURE + b"".join(chunk.packed() for chunk in chunks)


def _is_one_of(chunk: _Chunk, keywords: Collection[str]) -> bool:
    keyword = chunk.body.partition(b"\0")[0].decode("latin-1").lower()
    return chunk.kind == b"tEXt" and keyword in keywords


def _chunks(picture: bytes) -> Iterator[_Chunk]:
    """Every chunk up to the last one, each with its checksum checked."""
    if len(picture) > MOST_BYTES:
        raise CardError(f"the picture is larger than {MOST_BYTES >> 20} MB")
    if not picture.startswith(SIGNATURE):
        raise CardError("not a PNG picture")
    at, first = len(SIGNATURE), True
    while True:
        chunk = _chunk_at(picture, at)
        if first and chunk.kind != b"IHDR":
            raise CardError("not a PNG picture: its first chunk is no header")
        yield chunk
        if chunk.kind == b"IEND":
            return
        at, first = at + _HEAD_BYTES + len(chunk.body) + _CRC_BYTES, False


def _chunk_at(picture: bytes, at: int) -> _Chunk:
    head = picture[at : at + _HEAD_BYTES]
    if len(head) < _HEAD_BYTES:
        raise CardError("the picture is cut off: it ends before its last chunk")
    length, kind = struct.unpack(">I4s", head)
    end = at + _HEAD_BYTES + length
    if end + _CRC_BYTES > len(picture):
        raise CardError(
            f"the picture is cut off: a chunk claims {length} bytes, {len(picture) - at} are left"
        )
    body = picture[at + _HEAD_BYTES : end]
    (crc,) = struct.unpack(">I", picture[end : end + _CRC_BYTES])
    if crc != zlib.crc32(kind + body):
        raise CardError(f"the picture is damaged: the checksum of the chunk at byte {at} is wrong")
    return _Chunk(kind, body)
