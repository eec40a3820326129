"""Writing a person down as the files of people are written: TOML that a person can edit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agents.persona import Persona


def persona_text(persona: Persona) -> str:
    """The whole file; read back it is the same person."""
    return "\n".join((*_lines(persona.model_dump(mode="json")), ""))


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    """Single values first, as TOML wants it, then tables and lists of tables in their order."""
    inner = {key: value for key, value in table.items() if _is_table(value) or _is_tables(value)}
    yield from (f"{key} = {_value(value)}" for key, value in table.items() if key not in inner)
    for key, value in inner.items():
        head = f"[{key}]" if _is_table(value) else f"[[{key}]]"
        for one in [value] if _is_table(value) else value:
            yield from ("", head, *_lines(one))


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_table, value))


def _value(value: str | float | list[Any]) -> str:
    """JSON's strings, numbers and lists are TOML's too, but for one character that only TOML escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
