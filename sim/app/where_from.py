"""Where lines come from, as `--llm` and its companions say: presets of settings, or answers written down beforehand."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llm.cloud_key import find_key, key_variable
from llm.settings import LlmSettings
from sim.app.settings import ASSETS

_NO_LOCAL: Final = ("llm.local.base_url=none", "llm.embedded.enabled=false")
PRESETS: Final = {
    "lmstudio": ("llm.local.base_url=http://127.0.0.1:1234/v1",),
    "ollama": ("llm.local.base_url=http://127.0.0.1:11434/v1",),
    "llamacpp": ("llm.local.base_url=http://127.0.0.1:8080/v1",),
    "vllm": ("llm.local.base_url=http://127.0.0.1:8000/v1",),
    "openrouter": (
        *_NO_LOCAL,
        "llm.cloud.base_url=https://openrouter.ai/api/v1",
        "llm.cloud.model=openai/gpt-5.4-nano",
    ),
    "openai": _NO_LOCAL,
    "embedded": ("llm.local.base_url=none", "llm.embedded.enabled=true"),
    "none": (*_NO_LOCAL, "llm.hybrid=false"),
}
_NEED_A_KEY: Final = ("openai", "openrouter")
SCRIPTED: Final = "scripted"
CASSETTE: Final = "cassette"
TOWN_SCRIPT: Final = ASSETS / "scripts" / "town.toml"
# A world that stands still has time: every line may take as long as a whole line may.
LOCKSTEP: Final = ("llm.timeouts.local=20", "llm.timeouts.cloud=20")


class WhereFromError(Exception):
    """What was asked for does not go together, or lacks something. One line."""


@dataclass(frozen=True, slots=True)
class Canned:
    """Answers that were written down beforehand."""

    kind: str  # scripted or cassette
    path: Path
    strict: bool = False


@dataclass(frozen=True, slots=True)
class WhereFrom:
    """What was asked for."""

    preset: str = ""
    canned: Canned | None = None
    lockstep: bool = False
    record: Path | None = None

    @property
    def assignments(self) -> tuple[str, ...]:
        """As settings; an explicit `--set` comes after them and wins."""
        return (*PRESETS.get(self.preset, ()), *(LOCKSTEP if self.lockstep else ()))

    def check(self, llm: LlmSettings, *, fast: bool) -> None:
        """Say now what cannot go together. Raises WhereFromError."""
        if self.preset in _NEED_A_KEY and not find_key(llm.cloud):
            variable = key_variable(llm.cloud.base_url)
            raise WhereFromError(f"--llm {self.preset}: no key: set {variable} or llm.cloud.api_key")
        if self.lockstep and not fast:
            raise WhereFromError("--lockstep: only a fast world can stand still: add --headless --fast")
        if self.record and self.canned:
            raise WhereFromError(
                "--record-cassette: there is no model traffic to record with answers from a file"
            )
        if self.record and fast and not self.lockstep:
            raise WhereFromError(
                "--record-cassette: a fast run asks no model; add --lockstep, or leave out --fast"
            )


def add_where_from(to: argparse.ArgumentParser) -> None:
    """The options, on every command that runs a town."""
    names = "|".join((*PRESETS, f"{SCRIPTED}[:FILE]", f"{CASSETTE}:FILE"))
    to.add_argument(
        "--llm", type=_llm, metavar=names, help="where lines come from (LM Studio, else the embedded model)"
    )
    to.add_argument(
        "--cassette-strict",
        action="store_true",
        help="a question that the cassette does not hold is an error",
    )
    to.add_argument(
        "--record-cassette",
        type=Path,
        metavar="FILE",
        help="write what the models say, to be replayed with --llm",
    )
    to.add_argument(
        "--lockstep",
        action="store_true",
        help="with --fast: real models; the world stands still for each line",
    )


def where_from(parsed: argparse.Namespace) -> WhereFrom:
    """What argparse read."""
    preset, canned = parsed.llm or ("", None)
    strict = getattr(parsed, "cassette_strict", False)
    if canned is not None and strict:
        canned = Canned(canned.kind, canned.path, strict=True)
    return WhereFrom(
        preset, canned, getattr(parsed, "lockstep", False), getattr(parsed, "record_cassette", None)
    )


def _llm(text: str) -> tuple[str, Canned | None]:
    """A preset, or answers from a file."""
    kind, colon, file = text.partition(":")
    if kind == SCRIPTED and (file or not colon):
        return "", Canned(SCRIPTED, Path(file) if file else TOWN_SCRIPT)
    if kind == CASSETTE and file:
        return "", Canned(CASSETTE, Path(file))
    if text in PRESETS:
        return text, None
    raise argparse.ArgumentTypeError(
        f"expected one of {', '.join(PRESETS)}, {SCRIPTED}[:FILE] or {CASSETTE}:FILE, got {text!r}"
    )
