"""How servers differ, as data: where each lists its models, and how its list is read. No I/O.

The pages are asked in this order; the first that answers in its own shape tells what the server is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from llm.wire.chunk_json import count, mapping


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can answer now."""

    id: str
    parallel: int | None = None  # requests it works on at once, where the server says so


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server."""

    name: str  # as transcripts name the backend
    page: str  # from the server's root
    read: Callable[[Mapping[str, Any]], list[LoadedModel] | None]  # None: not this kind of server


def _list_at(page: Mapping[str, Any], key: str) -> list[Mapping[str, Any]] | None:
    entries = page.get(key)
    return [mapping(entry) for entry in entries] if isinstance(entries, list) else None


def _read_lm_studio(page: Mapping[str, Any]) -> list[LoadedModel] | None:
    models = _list_at(page, "models")
    return None if models is None else [one for model in models for one in _instances(model)]


def _instances(model: Mapping[str, Any]) -> Iterator[LoadedModel]:
    if model.get("type") in {"embedding", "embeddings"}:
        return
    for instance in _list_at(model, "loaded_instances") or []:
        if isinstance(instance.get("id"), str):
            yield LoadedModel(instance["id"], count(mapping(instance.get("config")).get("parallel")))


def _read_older_lm_studio(page: Mapping[str, Any]) -> list[LoadedModel] | None:
    models = _list_at(page, "data")
    if models is None:
        return None
    return [
        LoadedModel(model["id"])
        for model in models
        if isinstance(model.get("id"), str)
        and model.get("state") == "loaded"
        and model.get("type") not in {"embedding", "embeddings"}
    ]


def _read_openai(page: Mapping[str, Any]) -> list[LoadedModel] | None:
    models = _list_at(page, "data")
    if models is None:
        return None
    return [LoadedModel(model["id"]) for model in models if isinstance(model.get("id"), str)]


DIALECTS: Final = (
    Dialect("lm_studio", "/api/v1/models", _read_lm_studio),
    Dialect("lm_studio", "/api/v0/models", _read_older_lm_studio),
    Dialect("openai_compatible", "/v1/models", _read_openai),
)
