"""What a save or a recording was made of: seed, people, settings and files. A town that is made of the same goes on bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from agents.mods import TREES
from sim.app.options import program_version
from sim.app.settings import ASSETS, Settings, assets_of, rules_of, without_thoughts
from sim.packing import SaveError
from sim.rules import Rules

_SETTINGS: Final = ("world", "conversation", "memory", "mods")  # that decide what a town becomes
_MAY_DIFFER: Final = (
    "world.autosave", "world.saves", "world.seed", "world.npcs", "world.file", "mods.folder",
)  # fmt: skip
_OF_MODELS: Final = (  # how long people wait, and how much they may say: another model, and they go on otherwise
    "llm.timeouts.local", "llm.timeouts.cloud", "llm.timeouts.total", "llm.fallback.response_time",
    "llm.prompt_budget.min", "llm.prompt_budget.max",
)  # fmt: skip


def header_of(settings: Settings, seed: int, people: int, *, thinks: bool) -> dict[str, Any]:
    """All of it. `thinks`: a model may put people's thoughts into words."""
    return {
        "version": program_version(),
        "seed": seed,
        "npcs": people,
        "map": _digest(settings.world.file),
        "files": {name: _digest(path) for name, path in _files(settings)},
        "settings": _deciding(settings),
        "thinks": thinks,
    }


def check_fit(path: Path, header: Mapping[str, Any], settings: Settings) -> None:
    """Whether these settings would go on with the same kind of town. Raises SaveError by name."""
    check_map(path, header, settings)
    before = _told(path, header, "settings", dict)
    for key, value in _deciding(settings).items():
        if key not in _OF_MODELS and before.get(key, value) != value:
            raise SaveError(
                f"{path}: it was made with {key}={before[key]}, and here it is {value}: set it so to go on"
            )


def check_map(path: Path, header: Mapping[str, Any], settings: Settings) -> None:
    """Whether it was made on this map. Raises SaveError."""
    if header.get("map") != _digest(settings.world.file):
        raise SaveError(f"{path}: it was made on another map than world.file is now")


def other_file(path: Path, header: Mapping[str, Any], settings: Settings) -> str:
    """The first file of people, lines or tables that is not what it was; empty if all are."""
    before = _told(path, header, "files", dict)
    now = {name: _digest(file) for name, file in _files(settings)}
    differing = (name for name in sorted({*before, *now}) if before.get(name) != now.get(name))
    return next(differing, "")


def seed_and_people(path: Path, header: Mapping[str, Any]) -> tuple[int, int]:
    """Raises SaveError."""
    return _told(path, header, "seed", int), _told(path, header, "npcs", int)


def settings_then(path: Path, header: Mapping[str, Any], settings: Settings) -> Settings:
    """These settings, with those of the header that decide what a town becomes. Raises SaveError."""
    plain = settings.model_dump()
    for key, value in _told(path, header, "settings", dict).items():
        if key in _MAY_DIFFER:
            continue
        *groups, name = str(key).split(".")
        table: Any = plain
        for group in groups:
            table = table.get(group) if isinstance(table, dict) else None
        if not isinstance(table, dict) or name not in table:
            raise SaveError(f"{path}: it was made with {key!r}, which is no setting of this version")
        table[name] = value
    plain["world"]["seed"], plain["world"]["npcs"] = seed_and_people(path, header)
    try:
        return Settings.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SaveError(f"{path}: its settings are none: {where}: {first['msg']}") from error


def rules_then(path: Path, header: Mapping[str, Any], settings: Settings) -> Rules:
    """The rules by which a recorded town lived. Raises SaveError."""
    rules = rules_of(settings_then(path, header, settings), seed_and_people(path, header)[0])
    return rules if _told(path, header, "thinks", bool) else without_thoughts(rules)


def _told(path: Path, header: Mapping[str, Any], key: str, kind: type) -> Any:
    value = header.get(key)
    if type(value) is not kind:
        raise SaveError(f"{path}: its header is no header of a town: {key} is {value!r:.40}")
    return value


def _deciding(settings: Settings) -> dict[str, Any]:
    told = settings.model_dump(mode="json", include={*_SETTINGS, "llm"})
    flat = {f"{group}.{key}": value for group in _SETTINGS for key, value in told[group].items()}
    models = {key: told["llm"][group][name] for key in _OF_MODELS for _, group, name in [key.split(".")]}
    return {key: value for key, value in flat.items() if key not in _MAY_DIFFER} | models


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """All that a town is founded from, as a mod would name it; of files with one name the last layer's."""
    assets = assets_of(settings)
    found = {
        path.relative_to(layer).as_posix(): path
        for layer in (assets.base, *assets.mods)
        for tree in TREES
        for path in sorted((layer / tree).rglob("*.toml"))
    }
    yield from found.items()
    yield "publish/names.txt", ASSETS / "publish" / "names.txt"


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
