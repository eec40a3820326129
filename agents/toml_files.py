"""Reading the folders of people and of lines: what is wrong with a file is said in one line that one can act on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

_FEW: Final = 8  # choices that can all be named and still read as one line
_SHORT: Final = 60  # characters of a wrong value that are shown


def read_folder(folders: Sequence[Path], failure: type[Exception]) -> list[tuple[Path, dict[str, Any]]]:
    """Every TOML file as a table, in order of file name; of two with one name the later folder's.

    `failure` is what the caller raises of its own.
    """
    paths = {path.name: path for folder in folders for path in folder.glob("*.toml")}
    if not paths:
        raise failure(f"{folders[0]}: expected a folder with .toml files, found none")
    return [(paths[name], read_table(paths[name], failure)) for name in sorted(paths)]


def read_table(path: Path, failure: type[Exception]) -> dict[str, Any]:
    """One file. A syntax error is told with its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise failure(f"{path}: expected UTF-8 text that can be read: {error}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise failure(f"{path}: line {_line_of(error, text)}: {_reason_of(error)}") from error


def said_plainly(path: Path, error: ValidationError, known_keys: Iterable[str]) -> str:
    """The most telling of a model's complaints as one line: an unknown key explains a missing one."""
    complaints = error.errors(include_url=False)
    chosen = min(complaints, key=lambda complaint: complaint["type"] != "extra_forbidden")
    key = _key_of(chosen["loc"])
    value = chosen["input"]
    match chosen["type"]:
        case "extra_forbidden":
            return f"{path}: {key}: unknown key{nearest(str(chosen['loc'][-1]), known_keys)}"
        case "missing":
            return f"{path}: {key}: expected, but missing"
        case "literal_error" | "enum":
            choices = _choices_of(complaints, chosen["loc"])
            return f"{path}: {key}: {value!r} is none of the {len(choices)} known values{nearest(str(value), choices)}"
        case _:
            return f"{path}: {key}: {_without_prefix(chosen['msg'])}, got {_shortened(value)}"


def nearest(value: str, choices: Iterable[str]) -> str:
    """`; the nearest right one is '…'`, or all of them where they are few, or nothing."""
    known = sorted(set(choices))
    close = get_close_matches(value, known, n=1, cutoff=0.5)
    if close:
        return f"; the nearest right one is {close[0]!r}"
    return f"; expected one of {', '.join(known)}" if len(known) <= _FEW else ""


def _line_of(error: tomllib.TOMLDecodeError, text: str) -> int:
    found = re.search(r"at line (\d+)", str(error))
    return int(found[1]) if found else text.count("\n") + 1


def _reason_of(error: tomllib.TOMLDecodeError) -> str:
    reason = re.sub(r" \(at .*\)$", "", str(error))
    return f"not TOML: {reason[:1].lower()}{reason[1:]}"


def _key_of(location: tuple[int | str, ...]) -> str:
    """`('relations', 0, 'kind')` as `relations[0].kind`; the names that pydantic gives to a union's members are left out."""
    parts = [
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in location
        if isinstance(part, int) or re.fullmatch(r"\w+", part)
    ]
    return "".join(parts).removeprefix(".") or "the whole file"


def _choices_of(complaints: Iterable[Any], location: tuple[int | str, ...]) -> list[str]:
    """Every value that would have been right at this place; a union of names complains once for each member."""
    named = [
        complaint["ctx"]["expected"]
        for complaint in complaints
        if complaint["type"] in {"literal_error", "enum"} and _key_of(complaint["loc"]) == _key_of(location)
    ]
    return [choice for text in named for choice in re.findall(r"'([^']*)'", text) if choice]


def _without_prefix(message: str) -> str:
    plain = re.sub(r"^(Value error, |Input )", "", message)
    return f"{plain[:1].lower()}{plain[1:]}".replace("\n", " ")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
