"""Where settings come from, and what is said when they are wrong: one line that names the place and the key.

Precedence: `--set` > environment > `--config` file > `twitchman.toml` in the working folder > defaults.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr, ValidationError

from sim.app.settings import Settings

ENVIRONMENT_PREFIX: Final = "TWITCHMAN_"
NOT_SETTINGS: Final = (
    "TWITCHMAN_CACHE_DIR",
    "TWITCHMAN_STATE_DIR",
)  # read by the rooms whose files lie there
WORKING_FILE: Final = "twitchman.toml"
KeyPath = tuple[str, ...]


class SettingsError(Exception):
    """One line for the person who wrote the setting."""


@dataclass(slots=True)
class Loaded:
    """The settings and, for each key that is not a default, where it came from."""

    settings: Settings
    origins: dict[KeyPath, str] = field(default_factory=dict)


def load_settings(
    assignments: Sequence[str] = (),
    config: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    folder: Path = Path(),
) -> Loaded:
    """Merge all sources and check the result. Raises SettingsError."""
    values: dict[KeyPath, Any] = {}
    origins: dict[KeyPath, str] = {}
    for path, value, origin in _all(assignments, config, environment, folder):
        values[path], origins[path] = value, origin
    try:
        settings = Settings.model_validate(_nested(values, origins))
    except ValidationError as error:
        raise SettingsError(_explain(error, origins)) from None
    return Loaded(settings, origins)


def _all(
    assignments: Sequence[str], config: Path | None, environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[KeyPath, Any, str]]:
    """Every (key, value, origin), the weakest source first."""
    if (folder / WORKING_FILE).is_file():
        yield from _from_file(folder / WORKING_FILE)
    if config is not None:
        yield from _from_file(config)
    for name in sorted(environment):
        if name.upper().startswith(ENVIRONMENT_PREFIX) and name not in NOT_SETTINGS:
            path = tuple(name[len(ENVIRONMENT_PREFIX) :].lower().split("__"))
            yield path, _value(environment[name]), f"environment variable {name}"
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise SettingsError(f"--set {assignment}: expected key.path=value, such as world.npcs=12")
        yield tuple(key.strip().split(".")), _value(value), f"--set {key}"


def _value(text: str) -> Any:
    """A value as TOML would read it; anything else is the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _from_file(path: Path) -> Iterator[tuple[KeyPath, Any, str]]:
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); expected a TOML file") from None
    lines = _lines_of(text)
    for key, value in _leaves(tables, ()):
        yield key, value, f"{path}, line {lines.get(key, 1)}"


def _leaves(table: Mapping[str, Any], above: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for key, value in table.items():
        path = (*above, key)
        if isinstance(value, dict) and value and path[-1] != "extra_body":
            yield from _leaves(value, path)
        else:
            yield path, value


def _lines_of(text: str) -> dict[KeyPath, int]:
    """The line on which each key of a TOML text stands (dotted and bare keys; enough for naming a mistake)."""
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#", 1)[0].strip()
        if bare.startswith("[") and bare.endswith("]"):
            table = _parts(bare.strip("[]"))
            found.setdefault(table, number)
        elif "=" in bare:
            found.setdefault((*table, *_parts(bare.split("=", 1)[0])), number)
    return found


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _nested(values: Mapping[KeyPath, Any], origins: Mapping[KeyPath, str]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, value in values.items():
        table = root
        for part in path[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise SettingsError(
                    f"{origins[path]}: {'.'.join(path)} lies below a key that is a single value"
                )
        table[path[-1]] = value
    return root


def _explain(error: ValidationError, origins: Mapping[KeyPath, str]) -> str:
    """The first mistake, as one line."""
    first = error.errors()[0]
    path = tuple(str(part) for part in first["loc"])
    origin = _origin_of(path, origins)
    known = _known_keys(Settings)
    if first["type"] == "extra_forbidden":
        # A wrong key may stand at any depth of what was written; name the whole of it.
        written = next((key for key in origins if key[: len(path)] == path), path)
        return f"{origin}: unknown key {'.'.join(written)}{_nearest('.'.join(written), known)}"
    while path and ".".join(path) not in known:  # a union adds its member's name to the path
        path = path[:-1]
    told = first["msg"].removeprefix("Value error, ")
    if not path:  # what is wrong is between several keys, and the message names them
        return f"{origin}: {told}"
    got = "a table" if isinstance(first["input"], dict) else repr(first["input"])
    if path[-1:] in {("api_key",), ("moderation_key",)}:
        got = "a value that is not shown"
    return f"{origin}: {'.'.join(path)}: {told} (got {got})"


def _origin_of(path: KeyPath, origins: Mapping[KeyPath, str]) -> str:
    """The strongest source that touches this key; sources came weakest first."""
    touching = [
        origin for key, origin in origins.items() if key[: len(path)] == path or path[: len(key)] == key
    ]
    return touching[-1] if touching else "settings"


def _nearest(wrong: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    if not near:
        near = [key for key in known if key.rsplit(".", 1)[-1] == wrong.rsplit(".", 1)[-1]][:1]
    return f"; did you mean {near[0]}?" if near else "; `--print-config` lists all keys"


def _known_keys(model: type[BaseModel], above: str = "") -> list[str]:
    keys: list[str] = []
    for name, info in model.model_fields.items():
        annotation = info.annotation
        path = f"{above}{name}"
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            keys += _known_keys(annotation, f"{path}.")
        else:
            keys.append(path)
    return keys


def described(loaded: Loaded) -> list[tuple[str, str, str]]:
    """(key, value, origin) of every setting, secrets masked: what `--print-config` shows."""
    rows = []
    for key in _known_keys(Settings):
        value: Any = loaded.settings
        for part in key.split("."):
            value = getattr(value, part)
        shown = "(set, not shown)" if isinstance(value, SecretStr) else str(value)
        path = tuple(key.split("."))
        origin = next((o for k, o in loaded.origins.items() if k[: len(path)] == path), "default")
        rows.append((key, shown, origin))
    return rows
