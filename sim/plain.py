"""Values as plain data and back, by the types that their classes declare: what a save is made of.

Plain is what JSON knows: None, truth, numbers, text, lists, and objects with text for keys. Arrays go into a list of their own, in
which plain data names them by number. A mapping is a list of pairs in its order, for keys may be anything; a set is a
sorted list. Nothing is made but what the types name, so a file can ask for no class and run no code.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import Counter, deque
from collections.abc import Hashable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]
Arrays = list[NDArray[Any]]
_ARRAY: Final = "array"
_SIMPLE: Final = (bool, int, float, str)


class PlainError(Exception):
    """Plain data is not of the type that it should be. One line that names where, and what was expected."""


def to_plain(value: object, arrays: Arrays) -> Plain:
    """A value as plain data; its arrays are put behind those that are there."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, _SIMPLE):
        return cast("Plain", value)
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, Mapping):
        return [[to_plain(key, arrays), to_plain(one, arrays)] for key, one in value.items()]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple | deque):
        return [to_plain(one, arrays) for one in value]
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is nothing that can be saved")
    return {name: to_plain(getattr(value, name), arrays) for name in fields_of(type(value))}


def from_plain(kind: Any, plain: Plain, arrays: Sequence[NDArray[Any]], where: str = "") -> Any:
    """The value again. Raises PlainError."""
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind, plain, where)
    if kind is Any or kind in _SIMPLE:
        return _simple(kind, plain, where)
    if dataclasses.is_dataclass(kind):
        return _object(cast("type", kind), plain, arrays, where)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _optional(inner, plain, arrays, where)
    if origin is np.ndarray:
        return _array(plain, arrays, where)
    return _gathered(origin or kind, inner, plain, arrays, where)


def _bare(kind: Any) -> Any:
    """Without the names that are only for people."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    return kind


def _simple(kind: Any, plain: Any, where: str) -> Any:
    if kind is Any:
        return plain
    if type(plain) is kind or (kind is float and type(plain) is int):
        return kind(plain)
    raise PlainError(f"{where}: expected {kind.__name__}, got {_shown(plain)}")


def _enum(kind: type[Enum], plain: Plain, where: str) -> Enum:
    try:
        return kind(plain)
    except ValueError:
        raise PlainError(f"{where}: expected one of {kind.__name__}, got {_shown(plain)}") from None


def _optional(kinds: tuple[Any, ...], plain: Plain, arrays: Sequence[NDArray[Any]], where: str) -> Any:
    """One type, or nothing: no save needs more."""
    some = [kind for kind in kinds if kind is not type(None)]
    if plain is None and len(some) < len(kinds):
        return None
    return from_plain(some[0], plain, arrays, where)


def _array(plain: Plain, arrays: Sequence[NDArray[Any]], where: str) -> NDArray[Any]:
    number = plain.get(_ARRAY) if isinstance(plain, dict) else None
    if type(number) is not int or not 0 <= number < len(arrays):
        raise PlainError(f"{where}: expected the number of an array, got {_shown(plain)}")
    return arrays[number]


def _object(kind: type, plain: Plain, arrays: Sequence[NDArray[Any]], where: str) -> Any:
    names = fields_of(kind)
    if not isinstance(plain, dict) or plain.keys() != set(names):
        found = sorted(plain) if isinstance(plain, dict) else _shown(plain)
        raise PlainError(f"{where}: expected a {kind.__name__} ({', '.join(names)}), got {found}")
    values = {name: from_plain(hint, plain[name], arrays, f"{where}.{name}") for name, hint in names.items()}
    for name, bound in _bounds(kind).items():
        values[name] = deque(values[name], bound)
    return kind(**values)


def _gathered(
    kind: Any, inner: tuple[Any, ...], plain: Plain, arrays: Sequence[NDArray[Any]], where: str
) -> Any:
    if not isinstance(plain, list):
        raise PlainError(f"{where}: expected a list, got {_shown(plain)}")
    if kind is tuple and inner[-1:] != (...,):
        if len(plain) != len(inner):
            raise PlainError(f"{where}: expected {len(inner)} values, got {len(plain)}")
        return tuple(from_plain(one, value, arrays, where) for one, value in zip(inner, plain, strict=True))
    if kind is Counter:
        return Counter(_pairs((inner[0], int), plain, arrays, where))
    if issubclass(kind, Mapping):
        return _pairs((inner[0], inner[1]), plain, arrays, where)
    if kind not in (tuple, list, deque, frozenset):
        raise PlainError(f"{where}: {kind} is nothing that can be saved")
    return kind(from_plain(inner[0], value, arrays, f"{where}[{at}]") for at, value in enumerate(plain))


def _pairs(
    inner: tuple[Any, Any], plain: list[Any], arrays: Sequence[NDArray[Any]], where: str
) -> dict[Any, Any]:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in plain):
        raise PlainError(f"{where}: expected pairs")
    read = ((from_plain(inner[0], key, arrays, where), value) for key, value in plain)
    return {key: from_plain(inner[1], value, arrays, f"{where}[{key}]") for key, value in read}


def fields_of(kind: Any) -> dict[str, Any]:
    """The fields of a dataclass that make a value, with their types."""
    return _fields(cast("Hashable", kind))


@cache
def _fields(kind: Hashable) -> dict[str, Any]:
    made = cast("type[Any]", kind)
    hints = typing.get_type_hints(made)
    return {one.name: hints[one.name] for one in dataclasses.fields(made) if one.init}


@cache
def _bounds(kind: type) -> dict[str, int]:
    """How long those of its fields may get that forget what is old."""
    made = {
        one.name: one.default_factory()
        for one in dataclasses.fields(kind)
        if one.default_factory is not dataclasses.MISSING
    }
    return {name: one.maxlen for name, one in made.items() if isinstance(one, deque) and one.maxlen}


def _shown(plain: Plain) -> str:
    text = repr(plain)
    return text if len(text) <= 40 else f"{text[:39]}…"
