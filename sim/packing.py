"""A state as bytes and back: JSON and the bytes of arrays, packed together and compressed.

What is read may be anybody's: sizes, types and depth are bounded, and nothing is made of it but numbers and text.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from sim.plain import Arrays

_MAGIC: Final = b"TOWN"
_LENGTH: Final = struct.Struct("<Q")
_MOST_BYTES: Final = 1 << 30  # of one state, unpacked
_KINDS: Final = frozenset("biuf")  # of numbers that an array may hold: truth, whole and real ones
_DEPTH: Final = 5  # to which JSON is made piece by piece: down to one person's memories, one talk's lines
_LEVEL: Final = 1  # of compressing: three times as quick as the usual, and hardly larger


class SaveError(Exception):
    """A save or a recording cannot be written or read. One line that says what is wrong."""


def pack(state: dict[str, Any], arrays: Arrays, breathe: Callable[[], None] = lambda: None) -> bytes:
    """State and arrays as bytes; `breathe` is called between pieces, for a thread that should let others go first."""
    shapes = [[array.dtype.str, list(array.shape)] for array in arrays]
    pieces = []
    for piece in _json({"state": state, "arrays": shapes}, _DEPTH):
        pieces.append(piece)
        breathe()
    head = "".join(pieces).encode()
    parts = zlib.compressobj(_LEVEL)
    packed = [parts.compress(_MAGIC + _LENGTH.pack(len(head)) + head)]
    for array in arrays:
        breathe()
        packed.append(parts.compress(np.ascontiguousarray(array).tobytes()))
    return b"".join([*packed, parts.flush()])


def _json(value: Any, depth: int) -> Iterator[str]:
    """As `json.dumps`, in pieces: one call of that for all of a town holds the interpreter for many frames."""
    if depth and isinstance(value, dict):
        for at, (name, one) in enumerate(value.items()):
            yield f"{',' if at else '{'}{json.dumps(name)}:"
            yield from _json(one, depth - 1)
        yield "}" if value else "{}"
    elif depth and isinstance(value, list):
        for at, one in enumerate(value):
            yield "," if at else "["
            yield from _json(one, depth - 1)
        yield "]" if value else "[]"
    else:
        yield json.dumps(value)


def unpack(packed: bytes) -> tuple[dict[str, Any], Arrays]:
    """The same again. Raises SaveError for what `pack` would not have made."""
    try:
        unpacker = zlib.decompressobj()
        data = memoryview(unpacker.decompress(packed, _MOST_BYTES))
        if unpacker.unconsumed_tail or not unpacker.eof or bytes(data[:4]) != _MAGIC:
            raise SaveError("it is no state, or too large for one")
        (length,) = _LENGTH.unpack(data[4:12])
        head = json.loads(bytes(data[12 : 12 + length]))
        return head["state"], list(_arrays(head["arrays"], data[12 + length :]))
    except (zlib.error, struct.error, ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        raise SaveError(f"it is damaged: {error}") from error


def _arrays(shapes: list[Any], data: memoryview) -> Iterator[np.ndarray[Any, Any]]:
    at = 0
    for kind, shape in shapes:
        dtype = np.dtype(str(kind))
        if dtype.kind not in _KINDS or not all(type(side) is int and side >= 0 for side in shape):
            raise SaveError(f"it has an array of {kind!r}")
        end = at + dtype.itemsize * math.prod(shape)
        if end > len(data):
            raise SaveError("its arrays are longer than it is")
        yield np.frombuffer(data[at:end], dtype=dtype).reshape(shape)
        at = end
    if at != len(data):
        raise SaveError("it is longer than its arrays")
