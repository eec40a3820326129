"""Lines that somebody wrote down beforehand, instead of a model: the matter of the shipped fake backend.

Pure apart from `load`. The same requests in the same order are answered with the same lines.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from llm.errors import ModelFileError
from llm.types import Request

Mishap = Literal["", "unreachable", "refused", "no_model", "protocol", "silence", "stall", "break", "length"]


class ScriptedLine(BaseModel):
    """One answer, and how it comes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    speaker: str | None = Field(None, description="only for this speaker; none = for anybody")
    delay: float = Field(0.0, ge=0, le=600, description="seconds before the first piece")
    pause: float = Field(0.0, ge=0, le=600, description="seconds between two pieces")
    chunk: int = Field(8, ge=1, description="characters in a piece")
    mishap: Mishap = Field(
        "", description="what goes wrong: before the first piece, or half way for stall and break"
    )

    @property
    def fails_silent(self) -> bool:
        """Nothing of it is ever heard."""
        return self.mishap in {"unreachable", "refused", "no_model", "protocol", "silence"}

    @property
    def said(self) -> str:
        """What of the text is really given out."""
        if self.fails_silent:
            return ""
        return self.text[: len(self.text) // 2] if self.mishap in {"stall", "break"} else self.text

    def pieces(self) -> list[str]:
        """The given text as it is handed out."""
        return [self.said[start : start + self.chunk] for start in range(0, len(self.said), self.chunk)]


_LINES = TypeAdapter(list[ScriptedLine])


class ScriptBook:
    """Deals out lines in order, over and over: a speaker's own where there are any, else the common ones."""

    def __init__(self, lines: Iterable[ScriptedLine | str]) -> None:
        self._of: dict[str | None, list[ScriptedLine]] = {}
        for line in lines:
            scripted = ScriptedLine(text=line) if isinstance(line, str) else line
            self._of.setdefault(scripted.speaker, []).append(scripted)
        self._dealt: dict[str | None, int] = {}

    def next_line(self, request: Request) -> ScriptedLine | None:
        """The line that answers this request; None if the book has none for this speaker."""
        whose = request.prompt.speaker if request.prompt.speaker in self._of else None
        lines = self._of.get(whose)
        if not lines:
            return None
        dealt = self._dealt.get(whose, 0)
        self._dealt[whose] = dealt + 1
        return lines[dealt % len(lines)]


def load(path: Path) -> ScriptBook:
    """Read a book: TOML with tables `[[line]]`, or a JSON list of objects or plain strings."""
    try:
        raw = path.read_text(encoding="utf-8")
        lines = tomllib.loads(raw).get("line", []) if path.suffix == ".toml" else json.loads(raw)
        return ScriptBook(
            _LINES.validate_python([{"text": one} if isinstance(one, str) else one for one in lines])
        )
    except OSError as error:
        raise ModelFileError(f"cannot read the script {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ModelFileError(f"{path}: line {where}: {first['msg']}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{path} is not a script: {error}") from error
