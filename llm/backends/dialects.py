"""How servers differ, as data: where each lists its models, how its list is read, and what it likes to be asked. No I/O.

The pages are asked in their order; the first that answers in its own shape tells what the server is. A service that
is known by its host's name is not asked what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from llm.wire.chunk_json import count, mapping

PARALLEL: Final = 4  # requests in flight where the server does not say; LM Studio's own default


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can answer now."""

    id: str
    parallel: int | None = None  # requests it works on at once, where the server says so


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server."""

    name: str  # as transcripts name the backend
    label: str  # as people call it
    parallel: int = PARALLEL
    limit_key: str = "max_tokens"  # under which it takes the limit on the wire
    keeps_prefixes: bool = False  # what a slot of it has read stays read, so that it can read ahead
    pooled: bool = True  # False: it closes a connection after each stream without saying so
    is_catalogue: bool = False  # it lists what could be had, not what is there: a model must be named
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    more_at: str = ""  # a second page that tells the rest
    counts_at: str = ""  # a page that counts the tokens of a text


@dataclass(frozen=True, slots=True)
class Found:
    """What a server's pages told of it."""

    dialect: Dialect
    models: tuple[LoadedModel, ...] = ()
    slots: int = 0  # places of which each keeps what it has read; 0 where the server does not say

    @property
    def label(self) -> str:
        """As people call it."""
        return self.dialect.label

    def in_flight(self, model: str) -> int:
        """How many requests it works on at once."""
        ours = next((one.parallel for one in self.models if one.id == model and one.parallel), None)
        return ours or self.slots or self.dialect.parallel

    def told(self, page: Mapping[str, Any]) -> Found:
        """With what its second page adds."""
        slots, running = count(page.get("total_slots")), _list_at(page, "models")
        if slots:
            return replace(self, dialect=LLAMA_CPP, slots=slots)
        if running and self.dialect is OLLAMA:
            ids = (entry.get("model") or entry.get("name") for entry in running)
            loaded = tuple(LoadedModel(one) for one in ids if isinstance(one, str) and _can_talk(one))
            return replace(self, models=loaded or self.models)
        return self


@dataclass(frozen=True, slots=True)
class Page:
    """One page, from the server's root, and what it says of the server that has it."""

    path: str
    name: str  # of the dialects that it can tell of
    read: Callable[[Mapping[str, Any]], Found | None]  # None: not this kind of server


LM_STUDIO: Final = Dialect("lm_studio", "LM Studio")
LLAMA_CPP: Final = Dialect(
    "openai_compatible",
    "llama.cpp",
    keeps_prefixes=True,
    pooled=False,
    extra_body={"cache_prompt": True},
    more_at="/props",
    counts_at="/tokenize",
)
VLLM: Final = Dialect("openai_compatible", "vLLM", parallel=32)  # it batches whatever comes
OLLAMA: Final = Dialect("openai_compatible", "Ollama", parallel=1, more_at="/api/ps")  # the rest would queue
OPENROUTER: Final = Dialect("openai_compatible", "OpenRouter", is_catalogue=True)
OPENAI: Final = Dialect("openai_compatible", "OpenAI", limit_key="max_completion_tokens", is_catalogue=True)
UNKNOWN: Final = Dialect("openai_compatible", "OpenAI-compatible server", more_at="/props")
_EMBEDDINGS: Final = ("embedding", "embeddings")  # a tuple, because what a server sends may not be hashable
_OWNERS: Final = {"llamacpp": LLAMA_CPP, "vllm": VLLM, "library": OLLAMA}


def pages_of(root: str, name: str = "") -> tuple[Page, ...]:
    """Which pages to ask for; with a `name`, only those of the servers that transcripts call so."""
    hosted = _HOSTED.get(_host_of(root))
    pages = (hosted,) if hosted else _PAGES
    return tuple(page for page in pages if name in {"", page.name})


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _list_at(page: Mapping[str, Any], key: str) -> list[Mapping[str, Any]] | None:
    entries = page.get(key)
    return [mapping(entry) for entry in entries] if isinstance(entries, list) else None


def _can_talk(model: str) -> bool:
    return "embed" not in model.lower()


def _read_lm_studio(page: Mapping[str, Any]) -> Found | None:
    models = _list_at(page, "models")
    if models is None:
        return None
    return Found(LM_STUDIO, tuple(one for model in models for one in _instances(model)))


def _instances(model: Mapping[str, Any]) -> Iterator[LoadedModel]:
    if model.get("type") in _EMBEDDINGS:
        return
    for instance in _list_at(model, "loaded_instances") or []:
        if isinstance(instance.get("id"), str):
            yield LoadedModel(instance["id"], count(mapping(instance.get("config")).get("parallel")))


def _read_older_lm_studio(page: Mapping[str, Any]) -> Found | None:
    models = _list_at(page, "data")
    if models is None:
        return None
    loaded = (
        LoadedModel(model["id"])
        for model in models
        if isinstance(model.get("id"), str)
        and model.get("state") == "loaded"
        and model.get("type") not in _EMBEDDINGS
    )
    return Found(LM_STUDIO, tuple(loaded))


def _read_openai(page: Mapping[str, Any]) -> Found | None:
    models = _list_at(page, "data")
    if models is None:
        return None
    owners = (model.get("owned_by") for model in models)
    dialect = next(
        (_OWNERS[owner] for owner in owners if isinstance(owner, str) and owner in _OWNERS), UNKNOWN
    )
    if any("canonical_slug" in model for model in models):
        dialect = OPENROUTER  # through somebody's proxy: hundreds of models, and the first is nobody's choice
    return Found(dialect, tuple(LoadedModel(model["id"]) for model in models if _is_there(model)))


def _is_there(model: Mapping[str, Any]) -> bool:
    """llama.cpp that serves several models lists those it has not loaded, too."""
    name, state = model.get("id"), mapping(model.get("status")).get("value", "loaded")
    return isinstance(name, str) and _can_talk(name) and state == "loaded"


def _hosted(dialect: Dialect) -> Callable[[Mapping[str, Any]], Found | None]:
    return lambda page: None if "data" not in page else Found(dialect)


_PAGES: Final = (
    Page("/api/v1/models", LM_STUDIO.name, _read_lm_studio),
    Page("/api/v0/models", LM_STUDIO.name, _read_older_lm_studio),
    Page("/v1/models", UNKNOWN.name, _read_openai),
)
_HOSTED: Final = {
    # about the key: its list of models is long, and everybody may read it
    "openrouter.ai": Page("/v1/key", OPENROUTER.name, _hosted(OPENROUTER)),
    "api.openai.com": Page("/v1/models", OPENAI.name, _hosted(OPENAI)),
}
